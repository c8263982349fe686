"""How a mail leaves Gmail: the draft goes, and a message with a new id lies in Sent."""

from datetime import UTC, datetime
from typing import Any

from deployments.simulators.google import errors
from deployments.simulators.google.asking import Answered
from deployments.simulators.google.gmail_asking import GmailAsked, key_of
from deployments.simulators.mail import limits, mime, post
from deployments.simulators.mail.letterbox import Item, Step


def new_item(question: GmailAsked, wish: dict[str, Any], raw: bytes, **about: Any) -> Item:
    """A mail, not yet anywhere; it joins the thread that was wished for, or that it answers."""
    box, key = question.box, f"m{question.box.next_number()}"
    fields = mime.headers(raw)
    wished = key_of(wish.get("threadId") or "")
    thread = wished if wished in box.threads.values() else post.thread_of(box, fields)
    return Item(
        key=key, raw=raw, message_id=mime.header(fields, "message-id") or f"<CAsim{key}@mail.gmail.example>",
        thread=thread or key, recipients=mime.recipients(fields), created=question.now, modified=question.now,
        read=True, **about,
    )  # fmt: skip


def leave(question: GmailAsked, wish: dict[str, Any], raw: bytes, draft: Item | None = None) -> Item:
    box, now = question.box, question.now
    sent = new_item(question, wish, raw, folder="sentitems", submitted=now)
    if not sent.recipients:
        raise Answered(errors.gmail(400, message="Recipient address required"))
    _keep_day(question)
    sent.thread = draft.thread if draft else sent.thread
    _name_anew(question, sent)
    delivery = post.delivery(box, raw, now, recipients=sent.recipients, message_id=sent.message_id)
    gone = [(box, Step("gone", draft.key, now, now))] if draft else []
    put = Step("put", sent.key, now, now + box.rules.sent_late_s, sent)
    question.world.post.carry(delivery, *gone, (box, put))
    return sent


def _name_anew(question: GmailAsked, sent: Item) -> None:
    """Some have seen Gmail give a mail another Message-ID on its way; it keeps the old one in a header of its own."""
    own = mime.header(mime.headers(sent.raw), "message-id")
    if own and question.box.rules.rewrites_message_id:
        sent.message_id = f"<CAsim{sent.key}@mail.gmail.example>"
        sent.raw = mime.with_header(sent.raw, "X-Google-Original-Message-ID", own)
    if own != sent.message_id:
        sent.raw = mime.with_header(sent.raw, "Message-ID", sent.message_id)


def _keep_day(question: GmailAsked) -> None:
    rules, box = question.box.rules, question.box
    day = limits.window(question.world.delivered, "google", box.email, question.now - rules.day_s)
    wait = limits.wait(day, rules.per_day, rules.day_s, question.now)
    if wait:
        question.world.ledger.broke(box.email, "over_day")
        moment = datetime.fromtimestamp(question.now + wait, UTC).isoformat(timespec="milliseconds")
        text = f"User-rate limit exceeded.  Retry after {moment.replace('+00:00', 'Z')} (Mail sending)"
        raise Answered(errors.gmail(429, "rateLimitExceeded", text))
