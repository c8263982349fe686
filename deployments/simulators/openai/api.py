"""The routes under `/openai/v1`."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators.openai import vectors, wording
from deployments.simulators.openai.asking import Asked, BadRequest, by_chat, by_responses
from deployments.simulators.openai.billing import Bill
from deployments.simulators.openai.schema import broken_rules
from deployments.simulators.openai.service import EMBEDDING, SNAPSHOTS, Service
from deployments.simulators.openai.tokens import count
from deployments.simulators.openai.writing import Written
from deployments.simulators.world import World

Body = dict[str, Any]
Answer = Callable[[Service, Body, str], Awaitable[Response]]
LEAST_OUTPUT = 16
MOST_INPUTS = 2048


class Refusal(Exception):
    """The request ends with this answer, and costs nothing."""

    def __init__(self, response: JSONResponse, code: str) -> None:
        super().__init__(code)
        self.response, self.code = response, code


async def responses(service: Service, body: Body, request_id: str) -> Response:
    asked = _allowed(service, by_responses(body))
    done, bill, headers = _written(service, asked, request_id, "responses")
    await _thinking(service)
    return JSONResponse(wording.response(asked, done, bill), headers=headers)


async def chat(service: Service, body: Body, request_id: str) -> Response:
    asked = _allowed(service, by_chat(body))
    done, bill, headers = _written(service, asked, request_id, "chat/completions")
    await _thinking(service)
    return JSONResponse(wording.completion(done, bill), headers=headers)


async def input_tokens(service: Service, body: Body, _request_id: str) -> Response:
    asked = by_responses(body)
    _known(service, asked.model)
    return JSONResponse({"object": "response.input_tokens", "input_tokens": asked.input_tokens})


async def embeddings(service: Service, body: Body, request_id: str) -> Response:
    model, given = body.get("model", ""), body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts) or not texts:
        raise BadRequest("'$.input' is invalid.", param="input")
    if len(texts) > MOST_INPUTS:
        raise BadRequest(f"'$.input' is invalid: at most {MOST_INPUTS} texts.", param="input")
    _known(service, model)
    _admit(service, model, sum(map(count, texts)))
    headers = service.limits.headers()
    bill = service.embed(texts, model, request_id)
    size = body.get("dimensions") or vectors.SIZES.get(model, vectors.USUAL)
    found = [vectors.vector(text, size) for text in texts]
    shown = [vectors.packed(one) for one in found] if body.get("encoding_format") == "base64" else found
    data = [{"object": "embedding", "index": at, "embedding": one} for at, one in enumerate(shown)]
    usage = {"prompt_tokens": bill.input_tokens, "total_tokens": bill.input_tokens}
    return JSONResponse({"object": "list", "data": data, "model": model, "usage": usage}, headers=headers)


async def models(service: Service, _body: Body, _request_id: str) -> Response:
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "simulated"} for name in service.models]
    return JSONResponse({"object": "list", "data": data})


def _allowed(service: Service, asked: Asked) -> Asked:
    _known(service, asked.model)
    if asked.model in EMBEDDING:
        raise BadRequest("This model writes no text.", param="model")
    if asked.strict and (wrong := next(broken_rules(asked.schema), "")):
        raise BadRequest(f"Invalid schema for response_format: {wrong}", param="text.format.schema")
    if asked.most is not None and asked.most < LEAST_OUTPUT:
        raise BadRequest(
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LEAST_OUTPUT}.",
            param="max_output_tokens",
            code="integer_below_min_value",
        )
    if asked.input_tokens > service.context_window:
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        raise BadRequest(message, param="input", code="context_length_exceeded")
    return asked


def _known(service: Service, model: str) -> None:
    if model not in service.models and model not in SNAPSHOTS.values():
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise Refusal(wording.error(404, message, code="model_not_found"), "model_not_found")


def _written(service: Service, asked: Asked, request_id: str, endpoint: str) -> tuple[Written, Bill, dict[str, str]]:
    """With the headers to answer with, which tell of the moment of admission."""
    limits = service.limits
    actual = limits.charge == "actual"
    _admit(service, asked.model, asked.input_tokens + (0 if actual else asked.most or 0))
    done, bill = service.write(asked, request_id, endpoint)
    limits.spend(bill.output_tokens if actual else 0)
    return done, bill, limits.headers()


def _admit(service: Service, model: str, amount: int) -> None:
    refused = service.limits.admit(amount, asyncio.get_running_loop().time())
    if refused:
        raise Refusal(wording.throttled(refused, model), "rate_limit_exceeded")


async def _thinking(service: Service) -> None:
    if service.latency_ms:
        await asyncio.sleep(service.latency_ms / 1000 * random.uniform(0.5, 1.5))


def _endpoint(name: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        world: World = request.app.state.world
        service, number = world.openai, world.openai.next_id()
        response = await _answered(service, name, request, answer, number)
        response.headers["x-request-id"] = f"req_{number}"
        response.headers["openai-version"] = "2020-10-01"
        return response

    return endpoint


async def _answered(service: Service, name: str, request: Request, answer: Answer, number: str) -> Response:
    try:
        _let_in(service, name, request)
        return await answer(service, _decoded(await request.body()), number)
    except BadRequest as wrong:
        service.billing.unbilled[wrong.code or "bad_request"] += 1
        return wording.error(400, str(wrong), param=wrong.param, code=wrong.code)
    except Refusal as refusal:
        service.billing.unbilled[refusal.code] += 1
        if refusal.code == "rate_limit_exceeded":
            refusal.response.headers.update(service.limits.headers())
        return refusal.response


def _let_in(service: Service, name: str, request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {service.key}":
        raise Refusal(wording.error(401, "Incorrect API key provided.", code="invalid_api_key"), "invalid_api_key")
    if name in service.lacks:
        raise Refusal(wording.error(404, f"Invalid URL ({request.method} {request.url.path})"), "no_such_route")


def _decoded(body: bytes) -> Body:
    try:
        decoded = msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError:
        raise BadRequest("We could not parse the JSON body of your request.") from None
    if not isinstance(decoded, dict):
        raise BadRequest("We could not parse the JSON body of your request.")
    return decoded


async def _unknown(request: Request, _error: Exception) -> Response:
    return wording.error(404, f"Invalid URL ({request.method} {request.url.path})")


def openai_app(world: World) -> Starlette:
    table: list[tuple[str, str, Answer]] = [
        ("POST", "responses", responses),
        ("POST", "responses/input_tokens", input_tokens),
        ("POST", "chat/completions", chat),
        ("POST", "embeddings", embeddings),
        ("GET", "models", models),
    ]
    routes = [Route(f"/{path}", _endpoint(path, answer), methods=[method]) for method, path, answer in table]
    app = Starlette(routes=routes, exception_handlers={404: _unknown, 405: _unknown})
    app.state.world = world
    return app
