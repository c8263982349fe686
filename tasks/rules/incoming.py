"""Classify an incoming mail about one of ours: a bounce, a reply, or an automatic reply."""

import re
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from flufl.bounce import all_failures

from storage.records import MailEvent

LONGEST = 1_000_000  # bytes to parse: a report comes before the mail it reports on
MOST_NAMES = 50
_NAME = re.compile(r"<[^<>\s]{3,250}>")
_QUOTED = re.compile(r"^[>\s]*message-id:\s*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_VAGUE = re.compile(r"[45]\.0\.0")
_MACHINES = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-AutoReply-From", "X-Mail-Autoreply")
_ANSWERING = re.compile(r"^(\s*(re|aw|antw|sv|r)\s*:\s*)+", re.IGNORECASE)
_NOT_FOR_GOOD = ("5.2.2", "5.2.3", "5.3.4", "5.7.")  # full, too big, or policy: the address itself is valid


@dataclass(frozen=True, slots=True)
class Incoming:
    """`names`: the Message-IDs it refers to. `is_final`: that mail was not delivered. `is_hard`: the address is dead.

    `kind` is None if it does not matter, such as a read receipt.
    """

    kind: MailEvent | None
    names: tuple[str, ...] = ()
    status: str = ""
    is_final: bool = False
    is_hard: bool = False


def read(raw: bytes, *, is_report: bool = False) -> Incoming:
    """`is_report`: the sender looks like a mail server, whose reports do not all follow the standard."""
    try:
        mail = message_from_bytes(raw[:LONGEST])
        is_odd = is_report or mail.get_content_type() == "multipart/report"
        return _delivery_report(mail) or (_odd_report(mail) if is_odd else None) or _letter(mail)
    except (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return Incoming(None)  # hostile or broken: ignored


def _delivery_report(mail: Message) -> Incoming | None:
    """RFC 3464, and RFC 6533 where an address has letters outside ASCII."""
    if mail.get_content_type() != "multipart/report":
        return None
    blocks = [block for part in mail.walk() for block in _blocks(part) if block.get("Action")]
    if not blocks:
        return None
    verdicts = [(_word(block, "Action"), _cause(block)) for block in blocks]
    failed = [status for action, status in verdicts if action == "failed"]
    late = [status for action, status in verdicts if action == "delayed"]
    names = (*_answered(mail), *_original(mail))
    if failed:
        return _bounce(names, failed[0])
    return Incoming(MailEvent.BOUNCED, names, late[0]) if late else Incoming(None, names)


def _blocks(part: Message) -> list[Message]:
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        return _messages(part)
    if kind == "message/global-delivery-status":  # the library takes it for a mail: all but the first block is its body
        text = "\n\n".join(str(one.get_payload()) for one in _messages(part)).replace("\r\n", "\n")
        return [message_from_string(block) for block in text.split("\n\n")]
    return []


def _cause(block: Message) -> str:
    """The status in the remote server's reply, for reports whose own status is missing or generic."""
    status, said = _status(str(block.get("Status", ""))), _status(str(block.get("Diagnostic-Code", "")))
    return said if said and (not status or _VAGUE.fullmatch(status)) else status


def _odd_report(mail: Message) -> Incoming | None:
    """A bounce in one of the formats from before RFC 3464, which some servers still use."""
    temporary, permanent = all_failures(mail)
    if not temporary and not permanent:
        return None
    status = _status(_text(mail))
    if permanent:
        return _bounce((*_answered(mail), *_original(mail)), status if status.startswith("5") else "5.0.0")
    return Incoming(MailEvent.BOUNCED, (*_answered(mail), *_original(mail)), status)


def _letter(mail: Message) -> Incoming:
    names = _answered(mail)
    if mail.get_content_type() == "multipart/report":
        return Incoming(None, names)  # a notification, such as a read receipt
    subject = _ANSWERING.sub("", _readable(str(mail.get("Subject", "")))).strip().casefold()
    if subject == "unsubscribe":
        return Incoming(MailEvent.UNSUBSCRIBED, names)
    automatic = _word(mail, "Auto-Submitted") not in {"", "no"} or _word(mail, "Precedence") == "auto_reply"
    nobody = str(mail.get("Return-Path", "")).strip() == "<>"
    if automatic or nobody or any(mail.get(name) for name in _MACHINES):
        return Incoming(MailEvent.AUTO_REPLIED, names)
    return Incoming(MailEvent.REPLIED, names)


def _bounce(names: tuple[str, ...], status: str) -> Incoming:
    hard = status.startswith("5") and not status.startswith(_NOT_FOR_GOOD)
    return Incoming(MailEvent.BOUNCED, names, status, is_final=True, is_hard=hard)


def _answered(mail: Message) -> tuple[str, ...]:
    text = f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}"
    return tuple(dict.fromkeys(_NAME.findall(text)))[:MOST_NAMES]


def _original(mail: Message) -> tuple[str, ...]:
    """The Message-IDs of mails contained in this one: attached, as headers only, or quoted in its text."""
    carried = [
        str(inner.get("Message-ID", ""))
        for part in mail.walk()
        if part.get_content_type() in {"message/rfc822", "message/global", "message/global-headers"}
        for inner in _messages(part)
    ]
    return tuple(dict.fromkeys([*carried, *_QUOTED.findall(_text(mail))]))[:MOST_NAMES]


def _text(mail: Message) -> str:
    found = []
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            found.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else "")
    return "\n".join(found)


def _messages(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[0] if found else ""


def _word(mail: Message, header: str) -> str:
    """A header's value without comments and parameters."""
    return re.split(r"[;(]", str(mail.get(header, "")))[0].strip().lower()


def _readable(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text
