"""What a Graph request about mail asks for, and what Exchange does not permit."""

import math
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from deployments.simulators.mail import limits, mime
from deployments.simulators.mail.letterbox import Item, Letterbox
from deployments.simulators.mail.post import thread_of
from deployments.simulators.microsoft import errors, mail_mime, mail_wording, wording
from deployments.simulators.microsoft.asking import Answered, Asked, asked
from deployments.simulators.microsoft.mail_filter import expanded

BIGGEST_REQUEST = 4 * 1024 * 1024
SEND_AS_DENIED = "The account of this request has no right to send mail on behalf of the specified sending account."
READ, SEND = "Mail.ReadWrite", "Mail.Send"


@dataclass(frozen=True, slots=True)
class MailAsked:
    asked: Asked
    box: Letterbox
    now: float

    def folder(self, parameter: str = "folder") -> str:
        """The one that the path names, or "" for the whole mailbox."""
        name = self.asked.request.path_params.get(parameter, "")
        known = mail_wording.folder_of(name)
        if name and not known:
            raise Answered(errors.graph(404))
        return known

    def item(self) -> Item:
        """By an immutable id, or by an ordinary one as long as the mail has not moved."""
        identifier = self.asked.request.path_params["message"]
        item = self.box.seen(wording.key_of(self.asked.mailbox, identifier))
        if item is not None and identifier in self._names(item):
            return item
        raise Answered(errors.graph(404))

    def _names(self, item: Item) -> list[str]:
        return [mail_wording.message_id(self.asked.mailbox, item, immutable=kind) for kind in (True, False)]

    def worded(self, item: Item) -> dict[str, Any]:
        question = self.asked
        select = tuple(name.strip() for name in question.parameter("$select").split(",") if name.strip())
        told = mail_wording.message(question.mailbox, item, immutable=question.immutable, select=select)
        expand = question.parameter("$expand")
        found = mail_wording.properties(item, expanded(expand))
        if found:
            told["singleValueExtendedProperties"] = found
        if expand.startswith("attachments"):
            told["attachments"] = mail_wording.attachments(item)
        return told

    async def json(self) -> Any:
        try:
            return msgspec.json.decode(await self.body())
        except ValueError:
            raise Answered(errors.graph(400, "BadRequest", "Unable to read JSON request payload.")) from None

    async def body(self) -> bytes:
        body = await self.asked.request.body()
        if len(body) > BIGGEST_REQUEST:
            raise Answered(errors.graph(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum size."))
        return body


def mail_asked(request: Request, scope: str = READ) -> MailAsked:
    question = asked(request, scope)
    now = question.world.now()
    if not question.immutable and "/messages" in request.url.path:
        question.broke("no_immutable_id")
    return MailAsked(question, question.world.post.box("microsoft", question.mailbox.email, now), now)


def draft(question: MailAsked, facts: dict[str, Any] | None, properties: dict[str, str], raw: bytes = b"") -> Item:
    """A new mail, not yet anywhere: from MIME if there is some, else from what JSON told."""
    box = question.box
    key = f"m{box.next_number()}"
    named = (facts or {}).get("internetMessageId") or mime.header(mime.headers(raw), "message-id")
    item = Item(
        key=key, folder="drafts", raw=raw, thread="", recipients=(), created=question.now, modified=question.now,
        message_id=named or f"<{question.asked.mailbox.salt:08x}{key}@prod.exchange.example>",
        draft=True, read=True, properties=properties, facts=facts,
    )  # fmt: skip
    return finished(question, item)


def finished(question: MailAsked, item: Item) -> Item:
    """With the bytes, recipients and conversation that follow from what it says."""
    raw = item.raw
    if item.facts is not None:
        with mail_mime.readable():
            to = mail_mime.recipients(item.facts)
            raw = mail_mime.built(
                item.facts, item.properties, sender=question.box.email, message_id=item.message_id, at=item.created
            )
    else:
        to = mime.recipients(mime.headers(raw))
    fields = mime.headers(raw)
    thread = item.thread or thread_of(question.box, fields) or item.key
    return replace(item, raw=raw, recipients=to, thread=thread)


def may_leave(question: MailAsked, item: Item) -> None:
    """What Exchange refuses before anything is sent."""
    sender = mime.addresses(mime.headers(item.raw), "from")
    if not item.recipients:
        raise Answered(errors.graph(400, "ErrorInvalidRecipients", "At least one recipient is not valid."))
    if sender and sender[0][1].lower() != question.box.email.lower():
        raise Answered(errors.graph(403, "ErrorSendAsDenied", SEND_AS_DENIED))
    _keep_limits(question, item)


def _keep_limits(question: MailAsked, item: Item) -> None:
    rules, delivered = question.box.rules, question.asked.world.delivered
    name = ("microsoft", question.box.email)
    minute = limits.window(delivered, *name, question.now - rules.minute_s)
    wait = limits.wait(minute, rules.per_minute, rules.minute_s, question.now)
    if wait:
        raise Answered(_throttled(question, wait))
    if rules.per_day:
        day = limits.window(delivered, *name, question.now - rules.day_s)
        if limits.recipients(day) + len(item.recipients) > rules.per_day:
            question.asked.broke("over_day")
            message = "Daily Message/Recipient limit exceeded. Follow the instructions in your Inbox."
            raise Answered(errors.graph(rules.quota_status, "ErrorExceededMessageLimit", message))


def _throttled(question: MailAsked, wait: float) -> Response:
    question.asked.broke("over_minute")
    answer = errors.graph(429, "ApplicationThrottled", "Application is over its MessageRate limit.")
    seconds = math.ceil(wait)
    answer.headers["retry-after"] = str(seconds)
    question.asked.world.ledger.of(question.box.email).not_before = question.now + seconds
    return answer
