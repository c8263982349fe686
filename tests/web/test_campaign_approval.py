"""The last word on a campaign: said with numbers, once, about what was seen, and by whoever may."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage import audit
from storage.campaign import campaign_reviews, campaigns, mail_marks, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import Choice
from storage.documents import now
from storage.organization import organization_settings
from storage.records import CampaignStatus, Deed, MailState
from storage.scope import Scope
from storage.session import Store
from tasks.providers.flow_runs.engine import EngineUnreachable
from tests.web.campaigns_to_review import BLOCKED, WRITTEN
from tests.web.conftest import NotedEngine, Person
from tests.web.forms import fields
from tests.web.kept_mails import every, one, status


def test_the_last_word_is_said_with_numbers_and_wakes_the_run(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine
) -> None:
    ann.post(f"/campaigns/{campaign.id}/mails/1/mark", deed="rejected", seen="")
    page = ann.get(f"/campaigns/{campaign.id}/decide")
    assert f"Approve {WRITTEN - BLOCKED - 1}, leave out {BLOCKED + 1}" in page.text
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **fields(page), choice="approve", comment="go")
    assert answer.headers["location"] == f"/campaigns/{campaign.id}"
    approval = {"decision": "approve", "reviewer": "ann@acme.example", "comment": "go"}
    assert engine.resumed == [(campaign.flow_run_id, approval)]
    with store.read() as session:
        found = campaigns.campaign(session, scope, campaign.id)
    assert (found.status, found.decided_by, found.decision_proven) == ("sending", "ann@acme.example", True)
    states = [mail.state.value for mail in every(store, scope, campaign)]
    assert [states.count(state) for state in ("approved", "rejected", "blocked")] == [21, 1, 2]


def test_only_mails_without_a_remark_leave_where_that_is_chosen(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    ann.post(f"/campaigns/{campaign.id}/mails/3/mark", deed="approved", seen="")
    page = ann.get(f"/campaigns/{campaign.id}/decide")
    assert f"Approve 18, leave out {WRITTEN - 18}" in page.text
    ann.post(f"/campaigns/{campaign.id}/approve", **fields(page) | {"choice": "approve_safe"})
    states = [mail.state.value for mail in every(store, scope, campaign)]
    assert [states.count(state) for state in ("approved", "rejected", "blocked")] == [18, 4, 2]


def test_a_stale_page_approves_nothing(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    ben.post(f"/campaigns/{campaign.id}/mails/1/mark", deed="rejected", seen="")
    marked = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert marked.headers["location"] == f"/campaigns/{campaign.id}/decide?changed=1"
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    version = str(one(store, scope, campaign, 2).version)
    ben.post(f"/campaigns/{campaign.id}/mails/2/edit", version=version, subject="New", text="Dear all,\n\nanother text")
    with store.read() as session:
        beat = mail_marks.pulse(session, scope, campaign.id)
    edited = ann.post(f"/campaigns/{campaign.id}/approve", **page | {"pulse": beat})
    assert edited.status_code == 409
    assert "look at the campaign again" in edited.text
    assert ann.post(f"/campaigns/{campaign.id}/approve", pulse=beat).status_code == 400
    assert status(store, scope, campaign) is CampaignStatus.REVIEW


def test_a_double_click_approves_once(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine
) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ann.post(f"/campaigns/{campaign.id}/approve", **page).status_code, range(4)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(engine.resumed) == 1
    with store.read() as session:
        approvals = [entry for entry in audit.entries(session, scope) if entry.action == "campaign.approved"]
    assert len(approvals) == 1


def test_a_campaign_is_rejected_with_a_reason(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}/decide?choice=reject")
    ann.post(f"/campaigns/{campaign.id}/reject", **fields(page), comment="not now")
    assert status(store, scope, campaign) is CampaignStatus.REJECTED
    assert MailState.GENERATED not in {mail.state for mail in every(store, scope, campaign)}


def test_a_decision_stands_where_prefect_does_not_answer(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, engine: NotedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise EngineUnreachable("Prefect does not answer")

    monkeypatch.setattr(engine, "resume", down)
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert "Prefect is back" in ann.get(answer.headers["location"]).text
    assert status(store, scope, campaign) is CampaignStatus.SENDING


def test_a_decision_at_the_terminal_shows_at_once(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    before = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    with store.begin() as session:
        first = mails.mail(session, scope, campaign.id, "1", None)
        mail_marks.mark_mails(session, scope, campaign.id, Deed.REJECTED, actor="ann@acme.example", mail_ids=[first.id])
    marked = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    with store.begin() as session:
        decision = Decision(Choice.APPROVE, "ann@acme.example", digest=campaign.digest)
        campaign_reviews.decide(session, scope, campaign.id, decision)
    decided = ann.get(f"/campaigns/{campaign.id}/pulse").json()
    assert len({str(beat) for beat in (before, marked, decided)}) == 3
    page = ann.get(f"/campaigns/{campaign.id}").text
    assert "approved by ann@acme.example" in page
    assert "/decide" not in page
    assert ann.get(f"/campaigns/{campaign.id}/decide").headers["location"] == f"/campaigns/{campaign.id}"


def test_above_a_set_size_whoever_started_it_is_told_that_somebody_else_must_approve(
    ann: Person, ben: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        organization_settings.change(session, scope, {"four_eyes_above": "10"}, actor="ann@acme.example")
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    refused = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert refused.status_code == 409
    assert "somebody else" in refused.text.lower()
    assert ben.post(f"/campaigns/{campaign.id}/approve", **page).status_code == 303


def test_who_comes_too_late_is_told_so(ann: Person, store: Store, scope: Scope, campaign: Campaign) -> None:
    page = fields(ann.get(f"/campaigns/{campaign.id}/decide"))
    with store.begin() as session:
        campaigns.note(session, scope, campaign.id, expires_at=now() - timedelta(minutes=1))
    answer = ann.post(f"/campaigns/{campaign.id}/approve", **page)
    assert answer.status_code == 409
    assert "start a new campaign" in answer.text
