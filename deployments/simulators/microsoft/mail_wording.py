"""How Graph words a message, a mail folder and an attachment."""

import base64
from collections.abc import Callable
from typing import Any

from deployments.simulators.mail import mime
from deployments.simulators.mail.letterbox import FOLDERS, Item, Letterbox
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.microsoft import wording
from deployments.simulators.microsoft.wording import moment

ON_REQUEST = ("internetMessageHeaders", "singleValueExtendedProperties", "attachments")
"""Told only when they are selected or expanded."""
PREVIEW = 255


def message_id(mailbox: Mailbox, item: Item, *, immutable: bool) -> str:
    return wording.contact_id(mailbox, item.key, item.folder, immutable=immutable)


def conversation_id(item: Item) -> str:
    return f"AAQkAD{base64.urlsafe_b64encode(item.thread.encode()).decode()}"


def folder_id(folder: str) -> str:
    return f"AQMkAD{folder}"


def folder_of(name: str) -> str:
    """By its id or its well-known name; "" if there is none."""
    known = name.removeprefix("AQMkAD").lower()
    return known if known in FOLDERS else ""


def folder(box: Letterbox, name: str) -> dict[str, Any]:
    lying = box.lying(name)
    return {
        "id": folder_id(name),
        "displayName": FOLDERS[name],
        "parentFolderId": "AQMkADroot",
        "childFolderCount": 0,
        "totalItemCount": len(lying),
        "unreadItemCount": sum(not item.read for item in lying),
    }


def message(mailbox: Mailbox, item: Item, *, immutable: bool, select: tuple[str, ...] = ()) -> dict[str, Any]:
    wanted = select or tuple(name for name in _FIELDS if name not in ON_REQUEST)
    mark = f"CQAAABYAAAB{item.version:x}"
    seen = _Seen(item)
    told = {name: _FIELDS[name](seen) for name in wanted if name in _FIELDS}
    if not select or "changeKey" in select:
        told["changeKey"] = mark
    return {"@odata.etag": f'W/"{mark}"', "id": message_id(mailbox, item, immutable=immutable), **told}


def removed(mailbox: Mailbox, key: str, name: str, *, immutable: bool) -> dict[str, Any]:
    identifier = wording.contact_id(mailbox, key, name, immutable=immutable)
    return {"@odata.type": "#microsoft.graph.message", "id": identifier, "@removed": {"reason": "deleted"}}


def properties(item: Item, wanted: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"id": name, "value": item.properties[name]} for name in wanted if name in item.properties]


def attachments(item: Item) -> list[dict[str, Any]]:
    if item.facts is not None:
        given = item.facts.get("attachments") or []
        found = [(one["name"], one.get("contentType"), base64.b64decode(one["contentBytes"])) for one in given]
    else:
        parts = mime.whole(item.raw).iter_attachments()
        found = [(part.get_filename() or "", part.get_content_type(), _bytes(part)) for part in parts]
    return [
        {
            "@odata.type": "#microsoft.graph.fileAttachment", "id": f"AAMkAttachment{place}", "name": name,
            "contentType": kind, "size": len(content), "isInline": False,
            "contentBytes": base64.b64encode(content).decode(),
        }
        for place, (name, kind, content) in enumerate(found)
    ]  # fmt: skip


def _bytes(part: Any) -> bytes:
    return part.get_payload(decode=True) or bytes(part)


class _Seen:
    """A mail as its fields are read from it, each only if it is asked for."""

    def __init__(self, item: Item) -> None:
        self.item, self.fields = item, mime.headers(item.raw)

    def told(self, name: str) -> Any:
        return (self.item.facts or {}).get(name)

    def people(self, name: str) -> list[dict[str, Any]]:
        given = self.told("bccRecipients") if name == "bcc" else None
        return given or [_recipient(who, address) for who, address in mime.addresses(self.fields, name)]

    def one(self, name: str) -> dict[str, Any] | None:
        return next(iter(self.people(name)), None)

    def body(self) -> dict[str, str]:
        if self.told("body"):
            return dict(self.told("body"))
        texts = mime.texts(self.item.raw)
        kind = "html" if "html" in texts else "plain"
        return {"contentType": "html" if kind == "html" else "text", "content": texts.get(kind, "")}

    def headers(self) -> list[dict[str, str]]:
        """Exchange does not tell those of what it sent itself."""
        told = self.item.folder != "sentitems"
        return [{"name": name, "value": text} for name, text in self.fields] if told else []


def _recipient(name: str, address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": name or address, "address": address}}


def _has_attachments(seen: _Seen) -> bool:
    if seen.item.facts is not None:
        return bool(seen.told("attachments"))
    return mime.header(seen.fields, "content-type").lower().startswith("multipart/mixed")


_FIELDS: dict[str, Callable[[_Seen], Any]] = {
    "createdDateTime": lambda seen: moment(seen.item.created),
    "lastModifiedDateTime": lambda seen: moment(seen.item.modified),
    "receivedDateTime": lambda seen: moment(seen.item.submitted or seen.item.created),
    "sentDateTime": lambda seen: moment(seen.item.submitted or seen.item.created),
    "hasAttachments": _has_attachments,
    "internetMessageId": lambda seen: seen.item.message_id,
    "subject": lambda seen: mime.plain(mime.header(seen.fields, "subject")),
    "bodyPreview": lambda seen: seen.body()["content"][:PREVIEW],
    "importance": lambda seen: seen.told("importance") or "normal",
    "categories": lambda seen: seen.told("categories") or [],
    "parentFolderId": lambda seen: folder_id(seen.item.folder),
    "conversationId": lambda seen: conversation_id(seen.item),
    "isRead": lambda seen: seen.item.read,
    "isDraft": lambda seen: seen.item.draft,
    "body": _Seen.body,
    "sender": lambda seen: seen.one("from"),
    "from": lambda seen: seen.one("from"),
    "toRecipients": lambda seen: seen.people("to"),
    "ccRecipients": lambda seen: seen.people("cc"),
    "bccRecipients": lambda seen: seen.people("bcc"),
    "replyTo": lambda seen: seen.people("reply-to"),
    "internetMessageHeaders": _Seen.headers,
}
