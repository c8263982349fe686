"""Leasing mails to be written, and storing what was written.

Of two runs that reach the same mails, one leases them. Their version is the fencing token: what is written for an
older version is discarded. Leases are short and renewed, so that those of a killed run soon expire. `claimed_until`
identifies the lease: each has its own moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update

from storage.campaign.mail_rows import content_hash, mail_of, place
from storage.campaign.mails import SHOWN
from storage.crypto import Key
from storage.documents import encode, now
from storage.records import Draft, Mail, MailState
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import campaign_emails as table

NO_DECISION = {"approved_hash": "", "approved_by": "", "mark_id": "", "state_before": ""}
OPEN = (MailState.PENDING, *SHOWN, MailState.REJECTED)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a mail now. `draft` holds letter and findings, `content` is the final bytes, none if unwritten."""

    mail_id: str
    version: int
    draft: Draft
    content: bytes = b""
    state: MailState = MailState.GENERATED
    reason: str = ""
    risk: int = 0
    prompt_hash: str = ""
    edited_by: str = ""


@scoped
def lease(
    session: Session, scope: Scope, campaign_id: str, key: Key, *, moment: datetime, until: datetime
) -> list[Mail]:
    """Lease to the caller, up to `until`, all mails that wait to be written and are not leased."""
    free = table.c.claimed_until.is_(None) | (table.c.claimed_until <= moment)
    mine = update(table).where(_pending(scope, campaign_id), free).values(
        version=table.c.version + 1, claimed_until=until, updated_at=now()
    )  # fmt: skip
    rows = session.execute(mine.returning(table)).all()
    return [mail_of(scope, row, key) for row in sorted(rows, key=lambda row: row.ordinal)]


@scoped
def renew(session: Session, scope: Scope, campaign_id: str, *, held: datetime, until: datetime | None) -> None:
    """Extend the lease identified by `held` to `until`; None releases it."""
    mine = update(table).where(_pending(scope, campaign_id), table.c.claimed_until == held)
    session.execute(mine.values(claimed_until=until))


@scoped
def leased(session: Session, scope: Scope, campaign_id: str) -> int:
    """How many mails are leased, be it by a run that has died."""
    held = select(func.count()).where(_pending(scope, campaign_id), table.c.claimed_until.is_not(None))
    return int(session.execute(held).scalar_one())


@scoped
def write(
    session: Session, scope: Scope, campaign_id: str, key: Key, written: Sequence[Written],
    *, over: Iterable[MailState] = OPEN,
) -> int:  # fmt: skip
    """Store what was written if a mail is still at the version it was written for; returns how many were.

    Only mails in the states `over` are written: one that was left out meanwhile must not come back.
    """
    rows = [_written(scope, key, one) for one in written]
    if not rows:
        return 0
    columns = [name for name in rows[0] if name not in {"row", "seen"}]
    # One by one: an expanding IN cannot be bound in executemany.
    still_open = or_(*(table.c.state == state for state in over))
    done = session.execute(
        update(table)
        .where(of_campaign(table, scope, campaign_id), still_open)
        .where(table.c.id == bindparam("row"), table.c.version == bindparam("seen"))
        .values({name: bindparam(name) for name in columns} | NO_DECISION),
        rows,
    )
    return done.rowcount


def _pending(scope: Scope, campaign_id: str) -> ColumnElement[bool]:
    return of_campaign(table, scope, campaign_id) & (table.c.state == MailState.PENDING)


def _written(scope: Scope, key: Key, one: Written) -> dict[str, Any]:
    body = key.seal(one.content, place(scope, one.mail_id, "content")) if one.content else None
    return {
        "row": one.mail_id,
        "seen": one.version,
        "version": one.version + 1,
        "state": one.state,
        "reason": one.reason,
        "risk": one.risk,
        "checks": [finding.check for finding in one.draft.findings],
        "draft": key.seal(encode(one.draft), place(scope, one.mail_id, "draft")),
        "content": body,
        "content_hash": content_hash(one.content) if one.content else "",
        "prompt_hash": one.prompt_hash,
        "edited_by": one.edited_by,
        "claimed_until": None,
        "updated_at": now(),
    }
