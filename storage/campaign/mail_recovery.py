"""What a person can do about mails in `unknown` (settle them by hand) and in `failed` (retry them)."""

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
    """How many mails will be sent or written again, and how many stay as they are.

    Those `in_doubt` may have left; those in `failed` have no approved text to send.
    """

    to_send: int = 0
    to_write: int = 0
    in_doubt: int = 0
    failed: int = 0


@scoped
def settle(session: Session, scope: Scope, campaign_id: str, mail_id: str, *, left: bool, actor: str) -> MailState:
    """Record whether an `unknown` mail has left; if not, it becomes `failed`, to be retried. Raises CannotDecide."""
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
    """Send again the mails that certainly failed; during the review, write again those that could not be written.

    Rewritten mails wait for the review like all others. Mails in `unknown` are never touched. Raises CannotDecide.
    """
    campaign = campaigns.campaign(session, scope, campaign_id)
    if campaign.status is CampaignStatus.REVIEW:
        to_send = 0
        to_write = mails.retry_writing(session, scope, campaign_id) or tallies.unwritten(session, scope, campaign_id)
    elif campaign.status in CAN_SEND:
        to_send, to_write = mails.retry_sending(session, scope, campaign_id), 0
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
