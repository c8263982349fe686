"""The mails of a campaign: one row for every contact of the audience, from the first look to the last answer.

What is personal is sealed with the campaign's key: who it goes to and what it says (`draft`), and the final bytes
(`content`). The bytes' hash stays readable; a constraint holds it to the approved one from approval on.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select, update

from storage.campaign.mail_rows import mail_of, place
from storage.campaign.risks import of_risk
from storage.crypto import Key
from storage.documents import encode, new_id, now
from storage.records import Draft, Mail, MailState, Risk
from storage.scope import Scope, of_campaign, scoped
from storage.session import Session
from storage.tables import campaign_emails as table

BATCH = 500
MOST_DIGITS = 9  # of a number, so that it fits a 32-bit column
SHOWN = (MailState.GENERATED, MailState.APPROVED, MailState.BLOCKED)
UNSENT = (MailState.PENDING, MailState.GENERATED, MailState.APPROVED)
MAY_HAVE_BEEN_KEPT = "the mail server was given it whole and did not take it, but may have kept it: ask the recipient"


class UnknownMail(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Member:
    """A contact of an audience: included, with its data, or excluded, with the reason."""

    object_id: str
    draft: Draft | None = None
    address_hash: str = ""
    reason: str = ""


@scoped
def freeze(
    session: Session, scope: Scope, campaign_id: str, key: Key, members: Sequence[Member], *, mailbox: str
) -> None:
    """Store the audience; it never changes afterwards."""
    for start in range(0, len(members), BATCH):
        batch = enumerate(members[start : start + BATCH], start + 1)
        session.execute(
            insert(table),
            [_member(scope, campaign_id, key, ordinal, member, mailbox) for ordinal, member in batch],
        )


@scoped
def mails(
    session: Session,
    scope: Scope,
    campaign_id: str,
    key: Key | None,
    *,
    states: Iterable[MailState] | None = None,
    ids: Sequence[str] | None = None,
    ordinals: Sequence[int] | None = None,
    risk: Risk | None = None,
    after: int = 0,
    limit: int = BATCH,
) -> list[Mail]:
    """In the audience's order, from after ordinal `after`; without a key, without drafts."""
    query = _rows(scope, campaign_id).where(table.c.ordinal > after).order_by(table.c.ordinal).limit(limit)
    if states is not None:
        query = query.where(table.c.state.in_(list(states)))
    if ids is not None:
        query = query.where(table.c.id.in_(list(ids)))
    if ordinals is not None:
        query = query.where(table.c.ordinal.in_(ordinals))
    if risk is not None:
        query = query.where(of_risk(risk))
    return [mail_of(scope, row, key) for row in session.execute(query).all()]


@scoped
def every(session: Session, scope: Scope, campaign_id: str, key: Key | None, **wanted: Any) -> Iterator[Mail]:
    after = 0
    while batch := mails(session, scope, campaign_id, key, after=after, **wanted):
        yield from batch
        after = batch[-1].ordinal


@scoped
def mail(session: Session, scope: Scope, campaign_id: str, mail_id: str, key: Key | None) -> Mail:
    """By its id, or by its number in the audience."""
    is_number = mail_id.isdecimal() and len(mail_id) <= MOST_DIGITS
    named = table.c.ordinal == int(mail_id) if is_number else table.c.id == mail_id
    row = session.execute(_rows(scope, campaign_id).where(named)).one_or_none()
    if row is None:
        raise UnknownMail(
            f"no mail {mail_id[:40]} in this campaign: `contactflow campaign show {campaign_id}` lists them"
        )
    return mail_of(scope, row, key)


@scoped
def content(session: Session, scope: Scope, campaign_id: str, mail_id: str, key: Key) -> bytes:
    """The final bytes; empty where the mail is not written."""
    sealed = session.execute(
        select(table.c.content).where(of_campaign(table, scope, campaign_id), table.c.id == mail_id)
    ).scalar_one_or_none()
    return key.open(sealed, place(scope, mail_id, "content")) if sealed else b""


@scoped
def decide(
    session: Session,
    scope: Scope,
    campaign_id: str,
    to: MailState,
    *,
    expected: Iterable[MailState],
    ids: Sequence[str] | None = None,
    most_risk: int | None = None,
    reason: str = "",
    actor: str = "",
) -> int:
    """Move all mails in `expected`, or those of `ids`, to `to`; returns how many. Approving pins their content hash."""
    values: dict[str, Any] = {"state": to, "reason": reason, "mark_id": "", "updated_at": now()}
    if to is MailState.APPROVED:
        values |= {"approved_hash": table.c.content_hash, "approved_by": actor}
    query = update(table).where(of_campaign(table, scope, campaign_id), table.c.state.in_(list(expected)))
    if most_risk is not None:
        query = query.where(table.c.risk <= most_risk)
    if ids is None:
        return session.execute(query.values(**values)).rowcount
    batches = (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
    return sum(session.execute(query.where(table.c.id.in_(batch)).values(**values)).rowcount for batch in batches)


@scoped
def reject_unsent(session: Session, scope: Scope, campaign_id: str, *, reason: str) -> None:
    """When a campaign ends: unsent mails become `rejected`, or `unknown` if a relay once received them in full."""
    heard = update(table).where(
        of_campaign(table, scope, campaign_id), table.c.state == MailState.APPROVED, table.c.handed_over > 0
    )
    session.execute(heard.values(state=MailState.UNKNOWN, reason=MAY_HAVE_BEEN_KEPT, updated_at=now()))
    decide(session, scope, campaign_id, MailState.REJECTED, expected=UNSENT, reason=reason)


@scoped
def retry_sending(session: Session, scope: Scope, campaign_id: str) -> int:
    """Move failed mails with approved content back to `approved`; returns how many."""
    failed = update(table).where(
        of_campaign(table, scope, campaign_id),
        table.c.state == MailState.FAILED,
        table.c.content.is_not(None),
        table.c.approved_hash != "",
        table.c.approved_hash == table.c.content_hash,
    )
    # Its draft is looked for by our key: somebody may have sent it by hand meanwhile, or thrown it away.
    unknown_there = {"draft_id": "", "message_id": "", "thread_id": ""}
    fresh = {"state": MailState.APPROVED, "reason": "", "submitted_at": None, "claimed_until": None}
    untried = {"put_off": 0, "handed_over": 0}
    return session.execute(failed.values(**fresh, **untried, **unknown_there, updated_at=now())).rowcount


@scoped
def retry_writing(session: Session, scope: Scope, campaign_id: str) -> int:
    """Move mails whose writing failed back to `pending`; returns how many."""
    failed = update(table).where(
        of_campaign(table, scope, campaign_id),
        table.c.state == MailState.FAILED,
        table.c.content_hash == "",
        table.c.draft.is_not(None),
    )
    return session.execute(failed.values(state=MailState.PENDING, reason="", updated_at=now())).rowcount


@scoped
def digest(session: Session, scope: Scope, campaign_id: str) -> str:
    """SHA-256 over id and content hash of every mail that could leave, in order: what an approval names."""
    found = hashlib.sha256()
    rows = session.execute(
        select(table.c.id, table.c.content_hash)
        .where(of_campaign(table, scope, campaign_id), table.c.state.in_([*SHOWN, MailState.REJECTED]))
        .order_by(table.c.ordinal)
        .execution_options(yield_per=BATCH)
    )
    for row in rows:
        found.update(f"{row.id}:{row.content_hash}\n".encode())
    return found.hexdigest()


@scoped
def clear(session: Session, scope: Scope, campaign_id: str) -> None:
    """Delete what is personal; hashes, states and approvers stay."""
    session.execute(update(table).where(of_campaign(table, scope, campaign_id)).values(draft=None, content=None))


def _rows(scope: Scope, campaign_id: str) -> Select[Any]:
    return select(table).where(of_campaign(table, scope, campaign_id))


def _member(scope: Scope, campaign_id: str, key: Key, ordinal: int, member: Member, mailbox: str) -> dict[str, Any]:
    mail_id = new_id()
    return {
        "id": mail_id,
        "organization_id": scope.organization_id,
        "campaign_id": campaign_id,
        "ordinal": ordinal,
        "object_id": member.object_id,
        "state": MailState.EXCLUDED if member.reason else MailState.PENDING,
        "reason": member.reason,
        "address_hash": member.address_hash,
        "draft": key.seal(encode(member.draft), place(scope, mail_id, "draft")) if member.draft else None,
        "mailbox": mailbox,
        "updated_at": now(),
    }
