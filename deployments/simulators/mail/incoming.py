"""What comes back for a mail that left: reports that it bounced, in several tongues, and answers."""

import zlib
from collections.abc import Callable
from email.utils import formatdate

from deployments.simulators.mail import mime
from deployments.simulators.mail.delivered import Delivery

HARD, SOFT = "5.1.1", "4.2.2"
REASONS = {HARD: "550 5.1.1 RecipNotFound; the mailbox does not exist", SOFT: "452 4.2.2 The mailbox is full"}
NDR_CLASS = "REPORT.IPM.Note.NDR"
MESSAGE_CLASS = "String 0x001A"


def ndr(delivery: Delivery, recipient: str, at: float, status: str = HARD) -> bytes:
    """A report after RFC 3464, as the sender's own provider writes it."""
    write = _google_ndr if delivery.provider == "google" else _exchange_ndr
    return write(delivery, recipient, at, status)


def odd_bounce(delivery: Delivery, recipient: str, at: float) -> bytes:
    """A bounce that follows no standard: qmail's or Exim's."""
    write = _qmail if zlib.crc32(recipient.encode()) % 2 else _exim
    return write(delivery, recipient, at)


def reply(delivery: Delivery, recipient: str, at: float, text: str = "Thank you, tell me more.") -> bytes:
    return _mail(_back(delivery, recipient, at, f"Re: {delivery.subject}"), text)


def auto_reply(delivery: Delivery, recipient: str, at: float) -> bytes:
    fields = _back(delivery, recipient, at, f"Automatic reply: {delivery.subject}")
    automatic = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk"}
    return _mail(fields | automatic, "I am out of the office until Monday.")


def unsubscribe(delivery: Delivery, recipient: str, at: float) -> bytes:
    return _mail(_back(delivery, recipient, at, "unsubscribe"), "Please take me off your list.")


def message_class(raw: bytes) -> str:
    """What Exchange files a mail under."""
    kind = mime.header(mime.headers(raw), "content-type").replace(" ", "").lower()
    report = kind.startswith("multipart/report") and "report-type=delivery-status" in kind
    return NDR_CLASS if report else "IPM.Note"


WAYS: dict[str, Callable[[Delivery, str, float], bytes]] = {
    "bounce_hard": ndr,
    "bounce_soft": lambda delivery, recipient, at: ndr(delivery, recipient, at, SOFT),
    "bounce_odd": odd_bounce,
    "away": auto_reply,
    "reply": reply,
    "unsubscribe": unsubscribe,
}


def _back(delivery: Delivery, recipient: str, at: float, subject: str) -> dict[str, str]:
    return {
        "From": recipient,
        "To": delivery.sender,
        "Subject": _one_line(subject),
        "Date": formatdate(at),
        "Message-ID": _message_id(delivery, recipient, subject, at),
        "In-Reply-To": delivery.message_id,
        "References": delivery.message_id,
        "MIME-Version": "1.0",
    }


def _mail(fields: dict[str, str], text: str, kind: str = "text/plain; charset=utf-8") -> bytes:
    lines = [f"{name}: {value}" for name, value in {**fields, "Content-Type": kind}.items()]
    return "\r\n".join([*lines, "", *text.splitlines(), ""]).encode()


def _exchange_ndr(delivery: Delivery, recipient: str, at: float, status: str) -> bytes:
    fields = _back(delivery, f"postmaster@{_host(delivery.sender)}", at, f"Undeliverable: {delivery.subject}")
    fields["From"] = f"Microsoft Outlook <MicrosoftExchange@{_host(delivery.sender)}>"
    told = f"<html><body><p>Your message to {recipient} couldn't be delivered.</p></body></html>"
    report = _report(recipient, status, f"{_host(delivery.sender)}")
    parts = [("text/html; charset=utf-8", told), ("message/delivery-status", report)]
    return _multipart(fields | {"Auto-Submitted": "auto-replied"}, [*parts, ("message/rfc822", _original(delivery))])


def _google_ndr(delivery: Delivery, recipient: str, at: float, status: str) -> bytes:
    word = "Failure" if status.startswith("5") else "Delay"
    fields = _back(delivery, "", at, f"Delivery Status Notification ({word})")
    fields["From"] = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    fields |= {"Auto-Submitted": "auto-replied", "X-Failed-Recipients": recipient}
    told = f"** Address not found **\r\n\r\nYour message wasn't delivered to {recipient}: {REASONS[status]}"
    report = _report(recipient, status, "googlemail.com")
    parts = [("text/plain; charset=utf-8", told), ("message/delivery-status", report)]
    return _multipart(fields, [*parts, ("message/rfc822", _original(delivery))])


def _report(recipient: str, status: str, host: str) -> str:
    action = "failed" if status.startswith("5") else "delayed"
    lines = [
        f"Reporting-MTA: dns;{host}",
        "",
        f"Final-Recipient: rfc822;{recipient}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp;{REASONS[status]}",
    ]
    return "\r\n".join([*lines, ""])


def _multipart(fields: dict[str, str], parts: list[tuple[str, str]]) -> bytes:
    line = f"report-{zlib.crc32(fields['Message-ID'].encode()):08x}"
    pieces = [f"--{line}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts]
    kind = f'multipart/report; report-type=delivery-status; boundary="{line}"'
    return _mail(fields, "".join([*pieces, f"--{line}--"]), kind)


def _original(delivery: Delivery) -> str:
    """Its headers only, with the id that it left with."""
    block = mime.head(mime.with_header(delivery.raw, "Message-ID", delivery.message_id))
    return block.decode("utf-8", "replace").replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"


def _qmail(delivery: Delivery, recipient: str, at: float) -> bytes:
    fields = _stranger(delivery, recipient, at, "failure notice")
    text = (
        f"Hi. This is the qmail-send program at {_host(recipient)}.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<{recipient}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\n{_original(delivery)}"
    )
    return _mail(fields, text)


def _exim(delivery: Delivery, recipient: str, at: float) -> bytes:
    fields = _stranger(delivery, recipient, at, "Mail delivery failed: returning message to sender")
    fields |= {"X-Failed-Recipients": recipient, "Auto-Submitted": "auto-replied"}
    text = (
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {recipient}\n    all relevant MX records point to non-existent hosts\n\n"
        f"------ This is a copy of your message's headers. ------\n\n{_original(delivery)}"
    )
    return _mail(fields, text)


def _stranger(delivery: Delivery, recipient: str, at: float, subject: str) -> dict[str, str]:
    """From the recipient's own server, which names no mail that it answers."""
    fields = _back(delivery, f"MAILER-DAEMON@{_host(recipient)}", at, subject)
    return {name: text for name, text in fields.items() if name not in {"In-Reply-To", "References"}}


def _host(address: str) -> str:
    return address.rpartition("@")[2]


def _message_id(delivery: Delivery, recipient: str, subject: str, at: float) -> str:
    mark = zlib.crc32(f"{delivery.message_id}/{recipient}/{subject}".encode())
    return f"<back-{mark:08x}.{at:.6f}@{_host(recipient) or 'googlemail.com'}>"


def _one_line(subject: str) -> str:
    return " ".join(subject.split())
