"""Graph v1.0 as far as mail goes: drafts are made, changed, moved and sent; `mail_reading` tells of them."""

import hashlib
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from deployments.simulators.mail import post
from deployments.simulators.mail.letterbox import Item, Step
from deployments.simulators.microsoft import errors, mail_mime, mail_wording
from deployments.simulators.microsoft.asking import Answered
from deployments.simulators.microsoft.mail_asking import (
    SEND,
    MailAsked,
    draft,
    finished,
    mail_asked,
    may_leave,
)
from deployments.simulators.microsoft.mail_delta import messages_delta
from deployments.simulators.microsoft.mail_reading import attachments, content, folder, folders, listed, one


async def create(request: Request) -> Response:
    question = mail_asked(request)
    item = await _posted(question)
    folder = question.folder()
    question.asked.world.post.put(question.box, replace(item, folder=folder or item.folder), question.now)
    return JSONResponse(question.worded(question.box.items[item.key]), status_code=201)


async def _posted(question: MailAsked) -> Item:
    if question.asked.request.headers.get("content-type", "").startswith("text/plain"):
        return draft(question, None, {}, mail_mime.from_base64(await question.body()))
    posted = hashlib.sha256(await question.body()).hexdigest()
    return replace(draft(question, *mail_mime.facts_of(await question.json())), posted=posted)


async def edit(request: Request) -> Response:
    question = mail_asked(request)
    facts, properties = mail_mime.facts_of(await question.json())
    item = question.item()
    if set(facts) - {"isRead", "categories", "flag"} and not item.draft:
        return errors.graph(400, "ErrorInvalidPropertySet", "Set action is invalid for property.")
    changed = replace(
        item, properties=item.properties | properties, read=facts.get("isRead", item.read), modified=question.now,
        facts=None if item.facts is None else item.facts | facts,
        message_id=facts.get("internetMessageId") or item.message_id,
    )  # fmt: skip
    if item.draft:
        changed = replace(finished(question, changed), posted="")
    question.asked.world.post.put(question.box, changed, question.now)
    return JSONResponse(question.worded(question.box.items[item.key]))


async def remove(request: Request) -> Response:
    """The first time into Deleted Items, the second time for good."""
    question = mail_asked(request)
    item = question.item()
    if item.folder == "deleteditems":
        question.asked.world.post.happen((question.box, Step("gone", item.key, question.now, question.now)))
    else:
        _move(question, item, "deleteditems")
    return Response(status_code=204)


async def move(request: Request) -> Response:
    question = mail_asked(request)
    wish, item = await question.json(), question.item()
    target = mail_wording.folder_of(str(wish.get("destinationId", "")))
    if not target:
        return errors.graph(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    return JSONResponse(question.worded(_move(question, item, target)), status_code=201)


def _move(question: MailAsked, item: Item, folder: str) -> Item:
    moved = replace(item, folder=folder, modified=question.now)
    return question.asked.world.post.put(question.box, moved, question.now)


async def send(request: Request) -> Response:
    question = mail_asked(request, SEND)
    item = _sendable(question)
    may_leave(question, item)
    _leave(question, item)
    return Response(status_code=202)


def _sendable(question: MailAsked) -> Item:
    item = question.item()
    again = question.box.rules.resend == "twice" and item.submitted
    if (not item.draft or item.submitted) and not again:
        question.asked.broke("sent_again")
        raise Answered(errors.graph(400, "ErrorInvalidRequest", "The message was sent already."))
    return item


async def send_mail(request: Request) -> Response:
    """The way that leaves no id to ask by: it works, and the ledger remembers who went it."""
    question = mail_asked(request, SEND)
    question.asked.broke("send_mail_used")
    if request.headers.get("content-type", "").startswith("text/plain"):
        item = await _posted(question)
    else:
        wish = await question.json()
        item = draft(question, *mail_mime.facts_of(wish.get("message") or wish.get("Message")))
    may_leave(question, item)
    question.asked.world.post.put(question.box, item, question.now)
    _leave(question, item)
    return Response(status_code=202)


def _leave(question: MailAsked, item: Item) -> None:
    box, now = question.box, question.now
    delivery = post.delivery(
        box, item.raw, now, recipients=item.recipients, message_id=item.message_id, properties=item.properties,
        built=item.facts is not None, posted=item.posted,
    )  # fmt: skip
    step = Step("sent", item.key, now, now + box.rules.sent_late_s)
    question.asked.world.post.carry(delivery, (box, step))


async def attach(request: Request) -> Response:
    question = mail_asked(request)
    wish = await question.json()
    item = question.item()
    if item.facts is None or item.submitted:
        return errors.graph(400, "ErrorInvalidRequest", "The simulator attaches only to drafts made of JSON.")
    facts = {**item.facts, "attachments": [*(item.facts.get("attachments") or []), wish]}
    changed = finished(question, replace(item, facts=facts, modified=question.now, posted=""))
    question.asked.world.post.put(question.box, changed, question.now)
    return JSONResponse(mail_wording.attachments(changed)[-1], status_code=201)


def mail_routes() -> list[BaseRoute]:
    message, inside = "/me/messages/{message}", "/me/mailFolders/{folder}"
    table = [
        ("GET", "/me/messages", listed), ("POST", "/me/messages", create), ("POST", "/me/sendMail", send_mail),
        ("GET", message, one), ("PATCH", message, edit), ("DELETE", message, remove),
        ("POST", f"{message}/send", send), ("POST", f"{message}/move", move), ("GET", f"{message}/$value", content),
        ("GET", f"{message}/attachments", attachments), ("POST", f"{message}/attachments", attach),
        ("GET", "/me/mailFolders", folders), ("GET", inside, folder), ("GET", f"{inside}/messages", listed),
        ("POST", f"{inside}/messages", create), ("GET", f"{inside}/messages/delta", messages_delta),
        ("GET", f"{inside}/messages/delta()", messages_delta),
    ]  # fmt: skip
    everyone = [(method, f"/users/{{user}}{path[3:]}", endpoint) for method, path, endpoint in table]
    return [Route(path, endpoint, methods=[method]) for method, path, endpoint in (*table, *everyone)]
