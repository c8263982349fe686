"""The Gmail API v1 as far as drafts and sending go, and the way to what it tells."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators.google import errors, gmail_search, gmail_wording
from deployments.simulators.google.asking import Answered
from deployments.simulators.google.gmail_asking import READ_DRAFTS, SEND, WRITE, GmailAsked, gmail_asked
from deployments.simulators.google.gmail_reading import (
    get_message,
    get_thread,
    history,
    list_labels,
    list_messages,
    page,
    profile,
)
from deployments.simulators.google.gmail_sending import leave, new_item
from deployments.simulators.google.gmail_upload import message_of, raw_of, received
from deployments.simulators.google.people import answered
from deployments.simulators.mail.letterbox import Item, Step
from deployments.simulators.world import World


async def create_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 10)
    item = _drafted(question, *await received(question))
    return JSONResponse(gmail_wording.draft(question.world.post.put(question.box, item, question.now)))


async def update_draft(request: Request) -> Response:
    """The draft keeps its name; the message in it is another one."""
    question = gmail_asked(request, WRITE, 15)
    wish, uploaded = await received(question)
    old = question.draft(request.path_params["id"])
    fresh = _drafted(question, wish, uploaded, old.name)
    steps = [
        Step("gone", old.key, question.now, question.now),
        Step("put", fresh.key, question.now, question.now, fresh),
    ]
    question.world.post.happen(*[(question.box, step) for step in steps])
    return JSONResponse(gmail_wording.draft(fresh))


def _drafted(question: GmailAsked, wish: dict[str, Any], uploaded: bytes, name: str = "") -> Item:
    message = message_of(wish)
    item = new_item(question, message, raw_of(message, uploaded), folder="drafts", draft=True)
    item.name = name or f"r{int(item.key.removeprefix('m')) * 7_919 + 10**12}"
    return item


async def get_draft(request: Request) -> Response:
    question = gmail_asked(request, READ_DRAFTS, 20)
    item = question.draft(request.path_params["id"])
    style = question.parameter("format") or "full"
    return JSONResponse({"id": item.name, "message": gmail_wording.message(item, style, [])})


async def list_drafts(request: Request) -> Response:
    question = gmail_asked(request, READ_DRAFTS, 5)
    drafts = [item for item in gmail_search.found(question.box, question.parameter("q")) if item.draft]
    told = [{"id": item.name, "message": gmail_wording.brief(item)} for item in drafts]
    return page(question, "drafts", told)


async def delete_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 10)
    item = question.draft(request.path_params["id"])
    question.world.post.happen((question.box, Step("gone", item.key, question.now, question.now)))
    return Response(status_code=204)


async def send_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 100)
    wish, uploaded = await received(question)
    draft = question.draft(str(wish.get("id") or ""))
    message = message_of(wish)
    raw = raw_of(message, uploaded) if uploaded or message.get("raw") else draft.raw
    return JSONResponse(gmail_wording.answered(leave(question, message, raw, draft)))


async def send_message(request: Request) -> Response:
    question = gmail_asked(request, SEND, 100)
    wish, uploaded = await received(question)
    return JSONResponse(gmail_wording.answered(leave(question, wish, raw_of(wish, uploaded))))


async def unknown(_request: Request, _refusal: Exception) -> Response:
    return errors.gmail(404)


def gmail_app(world: World) -> Starlette:
    user = "/users/{user}"
    table = [
        ("POST", "/drafts", create_draft), ("GET", "/drafts", list_drafts), ("PUT", "/drafts", create_draft),
        ("POST", "/drafts/send", send_draft), ("PUT", "/drafts/send", send_draft),
        ("GET", "/drafts/{id}", get_draft), ("PUT", "/drafts/{id}", update_draft),
        ("DELETE", "/drafts/{id}", delete_draft), ("POST", "/messages/send", send_message),
        ("PUT", "/messages/send", send_message), ("GET", "/messages", list_messages),
        ("GET", "/messages/{id}", get_message), ("GET", "/threads/{id}", get_thread), ("GET", "/history", history),
        ("GET", "/profile", profile), ("GET", "/labels", list_labels),
    ]  # fmt: skip
    app = Starlette(
        routes=[Route(user + path, endpoint, methods=[method]) for method, path, endpoint in table],
        exception_handlers={Answered: answered, 404: unknown},
    )
    app.state.world = world
    return app
