"""The mail that Exchange makes of a message given as JSON."""

import base64
import contextlib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from typing import Any

from starlette.responses import Response

from deployments.simulators.mail import mime
from deployments.simulators.microsoft import errors
from deployments.simulators.microsoft.asking import Answered

MOST_HEADERS = 5
LIST_UNSUBSCRIBE = "String 0x1045"
INTERNET_HEADERS = "String {00020386-0000-0000-C000-000000000046} Name "
PROPERTIES = "singleValueExtendedProperties"
FIELDS = (
    "subject", "body", "from", "sender", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "importance",
    "categories", "internetMessageHeaders", "internetMessageId", "isRead", "attachments", "flag",
    "isDeliveryReceiptRequested", "isReadReceiptRequested", "inferenceClassification", "conversationIndex",
)  # fmt: skip
POLICY = SMTP.clone(max_line_length=998)


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """What is not of the shape of a message is refused, whatever is the matter with it."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Answered(errors.graph(400, "RequestBodyRead", f"This is no message: {error}")) from error


def facts_of(wish: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """What a posted message says, and its extended properties; or it is refused as Graph refuses it."""
    with readable():
        told = {name: value for name, value in wish.items() if not name.startswith("@")}
        properties = {str(one["id"]): str(one["value"]) for one in told.pop(PROPERTIES, None) or []}
        refused = _refused_headers(told.get("internetMessageHeaders") or [])
    unknown = set(told) - set(FIELDS)
    if unknown:
        message = f"The property '{min(unknown)}' does not exist on type 'microsoft.graph.message'."
        raise Answered(errors.graph(400, "RequestBodyRead", message))
    if refused:
        raise Answered(refused)
    return told, properties


def _refused_headers(headers: list[dict[str, str]]) -> Response | None:
    for header in headers:
        if not header["name"].lower().startswith("x-"):
            message = f"The internet message header name '{header['name']}' should start with 'x-' or 'X-'."
            return errors.graph(400, "InvalidInternetMessageHeader", message)
    if len(headers) > MOST_HEADERS:
        message = "Maximum number of headers in one message should be less than or equal to 5."
        return errors.graph(400, "InvalidInternetMessageHeaderCollection", message)
    return None


def recipients(facts: dict[str, Any]) -> tuple[str, ...]:
    kinds = ("toRecipients", "ccRecipients", "bccRecipients")
    return tuple(dict.fromkeys(_address(one) for kind in kinds for one in facts.get(kind) or []))


def built(facts: dict[str, Any], properties: dict[str, str], *, sender: str, message_id: str, at: float) -> bytes:
    mail = EmailMessage(policy=POLICY)
    mail["From"] = _named(facts["from"]) if facts.get("from") else sender
    for name, kind in (("To", "toRecipients"), ("Cc", "ccRecipients"), ("Reply-To", "replyTo")):
        if facts.get(kind):
            mail[name] = ", ".join(_named(one) for one in facts[kind])
    mail["Subject"] = " ".join((facts.get("subject") or "").split())
    mail["Date"], mail["Message-ID"] = formatdate(at), message_id
    for name, value in _headers(facts, properties):
        mail[name] = value
    body = facts.get("body") or {}
    subtype = "html" if (body.get("contentType") or "text").lower() == "html" else "plain"
    mail.set_content(body.get("content") or "", subtype=subtype)
    for attachment in facts.get("attachments") or []:
        _attach(mail, attachment)
    return mail.as_bytes()


def _headers(facts: dict[str, Any], properties: dict[str, str]) -> list[tuple[str, str]]:
    headers = [(one["name"], one["value"]) for one in facts.get("internetMessageHeaders") or []]
    for name, value in properties.items():
        if name == LIST_UNSUBSCRIBE:
            headers.append(("List-Unsubscribe", value))
        elif name.lower().startswith(INTERNET_HEADERS.lower()):
            headers.append((name[len(INTERNET_HEADERS) :], value))
    return headers


def _attach(mail: EmailMessage, attachment: dict[str, Any]) -> None:
    maintype, _, subtype = (attachment.get("contentType") or "application/octet-stream").partition("/")
    mail.add_attachment(
        base64.b64decode(attachment["contentBytes"], validate=True),
        maintype=maintype,
        subtype=subtype,
        filename=attachment["name"],
    )


def from_base64(body: bytes) -> bytes:
    try:
        raw = base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        raw = b""
    if not mime.headers(raw):
        message = "Invalid base64 string for MIME content."
        raise Answered(errors.graph(400, "ErrorMimeContentInvalidBase64String", message))
    return raw


def _address(recipient: dict[str, Any]) -> str:
    return str((recipient.get("emailAddress") or {}).get("address") or "")


def _named(recipient: dict[str, Any]) -> str:
    return formataddr(((recipient.get("emailAddress") or {}).get("name") or "", _address(recipient)))
