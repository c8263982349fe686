"""The Gmail API v1 as far as drafts, sending, reading and history go."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators.google import errors, gmail_search, gmail_wording
from deployments.simulators.google.asking import Answered
from deployments.simulators.google.gmail_asking import (
    READ,
    READ_DRAFTS,
    SEND,
    WRITE,
    GmailAsked,
    gmail_asked,
    key_of,
    message_id,
)
from deployments.simulators.google.gmail_sending import leave, new_item
from deployments.simulators.google.gmail_upload import raw_of, received
from deployments.simulators.google.people import answered
from deployments.simulators.mail.letterbox import Item, Step
from deployments.simulators.world import World


async def create_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 10)
    return JSONResponse(gmail_wording.draft(await _drafted(question, "")))


async def update_draft(request: Request) -> Response:
    """The draft keeps its name; the message in it is another one."""
    question = gmail_asked(request, WRITE, 15)
    old = question.draft(request.path_params["id"])
    fresh = await _drafted(question, old.name)
    question.world.post.happen((question.box, Step("gone", old.key, question.now, question.now)))
    return JSONResponse(gmail_wording.draft(fresh))


async def _drafted(question: GmailAsked, name: str) -> Item:
    wish, uploaded = await received(question)
    message = wish.get("message") or {}
    item = new_item(question, message, raw_of(message, uploaded), folder="drafts", draft=True)
    item.name = name or f"r{int(item.key.removeprefix('m')) * 7_919 + 10**12}"
    return question.world.post.put(question.box, item, question.now)


async def get_draft(request: Request) -> Response:
    question = gmail_asked(request, READ_DRAFTS, 20)
    item = question.draft(request.path_params["id"])
    style = question.parameter("format") or "full"
    return JSONResponse({"id": item.name, "message": gmail_wording.message(item, style, [])})


async def list_drafts(request: Request) -> Response:
    question = gmail_asked(request, READ_DRAFTS, 5)
    drafts = [item for item in gmail_search.found(question.box, question.parameter("q")) if item.draft]
    told = [{"id": item.name, "message": gmail_wording.brief(item)} for item in drafts]
    return _page(question, "drafts", told)


async def delete_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 10)
    item = question.draft(request.path_params["id"])
    question.world.post.happen((question.box, Step("gone", item.key, question.now, question.now)))
    return Response(status_code=204)


async def send_draft(request: Request) -> Response:
    question = gmail_asked(request, WRITE, 100)
    wish, uploaded = await received(question)
    draft = question.draft(str(wish.get("id") or ""))
    message = wish.get("message") or {}
    raw = raw_of(message, uploaded) if uploaded or message.get("raw") else draft.raw
    return JSONResponse(gmail_wording.answered(leave(question, message, raw, draft)))


async def send_message(request: Request) -> Response:
    question = gmail_asked(request, SEND, 100)
    wish, uploaded = await received(question)
    return JSONResponse(gmail_wording.answered(leave(question, wish, raw_of(wish, uploaded))))


async def get_message(request: Request) -> Response:
    question = gmail_asked(request, READ, 20)
    style = question.parameter("format") or ("metadata" if question.narrow else "full")
    if question.narrow and style in ("full", "raw"):
        return errors.gmail(403, "forbidden", f"Metadata scope doesn't allow format {style.upper()}")
    wanted = request.query_params.getlist("metadataHeaders")
    return JSONResponse(gmail_wording.message(question.message(), style, wanted))


async def list_messages(request: Request) -> Response:
    question = gmail_asked(request, READ, 5)
    query = question.parameter("q")
    if query and question.narrow:
        return errors.gmail(403, "forbidden", "Metadata scope does not support 'q' parameter")
    if question.parameter("includeSpamTrash") == "true":
        query += " in:anywhere"
    items = gmail_search.found(question.box, query)
    wanted = set(request.query_params.getlist("labelIds"))
    told = [gmail_wording.brief(item) for item in items if wanted <= set(gmail_wording.labels(item))]
    return _page(question, "messages", told)


def _page(question: GmailAsked, name: str, told: list[dict[str, Any]]) -> Response:
    start = question.offset()
    until = start + question.size()
    body: dict[str, Any] = {name: told[start:until]} if told[start:until] else {}
    if until < len(told):
        body["nextPageToken"] = str(until)
    return JSONResponse(body | {"resultSizeEstimate": len(told)})


async def get_thread(request: Request) -> Response:
    question = gmail_asked(request, READ, 40)
    wanted = key_of(request.path_params["id"])
    items = [item for item in question.box.lying()[::-1] if item.thread == wanted]
    if not items:
        return errors.gmail(404)
    style = question.parameter("format") or ("metadata" if question.narrow else "full")
    headers = request.query_params.getlist("metadataHeaders")
    return JSONResponse(gmail_wording.thread(question.box, items, style, headers))


async def history(request: Request) -> Response:
    question = gmail_asked(request, READ, 2)
    text, box = question.parameter("startHistoryId"), question.box
    if not text.isdecimal():
        return errors.gmail(400, message="Missing or invalid startHistoryId")
    start = int(text) - gmail_wording.FIRST_HISTORY
    if not box.rules.history_from <= start <= box.now:
        return errors.gmail(404)
    places = range(start + question.offset(), min(start + question.offset() + question.size(), box.now))
    body: dict[str, Any] = {"historyId": gmail_wording.history_id(box.now)}
    records = [record for place in places if (record := _record(question, place))]
    if records:
        body["history"] = records
    if places.stop < box.now:
        body["nextPageToken"] = str(places.stop - start)
    return JSONResponse(body)


def _record(question: GmailAsked, place: int) -> dict[str, Any] | None:
    kind, key = question.box.order[place]
    what = "messagesDeleted" if kind == "gone" else "messagesAdded"
    wanted = question.request.query_params.getlist("historyTypes")
    if kind == "nothing" or (wanted and what.replace("messages", "message") not in wanted):
        return None
    item = question.box.items.get(key)
    told = gmail_wording.answered(item) if item else {"id": message_id(key), "threadId": message_id(key)}
    label = question.parameter("labelId")
    if label and label not in told.get("labelIds", []):
        return None
    brief = {name: told[name] for name in ("id", "threadId")}
    return {"id": gmail_wording.history_id(place + 1), "messages": [brief], what: [{"message": told}]}


async def profile(request: Request) -> Response:
    question = gmail_asked(request, (*READ, "gmail.compose"), 1)
    box = question.box
    threads = len({item.thread for item in box.items.values()})
    return JSONResponse(
        {
            "emailAddress": box.email,
            "messagesTotal": len(box.items),
            "threadsTotal": threads,
            "historyId": gmail_wording.history_id(box.now),
        }
    )


async def list_labels(request: Request) -> Response:
    gmail_asked(request, READ, 1)
    names = ["INBOX", "SENT", "DRAFT", "TRASH", "UNREAD", "SPAM", "STARRED", "IMPORTANT"]
    return JSONResponse({"labels": [{"id": name, "name": name, "type": "system"} for name in names]})


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
