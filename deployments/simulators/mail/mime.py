"""Reading a mail's bytes: cheaply where only its headers matter, and whole where they do not suffice."""

import base64
import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses

Headers = list[tuple[str, str]]

_FIELD = re.compile(rb"^([!-9;-~]+):[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_END = re.compile(rb"\r?\n\r?\n")
KEY_HEADER = re.compile(r"x-(?:[\w-]+-)?key", re.IGNORECASE)
KEY_PROPERTY = re.compile(r"^String \{[0-9a-fA-F-]+\} Name \w*key$", re.IGNORECASE)


def head(raw: bytes) -> bytes:
    end = _END.search(raw)
    return raw[: end.start()] if end else raw


def headers(raw: bytes) -> Headers:
    """Unfolded, in their order, still encoded."""
    return [
        (name.decode("latin-1"), _FOLD.sub("", text.decode("utf-8", "replace")).strip())
        for name, text in _FIELD.findall(head(raw))
    ]


def header(fields: Headers, name: str) -> str:
    return next((text for known, text in fields if known.lower() == name.lower()), "")


def plain(text: str) -> str:
    """An encoded header as people read it."""
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def addresses(fields: Headers, *names: str) -> list[tuple[str, str]]:
    texts = [text for known, text in fields if known.lower() in names]
    return [(plain(name), address) for name, address in getaddresses(texts) if address]


def recipients(fields: Headers) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for _, address in addresses(fields, "to", "cc", "bcc")))


def key_of(fields: Headers, properties: dict[str, str], message_id: str) -> str:
    """The sender's own name for a mail: an extended property or an x-header whose name ends in "key", or its id."""
    named = [value for name, value in properties.items() if KEY_PROPERTY.match(name)]
    named += [text for name, text in fields if KEY_HEADER.fullmatch(name)]
    return named[0] if named else message_id


def with_header(raw: bytes, name: str, text: str) -> bytes:
    """The same mail with this header in place of those of that name, or as its last one."""
    end = _END.search(raw)
    break_ = b"\r\n" if b"\r\n" in raw[: end.end() if end else None] else b"\n"
    block = raw[: end.start()] if end else raw.rstrip(b"\r\n")
    rest = raw[end.end() :] if end else b""
    fresh = f"{name}: {text}".encode()
    kept = [match[0] for match in _FIELD.finditer(block)]
    known = [position for position, one in enumerate(kept) if one.lower().startswith(name.lower().encode() + b":")]
    lines = [
        fresh if known[:1] == [position] else one for position, one in enumerate(kept) if position not in known[1:]
    ]
    return break_.join(lines if known else [*lines, fresh]) + break_ * 2 + rest


def whole(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def texts(raw: bytes) -> dict[str, str]:
    """The bodies by their subtype: plain, html."""
    found: dict[str, str] = {}
    for part in whole(raw).walk():
        if part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            found.setdefault(part.get_content_subtype(), str(part.get_content()))
    return found


def decoded(text: bytes | str) -> bytes:
    """Base64 of either alphabet, with or without its padding; a ValueError says that it is none."""
    flat = (text.encode("ascii") if isinstance(text, str) else text).translate(_TO_URL, b"\r\n \t").rstrip(b"=")
    return base64.b64decode(flat + b"=" * (-len(flat) % 4), altchars=b"-_", validate=True)


_TO_URL = bytes.maketrans(b"+/", b"-_")
