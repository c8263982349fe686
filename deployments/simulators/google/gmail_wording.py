"""How Gmail words a message, its parts, a draft and a thread."""

from email.message import MIMEPart
from typing import Any

from deployments.simulators.google.gmail_asking import base64url, message_id
from deployments.simulators.mail import mime
from deployments.simulators.mail.letterbox import Item, Letterbox

LABELS = {"drafts": ["DRAFT"], "sentitems": ["SENT"], "inbox": ["INBOX"], "deleteditems": ["TRASH"]}
SNIPPET = 100
FIRST_HISTORY = 1000


def labels(item: Item) -> list[str]:
    return [*LABELS[item.folder], *(["UNREAD"] if item.folder == "inbox" and not item.read else [])]


def brief(item: Item) -> dict[str, Any]:
    return {"id": message_id(item.key), "threadId": message_id(item.thread)}


def answered(item: Item) -> dict[str, Any]:
    return {**brief(item), "labelIds": labels(item)}


def draft(item: Item) -> dict[str, Any]:
    return {"id": item.name, "message": answered(item)}


def history_id(position: int) -> str:
    return str(FIRST_HISTORY + position)


def message(item: Item, style: str, wanted: list[str]) -> dict[str, Any]:
    """`style` is the format asked for; `wanted` are the headers that metadata shall have."""
    told = {
        **answered(item),
        "snippet": _snippet(item),
        "historyId": history_id(item.version),
        "internalDate": str(int((item.submitted or item.created) * 1000)),
        "sizeEstimate": len(item.raw),
    }
    if style == "raw":
        told["raw"] = base64url(item.raw)
    elif style == "metadata":
        told["payload"] = {"mimeType": mime.whole(mime.head(item.raw) + b"\r\n\r\n").get_content_type()}
        told["payload"]["headers"] = _headers(item, wanted)
    elif style == "full":
        told["payload"] = _part(mime.whole(item.raw), "", _headers(item, []))
    return told


def thread(box: Letterbox, items: list[Item], style: str, wanted: list[str]) -> dict[str, Any]:
    told = [message(item, style, wanted) for item in items]
    return {"id": message_id(items[0].thread), "historyId": history_id(box.now), "messages": told}


def _headers(item: Item, wanted: list[str]) -> list[dict[str, str]]:
    names = {name.lower() for name in wanted}
    fields = mime.headers(item.raw)
    if not mime.header(fields, "message-id"):
        fields = [*fields, ("Message-Id", item.message_id)]
    return [{"name": name, "value": text} for name, text in fields if not names or name.lower() in names]


def _snippet(item: Item) -> str:
    start = item.raw[len(mime.head(item.raw)) :][: 4 * SNIPPET].decode("utf-8", "replace")
    return " ".join(start.split())[:SNIPPET]


def _part(part: MIMEPart, place: str, headers: list[dict[str, str]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "partId": place,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": headers,
    }
    if part.is_multipart():
        told["body"] = {"size": 0}
        told["parts"] = [
            _part(inner, f"{place}.{number}".lstrip("."), [{"name": n, "value": str(v)} for n, v in inner.items()])
            for number, inner in enumerate(part.iter_parts())
        ]
    else:
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        told["body"] = {"size": len(data), "data": base64url(data)}
    return told
