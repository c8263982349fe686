"""The outbox: approved mails on their way out, each in the hands of one worker at a time.

approved → sending → sent, failed or unknown, by compare-and-set only. `attempts` fences: every claim raises it, and
whoever holds an older number moves nothing any more. What a crash left in `sending` is claimed anew once its time is
over, together with what is known of it: the id of its draft, and whether it was submitted.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select, update

from storage.campaign import due_mails
from storage.campaign.claims import READ, Claim, Outcome, claim_of
from storage.campaign.due_mails import Opening
from storage.campaign.mails import MAY_HAVE_BEEN_KEPT
from storage.crypto import Key
from storage.documents import now
from storage.people import actions
from storage.people.actions import Action
from storage.records import CampaignStatus, MailState, Role
from storage.scope import Scope, of_campaign, of_campaign_to, scoped, visible
from storage.session import Session
from storage.tables import campaign_emails as table
from storage.tables import email_campaigns

UNFINISHED = {CampaignStatus.SENDING, CampaignStatus.PAUSED}
DEED = "emailed"
STILL_A_DRAFT = "it lies among the drafts and has not left: `contactflow campaign retry-failed` sends it"
FOUND_SENT = "somebody found that it had left"
FOUND_UNSENT = "somebody found that it had not left: `contactflow campaign retry-failed` sends it once more"
OF_OUR_OWN = (STILL_A_DRAFT, FOUND_UNSENT)  # failures that say nothing of whom a mail is for
ENDED_BEFORE = "the campaign was ended before it left"


@scoped
def claim(
    session: Session, scope: Scope, campaign_id: str, key: Key,
    *, moment: datetime, until: datetime, limit: int = 1, opening: Opening | None = None,
) -> list[Claim]:  # fmt: skip
    """The next approved mails that are due, in the audience's order; none once the campaign no longer sends.

    Those suppressed meanwhile are excluded instead. `opening` tells from a recipient's time zone when a mail may leave.
    """
    if _status(session, scope, campaign_id) is not CampaignStatus.SENDING:
        return []
    ids = due_mails.due(session, scope, campaign_id, key, moment=moment, limit=limit, opening=opening)
    return _taken(session, scope, key, ids, until)


@scoped
def recover(
    session: Session, scope: Scope, campaign_id: str, key: Key, *, moment: datetime, until: datetime, limit: int = 1
) -> list[Claim]:
    """Mails whose worker let its time pass: killed, or waiting for a doubt to clear. Whatever the campaign's status."""
    over = _in(scope, campaign_id, MailState.SENDING) & (table.c.claimed_until <= moment)
    late = select(table.c.id).where(over).order_by(table.c.ordinal).limit(limit).with_for_update(skip_locked=True)
    return _taken(session, scope, key, list(session.execute(late).scalars()), until)


@scoped
def submit(session: Session, scope: Scope, claims: Sequence[Claim], *, at: datetime, until: datetime) -> list[Claim]:
    """Put down, before it is done, that these are handed over: from here on each may have left.

    Returns those that are still ours; no other may be handed over.
    """
    ours = _still_ours(session, scope, claims)
    if ours:
        rows = [one.mail_id for one in ours]
        session.execute(_SUBMITTED, {"rows": rows, "submitted_at": at, "claimed_until": until, "updated_at": now()})
    return ours


@scoped
def hold(session: Session, scope: Scope, claimed: Claim, *, until: datetime, **known: str) -> None:
    """Leave it in `sending`, to be looked at again at `until`."""
    _write(session, _still_ours(session, scope, [claimed]), {"claimed_until": until} | known)


@scoped
def give_back(
    session: Session,
    scope: Scope,
    claims: Sequence[Claim],
    *,
    not_before: datetime | None = None,
    put_off: bool = False,
    handed_over: bool = False,
    **known: str,
) -> None:
    """They were not taken: approved again, to leave later. If the campaign is over they are left out, or `unknown`.

    `put_off`: because of what they are, and not because their mailbox takes nothing for now.
    `handed_over`: a relay heard them to their end and then did not take them.
    """
    if not claims:
        return
    goes_on = _status(session, scope, claims[0].campaign_id) in UNFINISHED
    heard = table.c.handed_over + int(handed_over) > 0
    values = {
        "state": MailState.APPROVED if goes_on else case((heard, MailState.UNKNOWN), else_=MailState.REJECTED),
        "reason": "" if goes_on else case((heard, MAY_HAVE_BEEN_KEPT), else_=ENDED_BEFORE),
        "claimed_until": None,
        "submitted_at": None,
        "not_before": not_before,
        "put_off": table.c.put_off + int(put_off),
        "handed_over": table.c.handed_over + int(handed_over),
    }
    _write(session, _still_ours(session, scope, claims), values | known)


@scoped
def settle(session: Session, scope: Scope, outcomes: Sequence[Outcome], *, actor: str) -> list[Outcome]:
    """How claimed mails ended, with the deed on each contact's record. Returns those that were ours to settle."""
    mine = {one.mail_id for one in _still_ours(session, scope, [outcome.claim for outcome in outcomes])}
    settled = [outcome for outcome in outcomes if outcome.claim.mail_id in mine]
    moment = now()
    for alike in _alike(settled):
        session.execute(_SETTLED, _ending(alike, moment))
    _note(session, scope, [one.claim for one in settled if one.state is MailState.SENT], actor)
    return settled


@scoped
def unknown(session: Session, scope: Scope, campaign_id: str, key: Key, *, limit: int) -> list[Claim]:
    """Mails that may have left and may not, those in doubt for longest first; of people who were erased none."""
    doubtful = _in(scope, campaign_id, MailState.UNKNOWN) & table.c.content.is_not(None)
    rows = select(*READ).where(doubtful).order_by(table.c.updated_at).limit(limit)
    return [claim_of(scope, row, key) for row in session.execute(rows)]


@scoped
def clear_up(session: Session, scope: Scope, outcome: Outcome, *, actor: str) -> bool:
    """A mail of which nobody knew whether it left: now somebody does. False if it was cleared up before."""
    one = outcome.claim
    doubtful = _SETTLED.where(_in(scope, one.campaign_id, MailState.UNKNOWN))
    if not session.execute(doubtful, _ending([outcome], now())).rowcount:
        return False
    _note(session, scope, [one] if outcome.state is MailState.SENT else [], actor)
    return True


@scoped
def next_moment(session: Session, scope: Scope, campaign_id: str) -> datetime | None:
    """When there is something to do again; None where nothing is left to send."""
    due = select(func.min(table.c.not_before)).where(_in(scope, campaign_id, MailState.APPROVED))
    at_once = select(table.c.id).where(_in(scope, campaign_id, MailState.APPROVED), table.c.not_before.is_(None))
    doubt = select(func.min(table.c.claimed_until)).where(_in(scope, campaign_id, MailState.SENDING))
    if session.execute(at_once.limit(1)).first():
        return now()
    moments = [found for query in (due, doubt) if (found := session.execute(query).scalar()) is not None]
    return min(moments, default=None)


def _note(session: Session, scope: Scope, sent: Iterable[Claim], actor: str) -> None:
    actions.note(session, scope, (Action(one.object_id, DEED, actor, campaign_id=one.campaign_id) for one in sent))


def _status(session: Session, scope: Scope, campaign_id: str) -> CampaignStatus | None:
    """Where the campaign stands; it stays there until this transaction ends, so that nobody cancels in between."""
    one = select(email_campaigns.c.status).where(visible(email_campaigns, scope), email_campaigns.c.id == campaign_id)
    found = session.execute(one.with_for_update(read=True)).scalar_one_or_none()
    return CampaignStatus(found) if found else None


def _taken(session: Session, scope: Scope, key: Key, ids: Sequence[str], until: datetime) -> list[Claim]:
    """The query that found them has locked them. They are asked for by their ids alone: asked for their campaign too,
    SQLite would walk through all of it.
    """
    if not ids:
        return []
    rows = session.execute(_TAKEN, {"rows": ids, "claimed_until": until, "updated_at": now()}).all()
    return [claim_of(scope, row, key) for row in sorted(rows, key=lambda row: row.ordinal)]


def _still_ours(session: Session, scope: Scope, claims: Sequence[Claim]) -> list[Claim]:
    """Those (of one campaign) that nobody else has claimed meanwhile; they stay ours until this transaction ends."""
    if not claims:
        return []
    named = {"campaign": claims[0].campaign_id, "rows": [one.mail_id for one in claims]}
    held = {row.id: row.attempts for row in session.execute(_in_hands(scope.role), scope.names | named)}
    return [one for one in claims if held.get(one.mail_id) == one.attempt]


def _write(session: Session, ours: Sequence[Claim], values: dict[str, Any]) -> None:
    if ours:
        mine = update(table).where(table.c.id.in_([one.mail_id for one in ours]))
        session.execute(mine.values(**values, updated_at=now()))


def _or_as_it_was(name: str) -> ColumnElement[str]:
    return func.coalesce(func.nullif(bindparam(name), ""), table.c[name])


# What every mail costs is made once: to make such a statement takes longer than to carry it out.
_THESE = table.c.id.in_(bindparam("rows", expanding=True))
_TAKEN = (
    update(table)
    .where(_THESE)
    .values({name: bindparam(name) for name in ("claimed_until", "updated_at")})
    .values(state=MailState.SENDING, attempts=table.c.attempts + 1, reason="")
    .returning(*READ)
)
_SUBMITTED = (
    update(table)
    .where(_THESE)
    .values({name: bindparam(name) for name in ("submitted_at", "claimed_until", "updated_at")})
)
_SETTLED = (
    update(table)
    .where(_THESE)
    .values(
        {name: bindparam(name) for name in ("state", "reason", "sent_at", "claimed_until", "updated_at")}
        | {name: _or_as_it_was(name) for name in ("message_id", "thread_id")}
    )
)


@cache
def _in_hands(role: Role) -> Select[tuple[str, int]]:
    held = select(table.c.id, table.c.attempts).where(
        of_campaign_to(table, role), table.c.state == MailState.SENDING, _THESE
    )
    return held.order_by(table.c.id).with_for_update()


def _alike(outcomes: Iterable[Outcome]) -> Iterable[Sequence[Outcome]]:
    """By what is written of them."""
    found: dict[tuple[str, ...], list[Outcome]] = {}
    for one in outcomes:
        found.setdefault((one.state, one.reason, one.message_id, one.thread_id), []).append(one)
    return found.values()


def _ending(alike: Sequence[Outcome], moment: datetime) -> dict[str, Any]:
    one = alike[0]
    return {
        "rows": [outcome.claim.mail_id for outcome in alike],
        "state": one.state,
        "reason": one.reason,
        "message_id": one.message_id,
        "thread_id": one.thread_id,
        "sent_at": moment if one.state is MailState.SENT else None,
        "claimed_until": None,
        "updated_at": moment,
    }


def _in(scope: Scope, campaign_id: str, state: MailState) -> ColumnElement[bool]:
    return of_campaign(table, scope, campaign_id) & (table.c.state == state)
