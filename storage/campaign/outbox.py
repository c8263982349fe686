"""The outbox: approved mails being sent, each claimed by one worker at a time.

approved → sending → sent, failed or unknown, by compare-and-set only. `attempts` is the
fencing token: every claim increments it, and a worker with an older number changes nothing. A mail that a crash left
in `sending` can be claimed again when its claim expires; the new claim tells its draft id and whether it was submitted.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, update

from storage.campaign import due_mails, mails
from storage.campaign.claims import READ, Claim, Outcome, claim_of
from storage.campaign.due_mails import Opening
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
OF_OUR_OWN = (STILL_A_DRAFT, FOUND_UNSENT)  # failures that are not the recipient's
ENDED_BEFORE = "the campaign was ended before it left"


@scoped
def claim(
    session: Session, scope: Scope, campaign_id: str, key: Key,
    *, moment: datetime, until: datetime, limit: int = 1, opening: Opening | None = None,
) -> list[Claim]:  # fmt: skip
    """Claim the next approved mails that are due, in the audience's order; none unless the campaign is `sending`.

    Recipients suppressed meanwhile are excluded. `opening` maps a recipient's time zone to the time a mail may leave.
    """
    if _status(session, scope, campaign_id) is not CampaignStatus.SENDING:
        return []
    ids = due_mails.due(session, scope, campaign_id, key, moment=moment, limit=limit, opening=opening)
    return _taken(session, scope, key, ids, until)


@scoped
def recover(
    session: Session, scope: Scope, campaign_id: str, key: Key, *, moment: datetime, until: datetime, limit: int = 1
) -> list[Claim]:
    """Claim mails in `sending` whose claim expired (worker killed, or held), whatever the campaign's status."""
    over = _in(scope, campaign_id, MailState.SENDING) & (table.c.claimed_until <= moment)
    late = select(table.c.id).where(over).order_by(table.c.ordinal).limit(limit).with_for_update(skip_locked=True)
    return _taken(session, scope, key, list(session.execute(late).scalars()), until)


@scoped
def submit(session: Session, scope: Scope, claims: Sequence[Claim], *, at: datetime, until: datetime) -> list[Claim]:
    """Record, before handing mails over to the service, that from now on each may have left.

    Returns the claims that still hold; no other mail may be handed over.
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
    """Return mails that the service did not accept to `approved`, for later; if the campaign has ended, reject them.

    `put_off`: deferred because of the mail itself, not because the mailbox accepts nothing for now.
    `handed_over`: a relay received them in full and then did not accept them.
    """
    if not claims:
        return
    campaign_id = claims[0].campaign_id
    goes_on = _status(session, scope, campaign_id) in UNFINISHED
    values = {
        "state": MailState.APPROVED,
        "reason": "",
        "claimed_until": None,
        "submitted_at": None,
        "not_before": not_before,
        "put_off": table.c.put_off + int(put_off),
        "handed_over": table.c.handed_over + int(handed_over),
    }
    _write(session, _still_ours(session, scope, claims), values | known)
    if not goes_on:
        mails.reject_unsent(session, scope, campaign_id, reason=ENDED_BEFORE)


@scoped
def settle(session: Session, scope: Scope, outcomes: Sequence[Outcome], *, actor: str) -> list[Outcome]:
    """Store how claimed mails ended and note each sent one in its contact's history. Returns those whose claim held."""
    mine = {one.mail_id for one in _still_ours(session, scope, [outcome.claim for outcome in outcomes])}
    settled = [outcome for outcome in outcomes if outcome.claim.mail_id in mine]
    moment = now()
    for alike in _alike(settled):
        session.execute(_SETTLED, _ending(alike, moment))
    _note(session, scope, [one.claim for one in settled if one.state is MailState.SENT], actor)
    return settled


@scoped
def unknown(session: Session, scope: Scope, campaign_id: str, key: Key, *, limit: int) -> list[Claim]:
    """Mails in `unknown`, longest in doubt first; without those of erased people."""
    doubtful = _in(scope, campaign_id, MailState.UNKNOWN) & table.c.content.is_not(None)
    rows = select(*READ).where(doubtful).order_by(table.c.updated_at).limit(limit)
    return [claim_of(scope, row, key) for row in session.execute(rows)]


@scoped
def clear_up(session: Session, scope: Scope, outcome: Outcome, *, actor: str) -> bool:
    """Resolve a mail in `unknown`. False if it was resolved already."""
    one = outcome.claim
    doubtful = _SETTLED.where(_in(scope, one.campaign_id, MailState.UNKNOWN))
    if not session.execute(doubtful, _ending([outcome], now())).rowcount:
        return False
    _note(session, scope, [one] if outcome.state is MailState.SENT else [], actor)
    return True


@scoped
def next_moment(session: Session, scope: Scope, campaign_id: str) -> datetime | None:
    """When the next mail becomes due or a claim expires; None if nothing is left to send."""
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
    """The campaign's status, locked until this transaction ends so that nobody cancels in between."""
    one = select(email_campaigns.c.status).where(visible(email_campaigns, scope), email_campaigns.c.id == campaign_id)
    found = session.execute(one.with_for_update(read=True)).scalar_one_or_none()
    return CampaignStatus(found) if found else None


def _taken(session: Session, scope: Scope, key: Key, ids: Sequence[str], until: datetime) -> list[Claim]:
    """The query that found the rows has locked them. Selected by id alone: with a condition on the campaign as well,
    SQLite would scan all of it.
    """
    if not ids:
        return []
    rows = session.execute(_TAKEN, {"rows": ids, "claimed_until": until, "updated_at": now()}).all()
    return [claim_of(scope, row, key) for row in sorted(rows, key=lambda row: row.ordinal)]


def _still_ours(session: Session, scope: Scope, claims: Sequence[Claim]) -> list[Claim]:
    """The claims (of one campaign) that nobody has taken over; their rows stay locked until the transaction ends."""
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


# Statements executed for every mail are built once: building one takes longer than executing it.
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
    """Outcomes grouped by the values written, so that each group is one UPDATE."""
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
