"""Decisions made while mails are looked at: kept, seen by all, taken back, and final with the campaign."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import audit
from storage.campaign import campaign_holds, campaign_reviews, campaigns, mail_marks, mail_writing, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.campaign.mails import UnknownMail
from storage.deciding import CannotDecide, Choice, Overtaken
from storage.records import CampaignStatus, Deed, Finding, Risk, Severity
from storage.scope import Scope
from storage.session import Session, Store
from tests.storage.campaign_examples import key_of, waiting, written

ANN, BEN = "ann@acme.example", "ben@acme.example"
BLOCK, WARN = Finding("placeholder", Severity.BLOCK), Finding("capitals", Severity.WARN)


def mixed(session: Session, scope: Scope) -> tuple[Campaign, list[str]]:
    """Two clean mails, one warned, one blocked."""
    campaign = waiting(session, scope, 4)
    key = key_of(session, scope, campaign.id)
    for ordinal, finding in (("3", WARN), ("4", BLOCK)):
        mail = mails.mail(session, scope, campaign.id, ordinal, key)
        mail_writing.write(session, scope, campaign.id, key, [written(mail, b"remarked on", finding)])
    return campaign, [mail.id for mail in mails.every(session, scope, campaign.id, None)]


def states(session: Session, scope: Scope, campaign: Campaign) -> list[str]:
    return [mail.state.value for mail in mails.every(session, scope, campaign.id, None)]


def test_a_group_is_decided_at_once_and_taken_back_at_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, _ = mixed(session, scope)
        made = mail_marks.mark_all(session, scope, campaign.id, Deed.APPROVED, actor=ANN, risks=[Risk.CLEAN])
        assert made.number == 2
        assert states(session, scope, campaign) == ["approved", "approved", "generated", "blocked"]
        assert mail_marks.take_back(session, scope, campaign.id, made.id, actor=BEN) == 2
        assert mail_marks.take_back(session, scope, campaign.id, made.id, actor=BEN) == 0
        assert states(session, scope, campaign) == ["generated", "generated", "generated", "blocked"]
        deeds = [entry.action for entry in audit.entries(session, scope, subject=campaign.id)]
    assert deeds == ["mails.mark_taken_back", "mails.marked"]


@pytest.mark.parametrize("first", [Deed.APPROVED, Deed.REJECTED])
@pytest.mark.parametrize("second", [Deed.APPROVED, Deed.REJECTED, Deed.CLEARED])
def test_taking_back_restores_what_was_decided_before(store: Store, scope: Scope, first: Deed, second: Deed) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        mail_marks.mark_mails(session, scope, campaign.id, first, actor=ANN, mail_ids=ids)
        before = states(session, scope, campaign)
        made = mail_marks.mark_mails(session, scope, campaign.id, second, actor=BEN, mail_ids=ids)
        mail_marks.take_back(session, scope, campaign.id, made.id, actor=BEN)
        assert states(session, scope, campaign) == before
        rejected = [mail.reason for mail in mails.every(session, scope, campaign.id, None) if mail.state == "rejected"]
    assert all(reason == mail_marks.LEFT_OUT for reason in rejected)


def test_what_is_blocked_is_never_approved_however_it_is_asked_for(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        mail_marks.mark_all(session, scope, campaign.id, Deed.APPROVED, actor=ANN, risks=list(Risk))
        assert states(session, scope, campaign)[3] == "blocked"
        for deed, state in ((Deed.REJECTED, "rejected"), (Deed.APPROVED, "rejected"), (Deed.CLEARED, "blocked")):
            mail_marks.mark_mails(session, scope, campaign.id, deed, actor=ANN, mail_ids=ids[3:])
            assert states(session, scope, campaign)[3] == state


def test_another_text_undoes_the_approval_and_what_would_have_restored_it(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        mail_marks.mark_mails(session, scope, campaign.id, Deed.APPROVED, actor=ANN, mail_ids=ids[:1])
        cleared = mail_marks.mark_mails(session, scope, campaign.id, Deed.CLEARED, actor=ANN, mail_ids=ids[:1])
        mail = mails.mail(session, scope, campaign.id, ids[0], key_of(session, scope, campaign.id))
        campaign_reviews.rewrite(session, scope, campaign.id, written(mail, b"another text"), editor=BEN)
        mail_marks.note_edit(session, scope, campaign.id, ids[0], actor=BEN)
        assert mail_marks.take_back(session, scope, campaign.id, cleared.id, actor=ANN) == 0
        assert states(session, scope, campaign)[0] == "generated"
        assert next(mark.deed for mark in mail_marks.marks(session, scope, campaign.id)) is Deed.EDITED
        with pytest.raises(Overtaken):
            mail_marks.mark_mail(session, scope, campaign.id, Deed.APPROVED, actor=ANN, mail_id=ids[0], seen="")


def test_a_mail_that_is_not_in_the_campaign_is_not_decided(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, _ = mixed(session, scope)
        other, ids = mixed(session, scope)
        with pytest.raises(UnknownMail):
            mail_marks.mark_mail(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_id=ids[0], seen="")
        mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_ids=ids)
        assert "rejected" not in states(session, scope, other)


def test_of_two_who_decide_at_the_same_time_one_is_told(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)

    def reject(actor: str) -> str:
        try:
            with store.begin() as session:
                mail_marks.mark_mail(session, scope, campaign.id, Deed.REJECTED, actor=actor, mail_id=ids[0], seen="")
        except Overtaken:
            return "told"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(reject, (ANN, BEN))) == ["done", "told"]


def test_nothing_is_drafted_once_the_campaign_is_decided(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        made = mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_ids=ids[:1])
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        for deed in (
            lambda: mail_marks.mark_mails(session, scope, campaign.id, Deed.APPROVED, actor=ANN, mail_ids=ids),
            lambda: mail_marks.take_back(session, scope, campaign.id, made.id, actor=ANN),
            lambda: mail_marks.note_edit(session, scope, campaign.id, ids[0], actor=ANN),
        ):
            with pytest.raises(CannotDecide, match="it is sending"):
                deed()
        assert states(session, scope, campaign) == ["rejected", "approved", "approved", "blocked"]


def test_every_decision_changes_the_pulse(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        beats = [mail_marks.pulse(session, scope, campaign.id)]
        made = mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor=ANN, mail_ids=ids[:1])
        beats.append(mail_marks.pulse(session, scope, campaign.id))
        mail_marks.take_back(session, scope, campaign.id, made.id, actor=ANN)
        beats.append(mail_marks.pulse(session, scope, campaign.id))
    assert len(set(beats)) == 3


def test_mails_that_are_being_written_anew_hold_the_approval_back(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, ids = mixed(session, scope)
        campaign_reviews.ask_again(session, scope, campaign.id, ids[:1], "shorter", reviewer=ANN)
        with pytest.raises(CannotDecide, match="1 mails are being written anew"):
            campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        assert campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.REJECT, ANN)) == "rejected"


def test_a_campaign_is_held_let_go_on_and_ended_each_only_where_it_makes_sense(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        campaign, _ = mixed(session, scope)
        for change in (campaign_holds.pause, campaign_holds.resume):
            with pytest.raises(CannotDecide, match="is review, not"):
                change(session, scope, campaign.id, actor=ANN)
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN))
        statuses = []
        for change in (campaign_holds.pause, campaign_holds.resume, campaign_holds.cancel):
            change(session, scope, campaign.id, actor=ANN)
            statuses.append(campaigns.campaign(session, scope, campaign.id).status)
        with pytest.raises(CannotDecide, match="nothing to cancel"):
            campaign_holds.cancel(session, scope, campaign.id, actor=ANN)
    assert statuses == [CampaignStatus.PAUSED, CampaignStatus.SENDING, CampaignStatus.CANCELLED]
