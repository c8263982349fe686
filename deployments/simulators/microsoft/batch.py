"""Graph's $batch: up to twenty requests in one, each judged and counted as if it had come alone."""

import base64
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope

from deployments.simulators.microsoft import errors

MOST = 20


def batch_endpoint(door: Callable[[], ASGIApp]) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """`door` gives the way in that requests from outside take, so that limits and faults hold here too."""

    async def batch(request: Request) -> Response:
        try:
            steps = msgspec.json.decode(await request.body(), type=dict[str, list[dict[str, Any]]])["requests"]
            names = [str(step["id"]) for step in steps]
        except (ValueError, KeyError):
            return errors.graph(400, "BadRequest", "Invalid batch payload format.")
        if len(steps) > MOST or len(set(names)) < len(names):
            return errors.graph(400, "BadRequest", "At most 20 requests with unique ids.")
        answers: dict[str, dict[str, Any]] = {}
        for step in steps:
            failed = any(
                answers.get(str(name), {}).get("status", HTTPStatus.FAILED_DEPENDENCY) >= HTTPStatus.BAD_REQUEST
                for name in step.get("dependsOn", [])
            )
            answers[str(step["id"])] = _dependency_failed(step) if failed else await _ask(door(), request, step)
        return JSONResponse({"responses": list(answers.values())})

    return batch


def _dependency_failed(step: dict[str, Any]) -> dict[str, Any]:
    return {"id": step["id"], "status": 424, "body": {"error": {"code": "FailedDependency", "message": "It failed."}}}


async def _ask(door: ASGIApp, request: Request, step: dict[str, Any]) -> dict[str, Any]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        await door(_scope(request, step), _receive(step), send)
    except ConnectionResetError:
        return {
            "id": step["id"],
            "status": 504,
            "body": {"error": {"code": "GatewayTimeout", "message": "It is lost."}},
        }
    headers = {name.decode(): text.decode() for name, text in messages[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return {"id": step["id"], "status": messages[0]["status"], "headers": headers, "body": _body(headers, body)}


def _receive(step: dict[str, Any]) -> Receive:
    """The step's own body: JSON as it is, anything else in base64."""
    body = step.get("body", "")
    content = base64.b64decode(body) if isinstance(body, str) else msgspec.json.encode(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive


def _scope(request: Request, step: dict[str, Any]) -> Scope:
    url = urlsplit(str(step.get("url", "")))
    path = f"/microsoft/v1.0/{url.path.lstrip('/')}"
    headers = [(b"authorization", request.headers.get("authorization", "").encode())]
    headers += [(b"host", request.headers.get("host", "").encode())]
    headers += [(name.lower().encode(), str(text).encode()) for name, text in step.get("headers", {}).items()]
    outer = {name: request.scope[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client")}
    return {
        **outer, "method": step.get("method", "GET"), "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": url.query.encode(), "headers": headers, "state": {},
    }  # fmt: skip


def _body(headers: dict[str, str], body: bytes) -> Any:
    if headers.get("content-type", "").startswith("application/json"):
        return msgspec.json.decode(body)
    return base64.b64encode(body).decode()
