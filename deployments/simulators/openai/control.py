"""The control surface under `/_control/openai`."""

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators.openai.modes import Mode
from deployments.simulators.openai.service import Service
from deployments.simulators.world import World

SETTINGS = ("models", "lacks", "latency_ms", "context_window", "cache_from", "reasoning_tokens", "tier")

Act = Callable[[Service, dict[str, Any]], Any]


def ledger(service: Service, _wish: dict[str, Any]) -> Any:
    billing = service.billing
    return {"total": billing.total, "bills": billing.bills, "unbilled": billing.unbilled}


def clear_ledger(service: Service, _wish: dict[str, Any]) -> Any:
    service.billing.clear()
    return {}


def modes(service: Service, _wish: dict[str, Any]) -> Any:
    return service.modes


def add_modes(service: Service, wish: dict[str, Any]) -> Any:
    """`{"modes": [{"kind": "hallucinate", "share": 0.1, "seed": 7}]}`"""
    service.modes.extend(Mode(**mode) for mode in wish["modes"])
    return service.modes


def clear_modes(service: Service, _wish: dict[str, Any]) -> Any:
    service.modes.clear()
    return []


def settings(service: Service, wish: dict[str, Any]) -> Any:
    """`{"limits": {"requests": 500, "tokens": 200000, "minute_s": 3}, "charge": "asked", "latency_ms": 20, ...}`"""
    if unknown := set(wish) - {*SETTINGS, "limits", "charge"}:
        raise ValueError(f"no setting {', '.join(sorted(unknown))}; there are limits, charge, {', '.join(SETTINGS)}")
    if "limits" in wish:
        service.limits.set(**wish["limits"])
    service.limits.charge = wish.get("charge", service.limits.charge)
    for name in SETTINGS:
        if name in wish:
            setattr(service, name, tuple(wish[name]) if name in ("models", "lacks") else wish[name])
    return {name: getattr(service, name) for name in SETTINGS}


def openai_control(world: World) -> Starlette:
    def route(method: str, path: str, act: Act) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                answer = act(world.openai, msgspec.json.decode(await request.body() or b"{}"))
            except (KeyError, TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            return Response(msgspec.json.encode(answer), media_type="application/json")

        return Route(path, endpoint, methods=[method])

    table: list[tuple[str, str, Act]] = [
        ("GET", "/ledger", ledger),
        ("DELETE", "/ledger", clear_ledger),
        ("GET", "/modes", modes),
        ("POST", "/modes", add_modes),
        ("DELETE", "/modes", clear_modes),
        ("POST", "/settings", settings),
    ]
    return Starlette(routes=[route(*entry) for entry in table])
