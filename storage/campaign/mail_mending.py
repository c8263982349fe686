"""Mails that a person takes up once more: those in doubt, which they settle by hand, and those that failed."""

from dataclasses import dataclass

from storage import audit
from storage.campaign import campaigns, mails, outbox, tallies
from storage.campaign.claims import Claim, Outcome
from storage.campaign.outbox import FOUND_SENT, FOUND_UNSENT
from storage.deciding import CannotDecide
from storage.people import actions
from storage.people.actions import Action
from storage.records import CampaignStatus, MailState
from storage.scope import Scope, scoped
from storage.session import Session

CAN_SEND = (CampaignStatus.COMPLETED, CampaignStatus.SENDING, CampaignStatus.PAUSED)
NOT_EMAILED = "not-emailed"


@dataclass(frozen=True, slots=True)
class Retried:
    """How many mails leave once more, or are written once more; and how many stay as they are.

    Of those in doubt nobody knows whether they left; those that failed for good have no text that was approved.
    """

    to_send: int = 0
    to_write: int = 0
    in_doubt: int = 0
    failed: int = 0


@scoped
def settle(session: Session, scope: Scope, campaign_id: str, mail_id: str, *, left: bool, actor: str) -> MailState:
    """Somebody found out whether a mail in doubt left; if not, it may be sent once more with those that failed."""
    one = mails.mail(session, scope, campaign_id, mail_id, None)
    state, reason = (MailState.SENT, FOUND_SENT) if left else (MailState.FAILED, FOUND_UNSENT)
    outcome = Outcome(Claim(one.id, campaign_id, one.object_id, one.attempts, b""), state, reason)
    if not outbox.clear_up(session, scope, outcome, actor=actor):
        raise CannotDecide(f"mail {one.ordinal} is {one.state}: only mails that may have left (unknown) can be settled")
    if not left:
        actions.note(session, scope, [Action(one.object_id, NOT_EMAILED, actor, campaign_id=campaign_id)])
    tallies.keep(session, scope, campaign_id)
    audit.record(
        session, scope, actor=actor, action="mail.settled", subject=campaign_id, detail={"mail": one.id, "as": state}
    )
    return state


@scoped
def retry_failed(session: Session, scope: Scope, campaign_id: str, *, actor: str) -> Retried:
    """Send once more what failed for certain; while the campaign waits for its review, what could not be written.

    Written mails wait for the review like all others. What may have left is never touched.
    """
    campaign = campaigns.campaign(session, scope, campaign_id)
    if campaign.status is CampaignStatus.REVIEW:
        to_send = 0
        to_write = mails.anew(session, scope, campaign_id) or tallies.unwritten(session, scope, campaign_id)
    elif campaign.status in CAN_SEND:
        to_send, to_write = mails.again(session, scope, campaign_id), 0
    else:
        raise CannotDecide(f"campaign {campaign_id} is {campaign.status}: nothing of it can be tried once more")
    if to_send:
        _go_on(session, scope, campaign_id)
    standing = tallies.counts(session, scope, campaign_id)
    retried = Retried(to_send, to_write, standing[MailState.UNKNOWN], standing[MailState.FAILED])
    if to_send or to_write:
        detail = {"to send": to_send, "to write": to_write}
        audit.record(session, scope, actor=actor, action="campaign.retried", subject=campaign_id, detail=detail)
        tallies.keep(session, scope, campaign_id)
    return retried


def _go_on(session: Session, scope: Scope, campaign_id: str) -> None:
    campaigns.move(
        session, scope, campaign_id, expected=[CampaignStatus.COMPLETED], to=CampaignStatus.SENDING,
        completed_at=None, forget_at=None,
    )  # fmt: skip
