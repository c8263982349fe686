"""One mail in one worker's hands, and how it ended. What is not what somebody approved is put in nobody's hands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from storage.campaign.mail_rows import content_hash, place
from storage.crypto import Key
from storage.records import MailState
from storage.scope import Scope
from storage.tables import campaign_emails as table

READ = [
    table.c[name] for name in
    ("id", "campaign_id", "object_id", "ordinal", "attempts", "content", "approved_hash", "draft_id", "message_id",
     "thread_id", "submitted_at", "put_off", "handed_over")
]  # fmt: skip


class NotTheApprovedBytes(Exception):
    """What is stored of a mail is not what somebody approved: nothing leaves until that is cleared."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One mail in one worker's hands. `submitted_at` is set if it may have left already.

    `attempt` tells this claim from others; `put_off` is how often the mail was tried for good and had to wait;
    `handed_over`, how often a relay heard it to its end and did not take it.
    """

    mail_id: str
    campaign_id: str
    object_id: str
    attempt: int
    content: bytes
    draft_id: str = ""
    message_id: str = ""
    thread_id: str = ""
    submitted_at: datetime | None = None
    put_off: int = 0
    handed_over: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a claimed mail ended: `sent`, `failed` or `unknown`, with what the service calls it now."""

    claim: Claim
    state: MailState
    reason: str = ""
    message_id: str = ""
    thread_id: str = ""


def claim_of(scope: Scope, row: Row[Any], key: Key) -> Claim:
    content = key.open(row.content, place(scope, row.id, "content")) if row.content else b""
    if content_hash(content) != row.approved_hash:
        raise NotTheApprovedBytes(
            f"mail {row.id} is not what was approved: nothing was sent; cancel campaign {row.campaign_id}, "
            "and find out who changed the database"
        )
    return Claim(
        mail_id=row.id,
        campaign_id=row.campaign_id,
        object_id=row.object_id,
        attempt=row.attempts,
        content=content,
        draft_id=row.draft_id,
        message_id=row.message_id,
        thread_id=row.thread_id,
        submitted_at=row.submitted_at,
        put_off=row.put_off,
        handed_over=row.handed_over,
    )
