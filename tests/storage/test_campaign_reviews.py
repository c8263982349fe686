"""Deciding a campaign: what was looked at is what leaves, and what a check blocked does not."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage import audit
from storage.campaign import campaign_reviews, campaigns, mail_marks, mail_recovery, mail_writing, mails, tallies
from storage.campaign.campaign_reviews import Decision
from storage.deciding import CannotDecide, Choice
from storage.organization import organization_settings, tenants
from storage.organization.organization_settings import BadSetting
from storage.records import CampaignStatus, Deed, Finding, MailState, Role, Severity
from storage.scope import Scope
from storage.session import Session, Store
from tests.conftest import past_row_security
from tests.storage.campaign_examples import frozen, key_of, member, waiting, written

ANN, BEN = "ann@acme.example", "ben@acme.example"
BLOCK, WARN = Finding("placeholder", Severity.BLOCK), Finding("shouting", Severity.WARN)


def states(session: Session, scope: Scope, campaign_id: str) -> list[str]:
    return [mail.state.value for mail in mails.every(session, scope, campaign_id, None)]


def remark(session: Session, scope: Scope, campaign_id: str, number: int, finding: Finding) -> None:
    key = key_of(session, scope, campaign_id)
    mail = mails.mail(session, scope, campaign_id, str(number), key)
    mail_writing.write(session, scope, campaign_id, key, [written(mail, b"with a remark", finding)])


def test_approving_pins_the_bytes_that_were_looked_at(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN, digest=campaign.digest))
        rows = list(mails.every(session, scope, campaign.id, None))
        assert {mail.state for mail in rows} == {MailState.APPROVED}
        assert all(mail.approved_hash == mail.content_hash for mail in rows)
        assert campaigns.campaign(session, scope, campaign.id).status is CampaignStatus.SENDING


def test_no_text_slips_in_between_the_look_at_a_digest_and_the_decision(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
    named = Decision(Choice.APPROVE, ANN, digest=campaign.digest)

    def decide() -> None:
        with store.begin() as session:
            campaign_reviews.decide(session, scope, campaign.id, named)

    with ThreadPoolExecutor(1) as pool:
        with store.begin() as session:
            mail = mails.mail(session, scope, campaign.id, "1", key_of(session, scope, campaign.id))
            campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"another text"), editor=ANN)
            deciding = pool.submit(decide)
            wait([deciding], timeout=0.3)  # long enough for it to have looked
        with pytest.raises(CannotDecide, match="not the mails that wait now"):
            deciding.result()


@pytest.mark.parametrize("column", ["content_hash", "approved_hash"])
def test_the_database_refuses_other_bytes_than_the_approved_ones(store: Store, scope: Scope, column: str) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
    with pytest.raises(IntegrityError), past_row_security(store) as session:
        session.execute(text(f"UPDATE campaign_emails SET {column} = 'other'"))


def test_a_stale_page_cannot_approve_newer_mails(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        mail = mails.mail(session, scope, campaign.id, "1", key_of(session, scope, campaign.id))
        campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"another text"), editor=BEN)
        with pytest.raises(CannotDecide, match="look at the campaign again"):
            campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN, digest=campaign.digest))


def test_of_two_who_edit_the_same_mail_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        mail = mails.mail(session, scope, campaign.id, "1", key_of(session, scope, campaign.id))
        campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"first"), editor=ANN)
        with pytest.raises(CannotDecide, match="somebody else changed this mail"):
            campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"second"), editor=BEN)


def test_editing_an_approved_mail_takes_its_approval_back(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 1)
        [mail] = mails.mails(session, scope, campaign.id, key_of(session, scope, campaign.id))
        mail_marks.mark_mails(session, scope, campaign.id, Deed.APPROVED, actor=ANN, mail_ids=[mail.id])
        campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"another text"), editor=ANN)
        assert states(session, scope, campaign.id) == ["generated"]


def test_what_a_check_blocked_cannot_be_approved_unedited(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        remark(session, scope, campaign.id, 2, BLOCK)
        blocked = mails.mail(session, scope, campaign.id, "2", None)
        for deed in (Deed.REJECTED, Deed.APPROVED, Deed.CLEARED, Deed.APPROVED):
            mail_marks.mark_mails(session, scope, campaign.id, deed, actor=ANN, mail_ids=[blocked.id])
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        assert states(session, scope, campaign.id) == ["approved", "blocked", "approved"]


def test_approve_safe_leaves_out_what_a_check_remarked_on(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        remark(session, scope, campaign.id, 2, WARN)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE_SAFE, ANN))
        assert states(session, scope, campaign.id) == ["approved", "rejected", "approved"]


def test_mails_refused_one_by_one_stay_refused_and_the_numbers_add_up(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 5)
        ids = [mail.id for mail in mails.every(session, scope, campaign.id, None)]
        mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_ids=ids[:2])
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN, refused=(ids[4],)))
        assert states(session, scope, campaign.id) == ["rejected", "rejected", "approved", "approved", "rejected"]
        found = campaigns.campaign(session, scope, campaign.id).statistics
    assert (found.audience, found.rejected, found.waiting, found.adds_up) == (5, 3, 2, True)


def test_a_rejected_campaign_sends_nothing(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.REJECT, ANN, "not now"))
        assert set(states(session, scope, campaign.id)) == {"rejected"}
        with pytest.raises(CannotDecide, match="it is rejected"):
            campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))


def test_a_cancelled_campaign_keeps_what_was_sent_and_explains_the_rest(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        first = mails.mail(session, scope, campaign.id, "1", None)
        session.execute(text("UPDATE campaign_emails SET state = 'sent' WHERE id = :id"), {"id": first.id})
        campaign_reviews.end(
            session, scope, campaign.id, to=CampaignStatus.CANCELLED, expected=[CampaignStatus.SENDING], why="cancelled"
        )
        found = campaigns.campaign(session, scope, campaign.id)
        assert tallies.reasons(session, scope, campaign.id, MailState.REJECTED) == {"cancelled": 2}
    assert (found.statistics.sent, found.statistics.rejected, found.statistics.waiting) == (1, 2, 0)
    assert found.statistics.adds_up


def test_above_a_set_size_somebody_else_must_approve(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        tenants.add_user(session, "acme", BEN, role=Role.MEMBER)
        organization_settings.change(session, scope, {"four_eyes_above": "2"}, actor=ANN)
        campaign = waiting(session, scope, 3)
        for nobody in (ANN, "stranger@rival.example"):
            with pytest.raises(CannotDecide, match="somebody else than who started"):
                campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, nobody))
        assert campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, BEN)) == "sending"


def test_an_organization_can_want_proof_of_who_approved(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        organization_settings.change(session, scope, {"demand_proven_approval": "true"}, actor=ANN)
        campaign = waiting(session, scope, 1)
        with pytest.raises(CannotDecide, match="signed in"):
            campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN, proven=True))


def test_every_decision_stands_in_the_audit_log_without_anything_personal(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        [entry] = audit.entries(session, scope, subject=campaign.id)
        assert (entry.action, entry.detail["approved"]) == ("campaign.approved", 3)
        assert "person1@" not in repr(entry)


def test_once_forgotten_only_hashes_and_numbers_are_left(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope)
        campaigns.forget(session, scope, campaign.id)
        mails.clear(session, scope, campaign.id)
        rows = session.execute(text("SELECT * FROM campaign_emails")).all()
        assert campaigns.body_key(session, scope, campaign.id) is None
        assert "engine" not in repr(rows)
        assert all(row.content_hash for row in rows)


def test_who_is_left_out_is_counted_with_the_reason(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = frozen(session, scope, [member(1), member(2, reason="unsubscribed"), member(3, reason="no address")])
        assert tallies.reasons(session, scope, campaign.id, MailState.EXCLUDED) == {
            "unsubscribed": 1, "no address": 1,
        }  # fmt: skip
        assert tallies.statistics(session, scope, campaign.id).adds_up


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("tracking", "maybe", "tracking"),
        ("send_window", "9-5", "08:00-18:00"),
        ("time_zone", "Nowhere", "Europe/Berlin"),
        ("rest_days", "-1", "between 0 and"),
        ("body_days", "36501", "between 0 and 36,500"),
        ("remind_hours", "999999999", "between 0 and 876,000"),
        ("colour", "blue", "known are"),
        ("stop_at_failures", "7", "between 0 and 1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_name(
    store: Store, scope: Scope, name: str, value: str, told: str
) -> None:
    with store.begin() as session, pytest.raises(BadSetting, match=told):
        organization_settings.change(session, scope, {name: value}, actor=ANN)


def test_an_empty_value_takes_a_setting_back(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        organization_settings.change(session, scope, {"tracking": "true", "rest_days": "9"}, actor=ANN)
        organization_settings.change(session, scope, {"rest_days": ""}, actor=ANN)
        found = organization_settings.organization_settings(session, scope)
    assert (found.tracking, found.rest_days) == (True, 0)


def test_what_failed_for_certain_can_leave_once_more_and_nothing_else(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 4)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        for state, ordinal in (("failed", 1), ("unknown", 2), ("sent", 3)):
            session.execute(
                text("UPDATE campaign_emails SET state = :state WHERE ordinal = :ordinal"),
                {"state": state, "ordinal": ordinal},
            )
        campaigns.move(session, scope, campaign.id, expected=[CampaignStatus.SENDING], to=CampaignStatus.COMPLETED)
        assert mail_recovery.retry_failed(session, scope, campaign.id, actor=ANN).to_send == 1
        assert states(session, scope, campaign.id) == ["approved", "unknown", "sent", "approved"]
        assert campaigns.campaign(session, scope, campaign.id).status is CampaignStatus.SENDING


def test_a_mail_that_nobody_could_write_is_not_sent_once_more(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign = frozen(session, scope, [member(1)])
        session.execute(text("UPDATE campaign_emails SET state = 'failed'"))
        session.execute(text("UPDATE email_campaigns SET status = 'completed'"))
        assert mail_recovery.retry_failed(session, scope, campaign.id, actor=ANN).to_send == 0
