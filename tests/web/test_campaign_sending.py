"""A campaign while it is being sent, as a person watches it: how far it is, held, ended, mended."""

import re

import pytest
from sqlalchemy import text

from storage.campaign import campaign_reviews, campaigns, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import Choice
from storage.documents import now
from storage.records import CampaignStatus
from storage.scope import Scope
from storage.session import Store
from tests.web.conftest import NotedEngine, Person

ANN = "ann@acme.example"
STATES = ("sent", "sent", "sent", "failed", "unknown", "sending")  # of the first mails


@pytest.fixture
def sending(store: Store, scope: Scope, campaign: Campaign) -> Campaign:
    """Some mails have left, one failed, of one nobody knows, one is on its way; sixteen wait."""
    with store.begin() as session:
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.APPROVE, ANN, digest=campaign.digest))
        for ordinal, state in enumerate(STATES, 1):
            session.execute(
                text("UPDATE campaign_emails SET state = :state, sent_at = :at WHERE ordinal = :ordinal"),
                {"state": state, "ordinal": ordinal, "at": now() if state == "sent" else None},
            )
    return campaign


def state(store: Store, scope: Scope, campaign: Campaign, ordinal: int) -> str:
    with store.read() as session:
        return mails.mail(session, scope, campaign.id, str(ordinal), None).state.value


def status(store: Store, scope: Scope, campaign: Campaign) -> CampaignStatus:
    with store.read() as session:
        return campaigns.campaign(session, scope, campaign.id).status


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_shows_how_far_it_is_and_what_is_to_be_done(ann: Person, sending: Campaign) -> None:
    page = ann.get(f"/campaigns/{sending.id}").text
    groups = re.findall(r'class="title">([^<]+)</span>\s*<span class="count">([\d,]+)', page)
    assert groups == [
        ("Not known", "1"), ("Failed", "1"), ("On their way", "1"), ("Wait to leave", "16"), ("Sent", "3"),
        ("Blocked", "2"), ("Not written to", "5"),
    ]  # fmt: skip
    assert "Pause" in page
    assert "Cancel the campaign" in page
    assert "17 mails will not leave" in words(page)


def test_progress_is_a_small_fragment_with_rate_and_time_to_go(ann: Person, sending: Campaign) -> None:
    answer = ann.get(f"/campaigns/{sending.id}/progress")
    told = words(answer.text)
    assert len(answer.text) < 1000
    assert "5 of 22" in told
    assert "a minute" in told
    assert "to go" in told
    assert "1 failed" in told
    assert "1 not known" in told


def test_while_mails_are_written_the_page_shows_how_many_are(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        campaigns.move(session, scope, campaign.id, expected=[CampaignStatus.REVIEW], to=CampaignStatus.GENERATING)
        session.execute(text("UPDATE campaign_emails SET state = 'pending', content = NULL WHERE ordinal <= 4"))
    page = ann.get(f"/campaigns/{campaign.id}").text
    assert "20 of 24 written" in words(page)
    assert "data-working" in page
    assert "/decide" not in page


def test_nothing_is_told_of_the_progress_of_what_is_not_sent(ann: Person, campaign: Campaign) -> None:
    assert not ann.get(f"/campaigns/{campaign.id}/progress").text.strip()


def test_a_campaign_is_paused_goes_on_and_is_cancelled(
    ann: Person, store: Store, scope: Scope, sending: Campaign, engine: NotedEngine
) -> None:
    for deed, becomes in (("pause", "paused"), ("resume", "sending"), ("pause", "paused"), ("cancel", "cancelled")):
        assert ann.post(f"/campaigns/{sending.id}/{deed}").status_code == 303
        assert status(store, scope, sending) == becomes
    assert [run for run, _ in engine.resumed] == [sending.flow_run_id] * 2
    assert (state(store, scope, sending, 1), state(store, scope, sending, 12)) == ("sent", "rejected")
    for deed in ("pause", "resume", "cancel"):
        assert ann.post(f"/campaigns/{sending.id}/{deed}").status_code == 409
    assert "paused until somebody resumes" not in ann.get(f"/campaigns/{sending.id}").text


def test_what_failed_leaves_once_more_and_a_completed_run_begins_again(
    ann: Person, store: Store, scope: Scope, sending: Campaign, engine: NotedEngine
) -> None:
    with store.begin() as session:
        campaigns.move(session, scope, sending.id, expected=[CampaignStatus.SENDING], to=CampaignStatus.COMPLETED)
    answer = ann.post(f"/campaigns/{sending.id}/retry-failed")
    assert "sent once more" in ann.get(answer.headers["location"]).text
    assert (state(store, scope, sending, 4), state(store, scope, sending, 5)) == ("approved", "unknown")
    assert engine.restarted == [sending.flow_run_id]


@pytest.mark.parametrize(("left", "becomes"), [("yes", "sent"), ("no", "failed")])
def test_a_mail_in_doubt_is_settled_by_whoever_looked(
    ann: Person, store: Store, scope: Scope, sending: Campaign, left: str, becomes: str
) -> None:
    assert "Look in the mailbox of" in ann.get(f"/campaigns/{sending.id}?row=5").text
    assert ann.post(f"/campaigns/{sending.id}/mails/5/settle", left="maybe").status_code == 400
    assert ann.post(f"/campaigns/{sending.id}/mails/5/settle", left=left).status_code == 303
    assert state(store, scope, sending, 5) == becomes
    assert ann.post(f"/campaigns/{sending.id}/mails/5/settle", left=left).status_code == 409


def test_nothing_is_decided_or_edited_any_more(ann: Person, store: Store, scope: Scope, sending: Campaign) -> None:
    for path, form in (
        ("mails/12/mark", {"deed": "rejected", "seen": ""}), ("marks", {"whole": "rejected", "group": "clean"}),
        ("mails/12/edit", {"version": "2", "subject": "x", "text": "y"}), ("mails/12/rewrite", {}),
        ("reject", {"digest": sending.digest}),
    ):  # fmt: skip
        assert ann.post(f"/campaigns/{sending.id}/{path}", **form).status_code == 409
    assert state(store, scope, sending, 12) == "approved"
    assert "Keep this text" not in ann.get(f"/campaigns/{sending.id}?row=12").text
