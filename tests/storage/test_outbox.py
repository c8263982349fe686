"""Mails leave through the outbox: one worker each, never twice, never without somebody's approval."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from storage.campaign import campaign_reviews, campaigns, mails, outbox, suppressions, tallies
from storage.campaign.claims import NotTheApprovedBytes, Outcome
from storage.people import actions
from storage.records import CampaignStatus, MailState, SuppressionReason
from storage.scope import Scope
from storage.session import Store
from storage.tables import campaign_emails
from tests.sending.outboxes import MINUTE, NOON, approved, claimed, key_of, recovered, standing, states


def test_each_mail_is_claimed_by_one_of_many(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 20)

    def work(_: int) -> list[str]:
        with store.begin() as session:
            return [one.mail_id for one in claimed(session, scope, campaign, limit=3)]

    with ThreadPoolExecutor(4) as pool:
        taken = [one for batch in pool.map(work, range(12)) for one in batch]
    assert len(taken) == len(set(taken)) == 20


def test_mails_leave_in_the_order_of_the_audience(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 5)
        assert [one.content for one in claimed(session, scope, campaign, limit=3)] == [b"to 1", b"to 2", b"to 3"]


def test_nothing_is_claimed_that_nobody_approved(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 2)
        mails.decide(session, scope, campaign.id, MailState.REJECTED, expected=[MailState.APPROVED])
        assert claimed(session, scope, campaign) == []


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED, CampaignStatus.COMPLETED])
def test_nothing_is_claimed_of_a_campaign_that_does_not_send(
    store: Store, scope: Scope, status: CampaignStatus
) -> None:
    with store.begin() as session:
        campaign = approved(session, scope)
        campaigns.move(session, scope, campaign.id, expected=list(CampaignStatus), to=status)
        assert claimed(session, scope, campaign) == []


def test_who_is_suppressed_meanwhile_is_left_out_with_the_reason(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 3)
        suppressions.suppress(session, scope, ["hash of number 1"], SuppressionReason.UNSUBSCRIBED)
        assert [one.content for one in claimed(session, scope, campaign, limit=2)] == [b"to 2", b"to 3"]
        left_out = standing(session, scope, campaign)
        assert (left_out.state, left_out.reason) == (MailState.EXCLUDED, "suppressed: unsubscribed")
        assert tallies.statistics(session, scope, campaign.id).adds_up


def test_a_mail_waits_for_its_hour(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 2)
        key = key_of(session, scope, campaign)

        def none(_zone: str) -> datetime:
            return NOON + MINUTE

        until = NOON + MINUTE
        assert outbox.claim(session, scope, campaign.id, key, moment=NOON, until=until, limit=5, opening=none) == []
        assert outbox.next_moment(session, scope, campaign.id) == NOON + MINUTE
        assert len(claimed(session, scope, campaign, limit=5, moment=NOON + MINUTE)) == 2


def test_a_claim_that_ran_out_is_found_with_all_that_is_known(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        [first] = claimed(session, scope, campaign)
        outbox.hold(session, scope, first, until=NOON, draft_id="d1", thread_id="t1")
        outbox.submit(session, scope, [first], at=NOON, until=NOON + MINUTE)
        assert recovered(session, scope, campaign, NOON) == []
        [second] = recovered(session, scope, campaign, NOON + MINUTE)
        assert (second.attempt, second.draft_id, second.thread_id, second.submitted_at) == (2, "d1", "t1", NOON)


def test_whoever_lost_a_claim_moves_nothing_any_more(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        [late] = claimed(session, scope, campaign)
        [now_holding] = recovered(session, scope, campaign, NOON + MINUTE)
        assert outbox.submit(session, scope, [late], at=NOON, until=NOON + MINUTE) == []
        outbox.give_back(session, scope, [late])
        outbox.hold(session, scope, late, until=NOON)
        assert outbox.settle(session, scope, [Outcome(late, MailState.FAILED)], actor="late") == []
        assert states(session, scope, campaign) == [MailState.SENDING]
        assert len(outbox.settle(session, scope, [Outcome(now_holding, MailState.SENT)], actor="ann")) == 1


def test_a_sent_mail_stands_on_the_contacts_record_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        [mail] = claimed(session, scope, campaign)
        outcome = Outcome(mail, MailState.SENT, message_id="<m1@x>", thread_id="t1")
        for _ in range(2):
            outbox.settle(session, scope, [outcome], actor="ann")
        [deed] = actions.actions(session, scope, mail.object_id)
        assert (deed.action, deed.actor, deed.campaign_id) == ("emailed", "ann", campaign.id)
        sent = standing(session, scope, campaign)
        assert (sent.state, sent.message_id, sent.sent_at is not None) == (MailState.SENT, "<m1@x>", True)


def test_what_did_not_leave_goes_back_with_its_draft(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        [mail] = claimed(session, scope, campaign)
        outbox.submit(session, scope, [mail], at=NOON, until=NOON)
        outbox.give_back(session, scope, [mail], not_before=NOON + MINUTE, draft_id="d1")
        assert claimed(session, scope, campaign) == []
        [again] = claimed(session, scope, campaign, moment=NOON + MINUTE)
        assert (again.draft_id, again.submitted_at, again.attempt) == ("d1", None, 2)


def test_how_often_a_mail_was_put_off_and_heard_to_its_end_is_kept(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        for heard in (True, False, True):
            outbox.give_back(session, scope, claimed(session, scope, campaign), put_off=True, handed_over=heard)
        [mail] = claimed(session, scope, campaign)
        assert (mail.put_off, mail.handed_over) == (3, 2)


def test_what_comes_back_after_the_campaign_was_cancelled_is_left_out(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 2)
        [mail] = claimed(session, scope, campaign)
        campaign_reviews.end(
            session, scope, campaign.id, to=CampaignStatus.CANCELLED, expected=[CampaignStatus.SENDING], why="enough"
        )
        outbox.give_back(session, scope, [mail])
        assert states(session, scope, campaign) == [MailState.REJECTED] * 2
        totals = tallies.statistics(session, scope, campaign.id)
        assert totals.adds_up
        assert totals.waiting == 0


def test_bytes_that_nobody_approved_stop_everything(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 2)
        first, second = (one.mail_id for one in claimed(session, scope, campaign, limit=2))
        key = key_of(session, scope, campaign)
        forged = key.seal(b"to somebody else", f"{scope.organization_id}/campaign_emails/{second}/content")
        session.execute(update(campaign_emails).where(campaign_emails.c.id == second).values(content=forged))
        with pytest.raises(NotTheApprovedBytes, match=second):
            recovered(session, scope, campaign, NOON + MINUTE)
        assert first


def test_only_what_certainly_did_not_leave_is_tried_again(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 3)
        ends = (MailState.SENT, MailState.FAILED, MailState.UNKNOWN)
        outcomes = [
            Outcome(one, end) for one, end in zip(claimed(session, scope, campaign, limit=3), ends, strict=True)
        ]
        outbox.settle(session, scope, outcomes, actor="ann")
        assert mails.retry_sending(session, scope, campaign.id) == 1
        assert states(session, scope, campaign) == [MailState.SENT, MailState.APPROVED, MailState.UNKNOWN]


def test_the_next_thing_to_do_is_known(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = approved(session, scope, 1)
        due = outbox.next_moment(session, scope, campaign.id)
        assert due
        assert due <= datetime.now(UTC)
        [mail] = claimed(session, scope, campaign)
        assert outbox.next_moment(session, scope, campaign.id) == NOON + MINUTE
        outbox.settle(session, scope, [Outcome(mail, MailState.SENT)], actor="ann")
        assert outbox.next_moment(session, scope, campaign.id) is None
