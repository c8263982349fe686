"""What nobody knows is settled by a person, who is named; what failed is tried once more, and nothing else is."""

import pytest

from storage import audit
from storage.campaign import campaigns, mail_recovery, mails, outbox
from storage.campaign.campaigns import Campaign
from storage.campaign.claims import Outcome
from storage.deciding import CannotDecide
from storage.people import actions
from storage.records import CampaignStatus, MailState
from storage.scope import Scope
from storage.session import Session, Store
from tests.sending.outboxes import MINUTE, NOON, approved, claimed, standing, states
from tests.storage.campaign_examples import frozen, member

BEN = "ben@acme.example"


def in_doubt(session: Session, scope: Scope, count: int = 3) -> Campaign:
    """The first mail is in doubt, the second has failed, the others wait."""
    campaign = approved(session, scope, count)
    doubt, failed = claimed(session, scope, campaign, 2)
    for one in (doubt, failed):
        outbox.hold(session, scope, one, until=NOON + MINUTE, draft_id="d", message_id="<m@x>")
    outbox.submit(session, scope, [doubt, failed], at=NOON, until=NOON + MINUTE)
    ends = (Outcome(doubt, MailState.UNKNOWN, "who knows"), Outcome(failed, MailState.FAILED, "refused"))
    outbox.settle(session, scope, ends, actor="ann")
    return campaign


@pytest.mark.parametrize(
    ("left", "state", "deed"), [(True, MailState.SENT, "emailed"), (False, MailState.FAILED, "not-emailed")]
)
def test_a_mail_in_doubt_is_settled_by_somebody_who_is_named(
    store: Store, scope: Scope, left: bool, state: MailState, deed: str  # noqa: FBT001 (a table)
) -> None:  # fmt: skip
    with store.begin() as session:
        campaign = in_doubt(session, scope)
        assert mail_recovery.settle(session, scope, campaign.id, "1", left=left, actor=BEN) is state
        mail = standing(session, scope, campaign)
        assert (mail.state, mail.sent_at is not None) == (state, left)
        assert "somebody found" in mail.reason
        assert [(one.action, one.actor) for one in actions.actions(session, scope, mail.object_id)] == [(deed, BEN)]
        entry = audit.entries(session, scope, subject=campaign.id)[0]
        assert (entry.actor, entry.action, entry.detail) == (BEN, "mail.settled", {"mail": mail.id, "as": state})
        kept = campaigns.campaign(session, scope, campaign.id).statistics
        assert (kept.unknown, kept.adds_up) == (0, True)


def test_only_a_mail_in_doubt_can_be_settled_and_only_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = in_doubt(session, scope)
        mail_recovery.settle(session, scope, campaign.id, "1", left=True, actor=BEN)
        for number, state in (("1", "sent"), ("2", "failed"), ("3", "approved")):
            with pytest.raises(CannotDecide, match=f"mail {number} is {state}"):
                mail_recovery.settle(session, scope, campaign.id, number, left=False, actor=BEN)
        assert states(session, scope, campaign) == ["sent", "failed", "approved"]


def test_what_is_in_doubt_is_never_sent_again_until_somebody_settled_it(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = in_doubt(session, scope)
        retried = mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN)
        assert (retried.to_send, retried.in_doubt) == (1, 1)
        assert states(session, scope, campaign) == ["unknown", "approved", "approved"]
        assert mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN).to_send == 0
        mail_recovery.settle(session, scope, campaign.id, "1", left=False, actor=BEN)
        assert mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN).to_send == 1
        assert states(session, scope, campaign) == ["approved"] * 3
        entries = audit.entries(session, scope, subject=campaign.id)
        assert {entry.actor for entry in entries if entry.action == "campaign.retried"} == {BEN}


def test_a_draft_of_a_mail_that_is_sent_once_more_is_looked_for_anew(store: Store, scope: Scope) -> None:
    """Somebody may have sent or thrown it away by hand: its old id says nothing any more."""
    with store.begin() as session:
        campaign = in_doubt(session, scope)
        mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN)
        [claim] = claimed(session, scope, campaign)
        assert (claim.draft_id, claim.message_id, claim.submitted_at) == ("", "", None)
        assert claim.attempt == 2


def test_what_could_not_be_written_is_written_anew_while_the_campaign_waits(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = frozen(session, scope, [member(1), member(2), member(3, reason="no e-mail address")])
        mails.decide(session, scope, campaign.id, MailState.FAILED, expected=[MailState.PENDING], reason="declined")
        with pytest.raises(CannotDecide, match="is draft: nothing of it can be tried once more"):
            mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN)
        campaigns.move(session, scope, campaign.id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.REVIEW)
        for _ in range(2):  # the writer may have died: asked once more, they are still to be written
            retried = mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN)
            assert (retried.to_write, retried.to_send) == (2, 0)
        assert states(session, scope, campaign) == ["pending", "pending", "excluded"]


def test_what_was_never_written_cannot_be_sent_once_more(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = frozen(session, scope, [member(1)])
        mails.decide(session, scope, campaign.id, MailState.FAILED, expected=[MailState.PENDING])
        campaigns.move(session, scope, campaign.id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.COMPLETED)
        retried = mail_recovery.retry_failed(session, scope, campaign.id, actor=BEN)
        assert (retried.to_send, retried.to_write, retried.failed) == (0, 0, 1)
        assert campaigns.campaign(session, scope, campaign.id).status is CampaignStatus.COMPLETED
