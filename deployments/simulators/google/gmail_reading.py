"""What Gmail tells of the mail in a mailbox: messages, threads, and what happened since."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.simulators.google import errors, gmail_search, gmail_wording
from deployments.simulators.google.gmail_asking import READ, GmailAsked, gmail_asked, key_of, message_id


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
    return page(question, "messages", told)


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


def page(question: GmailAsked, name: str, told: list[dict[str, Any]]) -> Response:
    start = question.offset()
    until = start + question.size()
    body: dict[str, Any] = {name: told[start:until]} if told[start:until] else {}
    if until < len(told):
        body["nextPageToken"] = str(until)
    return JSONResponse(body | {"resultSizeEstimate": len(told)})
