"""The ways a mail comes to Gmail: within JSON, or uploaded: simple, multipart, resumable."""

import re
import secrets
from typing import Any

from starlette.responses import Response

from deployments.simulators.google import errors
from deployments.simulators.google.asking import Answered
from deployments.simulators.google.gmail_asking import GmailAsked, from_json
from deployments.simulators.mail import mime
from deployments.simulators.mail.letterbox import Upload

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


async def received(question: GmailAsked) -> tuple[dict[str, Any], bytes]:
    """What was said of the mail, and its bytes if they were uploaded."""
    body = await question.request.body()
    if "/upload/" not in question.request.scope.get("root_path", ""):
        return from_json(body), b""
    if question.parameter("upload_id"):
        return _further(question, body)
    kind = question.parameter("uploadType")
    if kind == "resumable":
        raise Answered(_begun(question, body))
    return _multipart(question, body) if kind == "multipart" else ({}, body)


def message_of(wish: dict[str, Any]) -> dict[str, Any]:
    message = wish.get("message") or {}
    if not isinstance(message, dict):
        raise Answered(errors.gmail(400, message="Invalid value at 'draft.message'"))
    return message


def raw_of(wish: dict[str, Any], uploaded: bytes) -> bytes:
    if uploaded:
        return uploaded
    try:
        raw = mime.decoded(wish.get("raw") or "")
    except (ValueError, AttributeError):
        raise Answered(errors.gmail(400, message="Invalid value for ByteString")) from None
    if not raw:
        raise Answered(errors.gmail(400, message="'raw' RFC822 payload message string or uploading message required"))
    return raw


def _multipart(question: GmailAsked, body: bytes) -> tuple[dict[str, Any], bytes]:
    """The second part's bytes as they came: a parser would mend their line ends."""
    found = re.search(r'boundary="?([^";]+)"?', question.request.headers.get("content-type", ""))
    pieces = body.split(b"--" + found[1].encode()) if found else []
    if len(pieces) != 4:  # noqa: PLR2004 - before, JSON, mail, after
        raise Answered(errors.gmail(400, "parseError", "Bad multipart body"))
    told, mail = (re.split(rb"\r?\n\r?\n", piece, maxsplit=1)[-1] for piece in pieces[1:3])
    return from_json(told.strip()), re.sub(rb"\r?\n\Z", b"", mail)


def _begun(question: GmailAsked, body: bytes) -> Response:
    name = secrets.token_urlsafe(12)
    question.box.uploads[name] = Upload(from_json(body))
    where = str(question.request.url.include_query_params(upload_id=name))
    return Response(status_code=200, headers={"location": where, "x-guploader-uploadid": name})


def _further(question: GmailAsked, body: bytes) -> tuple[dict[str, Any], bytes]:
    upload = question.box.uploads.get(question.parameter("upload_id"))
    if upload is None:
        raise Answered(errors.gmail(404))
    upload.raw += body
    range_ = _RANGE.match(question.request.headers.get("content-range", ""))
    if range_ and (range_[3] == "*" or len(upload.raw) < int(range_[3])):
        raise Answered(Response(status_code=308, headers={"range": f"bytes=0-{len(upload.raw) - 1}"}))
    question.box.uploads.pop(question.parameter("upload_id"))
    return upload.wish, bytes(upload.raw)
