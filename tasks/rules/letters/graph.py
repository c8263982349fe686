"""A mail as the body of Microsoft Graph's POST /me/messages: a draft that bears our key, so that it is found again.

Graph takes no headers but x- ones; the opt-out goes in as the properties that Exchange makes these headers from.
"""

import base64
import json
from functools import lru_cache
from typing import Any

from storage.records import Attachment
from tasks.rules.letters.envelope import LARGEST_ATTACHMENTS, CannotRender, Envelope
from tasks.rules.letters.mime import head_line, on_the_wire, ways_out

SEND_KEY = "String {6f1c2a84-90b7-4d5e-a3d8-5b7e0c41f2d9} Name sendKey"
LIST_UNSUBSCRIBE = "String 0x1045"
LIST_UNSUBSCRIBE_POST = "String {00020386-0000-0000-C000-000000000046} Name List-Unsubscribe-Post"


def graph_json(mail: Envelope) -> bytes:
    """The same envelope, the same bytes."""
    if sum(len(one.content) for one in mail.attachments) > LARGEST_ATTACHMENTS:
        raise CannotRender(f"attachments over {LARGEST_ATTACHMENTS:,} bytes do not go through Microsoft: link to them")
    message: dict[str, Any] = {
        "subject": head_line(mail.subject),
        "body": {"contentType": "html", "content": mail.html},
        "toRecipients": [_recipient(mail.to_name, mail.to)],
        "singleValueExtendedProperties": [
            {"id": SEND_KEY, "value": mail.key},
            {"id": LIST_UNSUBSCRIBE, "value": ways_out(mail)},
            {"id": LIST_UNSUBSCRIBE_POST, "value": "List-Unsubscribe=One-Click"},
        ],
    }
    if mail.reply_to:
        message["replyTo"] = [_recipient("", mail.reply_to)]
    if mail.attachments:
        message["attachments"] = [_attached(one) for one in mail.attachments]
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _recipient(name: str, address: str) -> dict[str, Any]:
    named = {"name": head_line(name)} if name else {}
    return {"emailAddress": {"address": on_the_wire(address), **named}}


@lru_cache(maxsize=32)
def _attached(attachment: Attachment) -> dict[str, str]:
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": head_line(attachment.name),
        "contentType": head_line(attachment.media_type),
        "contentBytes": base64.b64encode(attachment.content).decode(),
    }
