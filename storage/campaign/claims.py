"""A worker's claim on a mail, and its outcome. A mail whose bytes are not those approved cannot be claimed."""

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
    """A mail's stored bytes do not match the approved hash: nothing is sent until a person has looked into it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One mail claimed by one worker. `submitted_at` is set if it may have left already.

    `attempt` is the fencing token; `put_off` counts deferrals because of the mail itself; `handed_over`, how often a
    relay received it in full and did not accept it.
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
    """How a claimed mail ended: `sent`, `failed` or `unknown`, with the service's ids for it."""

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
