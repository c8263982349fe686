"""A mail as the bytes that leave through SMTP and Gmail. No date: the sender puts that in front as it leaves.

Put together by hand, from the standard library's encodings: it is written thousands of times, must come out the same
each time, and needs but a handful of headers. An address outside ASCII stands in the headers as it is (SMTPUTF8).
"""

import base64
import hashlib
import re
from binascii import b2a_qp
from email.utils import formataddr, quote
from functools import lru_cache
from urllib.parse import quote as percent

from email_validator import EmailNotValidError, validate_email

from storage.records import Attachment
from tasks.rules.letters.envelope import CannotRender, Envelope

_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_PLAIN = 60  # what is longer is encoded, and so can be folded without a change to its blanks
_ENCODED_WORD = 42  # bytes: 56 in base64, so that even the first one fits into a line


def mime(mail: Envelope) -> bytes:
    """The same envelope, the same bytes."""
    body = _alternatives(mail)
    if mail.attachments:
        body = _multipart("mixed", mail.key, [body, *map(_attached, mail.attachments)])
    return "".join(f"{name}: {value}\r\n" for name, value in _headers(mail)).encode() + body


def message_id(key: str, sender: str) -> str:
    return f"<{head_line(key)}@{on_the_wire(sender).rpartition('@')[2]}>"


@lru_cache(maxsize=4096)
def on_the_wire(address: str) -> str:
    """Its domain in ASCII, whatever script it is written in."""
    if address.isascii():
        return head_line(address)
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError):
        raise CannotRender("an e-mail address cannot be written into a mail: correct it in the CRM") from None
    return f"{found.local_part}@{found.ascii_domain}"


def ways_out(mail: Envelope) -> str:
    """What List-Unsubscribe says."""
    found = f"<{head_line(mail.unsubscribe)}>"
    if mail.unsubscribe_mailto:
        found += f", <mailto:{on_the_wire(mail.unsubscribe_mailto)}?subject=unsubscribe>"
    return found


def head_line(text: str) -> str:
    """A header's value has one line, or whoever wrote it writes headers."""
    if _UNFIT.search(text):
        raise CannotRender("a line of the mail's head holds a line end or a control character: take it out")
    return text


def _headers(mail: Envelope) -> list[tuple[str, str]]:
    headers = [
        ("Message-ID", message_id(mail.key, mail.sender)),
        ("From", _mailbox(mail.sender_name, mail.sender)),
        ("To", _mailbox(mail.to_name, mail.to)),
        ("Subject", _words(mail.subject)),
        # On one line: signatures break over folded ones.
        ("List-Unsubscribe", ways_out(mail)),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("MIME-Version", "1.0"),
    ]
    if mail.reply_to:
        headers.insert(3, ("Reply-To", _mailbox("", mail.reply_to)))
    return headers


def _mailbox(name: str, address: str) -> str:
    wire = on_the_wire(address)
    if not name:
        return wire
    if name.isascii() and len(name) <= _LONGEST_PLAIN:
        return formataddr((head_line(name), wire)) if wire.isascii() else f'"{quote(head_line(name))}" <{wire}>'
    return f"{_encoded(head_line(name))} <{wire}>"


def _words(text: str) -> str:
    text = head_line(text)
    # What looks like an encoded word already would be read as one.
    return text if text.isascii() and len(text) <= _LONGEST_PLAIN and "=?" not in text else _encoded(text)


def _encoded(text: str) -> str:
    """RFC 2047, no character parted over two words; the standard library's own takes longer than all the rest."""
    raw, words = text.encode(), []
    while raw:
        end = min(_ENCODED_WORD, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # noqa: PLR2004 (within a character of UTF-8)
            end -= 1
        words.append(f"=?utf-8?b?{base64.b64encode(raw[:end]).decode()}?=")
        raw = raw[end:]
    return "\r\n ".join(words)


def _alternatives(mail: Envelope) -> bytes:
    # Another name than the outer boundary, of which it must not be the beginning.
    return _multipart("alternative", f"{mail.key}/2", [_text("plain", mail.text), _text("html", mail.html)])


def _text(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    # \n first, for it breaks long lines in the manner of the first line end that it sees.
    return head.encode() + b2a_qp(text.encode(), istext=True).replace(b"\n", b"\r\n")


@lru_cache(maxsize=32)
def _attached(attachment: Attachment) -> bytes:
    kind, name = head_line(attachment.media_type), percent(head_line(attachment.name))
    if not kind.isascii() or ";" in kind or kind.count("/") != 1:
        raise CannotRender(f"{kind[:50]!r} is no media type; write it like application/pdf")
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name}\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")


def _multipart(kind: str, key: str, parts: list[bytes]) -> bytes:
    # Quoted-printable and base64 never yield "=_", so that no text can hold the boundary.
    boundary = f"=_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    between = f"--{boundary}\r\n".encode()
    return head + b"".join(between + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
