"""A person goes from mails: what has not left will not, what has left is a number without a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from storage.campaign import campaigns, mails, tallies
from storage.documents import now
from storage.organization import suggestions
from storage.records import CampaignStatus, MailState, Run, RunKind
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import ai_usage, email_events
from storage.tables import campaign_emails as table

ERASED = "erased at their own wish"
LEAVING = "the person was erased while it was being sent"
UNDECIDED = (MailState.PENDING, MailState.GENERATED, MailState.BLOCKED, MailState.APPROVED, MailState.REJECTED)
# A bounce that comes late must find nobody: the names that services gave the mail go too.
_NOBODY: dict[str, Any] = {
    "object_id": table.c.id, "draft": None, "content": None, "draft_id": "", "message_id": "", "thread_id": "",
    "prompt_hash": "", "mark_id": "", "state_before": "", "claimed_until": None, "not_before": None,
    "version": table.c.version + 1,
}  # fmt: skip


@scoped
def empty(session: Session, scope: Scope, theirs: Mapping[str, str]) -> int:
    """Returns how many mails; `theirs` says for each of which campaign it is. Hashes of what was approved stay."""
    here = and_(of_organization(table, scope), table.c.id.in_(list(theirs)))
    touched = set(theirs.values())
    live = {one for one in touched if campaigns.campaign(session, scope, one).is_open}
    in_hand = table.c.state == MailState.SENDING
    _turn(session, here & table.c.campaign_id.in_(live) & table.c.state.in_(UNDECIDED), MailState.EXCLUDED, ERASED)
    _turn(session, here & in_hand & table.c.submitted_at.is_(None), MailState.EXCLUDED, ERASED)
    _turn(session, here & in_hand, MailState.UNKNOWN, LEAVING)
    session.execute(update(table).where(here).values(**_NOBODY, updated_at=now()))
    _empty_what_hangs_on_them(session, scope, list(theirs))
    _take_out_suggestions(session, scope, here)
    _count_anew(session, scope, live)
    return len(theirs)


def _turn(session: Session, these: ColumnElement[bool], to: MailState, reason: str) -> None:
    session.execute(update(table).where(these).values(state=to, reason=reason))


def _empty_what_hangs_on_them(session: Session, scope: Scope, mail_ids: list[str]) -> None:
    """That something was opened, and what it cost, stays true."""
    events = update(email_events).where(of_organization(email_events, scope), email_events.c.email_id.in_(mail_ids))
    session.execute(events.values(external_id=email_events.c.id, detail={}))
    usage = update(ai_usage).where(of_organization(ai_usage, scope), ai_usage.c.email_id.in_(mail_ids))
    session.execute(usage.values(prompt_hash="", error=""))


def _take_out_suggestions(session: Session, scope: Scope, here: ColumnElement[bool]) -> None:
    for campaign_id, number in session.execute(select(table.c.campaign_id, table.c.ordinal).where(here)).all():
        suggestions.take_out(session, scope, Run(RunKind.CAMPAIGN, campaign_id), [number])


def _count_anew(session: Session, scope: Scope, campaign_ids: Iterable[str]) -> None:
    for campaign_id in campaign_ids:
        tallies.keep(session, scope, campaign_id)
        if campaigns.campaign(session, scope, campaign_id).status is CampaignStatus.REVIEW:
            campaigns.note(session, scope, campaign_id, digest=mails.digest(session, scope, campaign_id))
