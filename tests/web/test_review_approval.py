"""The last word on a plan: said with numbers, once, and about what was seen."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import audit
from storage.deciding import Choice
from storage.records import ChangeKind, ChangeState, Deed, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import marks, reviews
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import EngineUnreachable
from tests.web.conftest import NotedEngine, Person
from tests.web.forms import fields
from tests.web.kept_rows import row, rows, status
from tests.web.plans_to_review import PLANNED, SMALL


def test_approving_says_the_numbers_first_and_wakes_the_run(
    ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine
) -> None:
    ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="")
    page = ann.get(f"/syncs/{sync.id}/decide")
    assert f"Write {PLANNED - 1} changes to the CRM?" in page.text
    answer = ann.post(f"/syncs/{sync.id}/approve", comment="fine", choice="approve", **fields(page))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/syncs/{sync.id}")
    assert status(store, scope, sync) is SyncStatus.EXECUTING
    assert row(store, scope, sync, 2).state is ChangeState.REJECTED
    wanted = {"decision": "approve", "reviewer": "ann@acme.example", "comment": "fine"}
    assert engine.resumed == [(sync.flow_run_id, wanted)]
    with store.read() as session:
        decided = [one for one in audit.entries(session, scope, subject=sync.id) if one.action == "sync.approved"]
    assert [(one.actor, one.detail["proven"], one.detail["digest"]) for one in decided] == [
        ("ann@acme.example", True, sync.digest)
    ]


def test_what_the_narrower_approval_would_write_is_told_and_is_what_it_writes(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    ann.post(f"/syncs/{sync.id}/marks", deed="rejected", row=rows(store, scope, sync, ChangeKind.CREATE)[0].id)
    page, wanted = ann.get(f"/syncs/{sync.id}/decide"), SMALL["create"] + SMALL["update"] - 1
    assert f"Approve {wanted}, leave out {PLANNED - wanted}" in page.text
    ann.post(f"/syncs/{sync.id}/approve", **fields(page) | {"choice": "approve_safe"})
    approved = [one for one in rows(store, scope, sync) if one.state is ChangeState.APPROVED]
    assert len([one for one in approved if one.kind is not ChangeKind.SKIP]) == wanted


def test_a_double_click_approves_once(ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))

    def press(_: int) -> int:
        return ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known).status_code

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(press, range(4))) == [303, 409, 409, 409]
    assert len(engine.resumed) == 1
    assert status(store, scope, sync) is SyncStatus.EXECUTING


def test_a_stale_page_approves_no_newer_plan(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide")) | {"digest": "0" * 64}
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert answer.status_code == 409
    assert "look at the preview again" in answer.text
    assert status(store, scope, sync) is SyncStatus.PREVIEW


def test_what_others_decided_meanwhile_is_shown_before_the_last_word(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))
    ben.post(f"/syncs/{sync.id}/rows/1/mark", deed="rejected", seen="")
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert answer.headers["location"] == f"/syncs/{sync.id}/decide?changed=1"
    assert status(store, scope, sync) is SyncStatus.PREVIEW
    assert "Somebody decided" in ann.get(answer.headers["location"]).text


def test_a_plan_is_rejected(ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine) -> None:
    page = ann.get(f"/syncs/{sync.id}/decide?choice=reject")
    ann.post(f"/syncs/{sync.id}/reject", comment="not today", **fields(page))
    assert status(store, scope, sync) is SyncStatus.REJECTED
    assert [answer["decision"] for _, answer in engine.resumed] == ["reject"]
    assert ann.get(f"/syncs/{sync.id}").status_code == 200


def test_a_decision_stands_though_prefect_does_not_answer(
    ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise EngineUnreachable("Prefect does not answer")

    monkeypatch.setattr(engine, "resume", away)
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert "later=1" in answer.headers["location"]
    assert status(store, scope, sync) is SyncStatus.EXECUTING
    assert "when Prefect is back" in ann.get(answer.headers["location"]).text


def test_a_decision_made_elsewhere_shows_here_at_once(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    before = ann.get(f"/syncs/{sync.id}/pulse").json()
    with store.begin() as session:
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, "ann@acme.example"))
    assert ann.get(f"/syncs/{sync.id}/pulse").json() != before
    assert "rejected" in ann.get(f"/syncs/{sync.id}").text
    assert ann.get(f"/syncs/{sync.id}/decide").headers["location"] == f"/syncs/{sync.id}"


def test_a_plan_of_which_nothing_is_left_is_completed_without_a_change(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    with store.begin() as session:
        marks.mark_all(session, scope, sync.id, Deed.REJECTED, actor="ann@acme.example", kinds=list(ChangeKind))
    assert "Complete without a change" in ann.get(f"/syncs/{sync.id}").text
    page = ann.get(f"/syncs/{sync.id}/decide")
    assert "Complete this sync without a change?" in page.text
    assert f"What was left out, {PLANNED} changes, is offered again." in page.text
    assert ann.post(f"/syncs/{sync.id}/approve", **fields(page)).status_code == 303
    assert status(store, scope, sync) is SyncStatus.EXECUTING
