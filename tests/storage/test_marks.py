"""Decisions made while a plan is looked at: kept, seen by all, taken back, and final with the plan."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from storage import audit
from storage.deciding import CannotDecide, Choice, Overtaken
from storage.people import decisions
from storage.records import Cell, Change, ChangeKind, ChangeState, Deed, Edits, SyncStatus, Verdict
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import marks, plan_verdicts, plans, reviews
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tests.storage.examples import planned, preview_key, row

ANN, BEN = "ann@acme.example", "ben@acme.example"
KINDS = (ChangeKind.CREATE, ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.MAYBE, ChangeKind.SKIP)


def waiting(session: Session, scope: Scope) -> tuple[Sync, list[Change]]:
    plan = [row(kind, ordinal, object_id=f"object {ordinal}") for ordinal, kind in enumerate(KINDS, 1)]
    return planned(session, scope, plan), plan


def states(session: Session, scope: Scope, sync: Sync) -> list[str]:
    return [change.state.value for change in plans.every(session, scope, sync.id, None)]


def approval(sync: Sync, **more: object) -> Decision:
    return Decision(Choice.APPROVE, ANN, digest=sync.digest, **more)  # type: ignore[arg-type]


def test_a_group_is_decided_at_once_and_taken_back_at_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        assert made.number == 2
        assert states(session, scope, sync) == ["approved", "approved", "proposed", "proposed", "proposed"]
        assert marks.take_back(session, scope, sync.id, made.id, actor=BEN) == 2
        assert marks.take_back(session, scope, sync.id, made.id, actor=BEN) == 0
        assert set(states(session, scope, sync)) == {"proposed"}
        deeds = [entry.action for entry in audit.entries(session, scope, subject=sync.id)]
    assert deeds == ["sync.mark_taken_back", "sync.marked"]


def test_deciding_about_a_group_leaves_alone_what_somebody_decided(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id])
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        assert made.number == 1
        assert states(session, scope, sync)[:2] == ["rejected", "approved"]


def test_taking_back_leaves_alone_what_was_decided_anew(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=[ChangeKind.CREATE])
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id])
        assert marks.take_back(session, scope, sync.id, made.id, actor=ANN) == 1
        assert states(session, scope, sync)[:2] == ["rejected", "proposed"]


def test_who_decides_on_an_old_look_is_told_and_overwrites_nothing(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_row(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_id=plan[2].id, seen="")
    with pytest.raises(Overtaken), store.begin() as session:
        marks.mark_row(session, scope, sync.id, Deed.APPROVED, actor=ANN, change_id=plan[2].id, seen="")
    with store.read() as session:
        assert states(session, scope, sync)[2] == "rejected"
        assert [mark.actor for mark in marks.marks(session, scope, sync.id)] == [BEN]


def test_of_two_who_decide_about_one_row_at_once_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)

    def decide(actor: str) -> bool:
        try:
            with store.begin() as session:
                marks.mark_row(session, scope, sync.id, Deed.REJECTED, actor=actor, change_id=plan[2].id, seen="")
        except Overtaken:
            return False
        return True

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(decide, (ANN, BEN))) == [False, True]


def test_an_edit_is_kept_and_approves_the_row(store: Store, scope: Scope) -> None:
    edits = Edits(("notes",), (Cell("job_title", "Countess", "Mathematician"),))
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_row(
            session, scope, sync.id, Deed.EDITED, actor=ANN, change_id=plan[2].id, seen="", edits=edits
        )
        assert states(session, scope, sync)[2] == "approved"
        assert plan_verdicts.edits(session, scope, sync.id, preview_key(session, scope, sync.id)) == {plan[2].id: edits}
        assert marks.take_back(session, scope, sync.id, made.id, actor=ANN) == 0


def test_drafts_are_final_with_the_plan(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=BEN, change_ids=[plan[0].id, plan[3].id])
        reviews.decide(session, scope, sync.id, approval(sync))
        assert states(session, scope, sync) == ["rejected", "approved", "approved", "rejected", "approved"]
        said = decisions.decisions(session, scope, sync.account)
        (entry,) = [one for one in audit.entries(session, scope, subject=sync.id) if one.action == "sync.approved"]
    assert said == {("source-4", "object 4"): Verdict.DIFFERENT}
    assert entry.detail["approved"] == 3


def test_a_last_word_that_is_narrower_than_the_drafts_counts(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=BEN, kinds=[ChangeKind.MAYBE])
        reviews.decide(session, scope, sync.id, replace(approval(sync), choice=Choice.APPROVE_SAFE))
        assert states(session, scope, sync) == ["approved", "approved", "approved", "rejected", "approved"]
        assert decisions.decisions(session, scope, sync.account) == {}


def test_what_the_terminal_says_of_one_field_leaves_the_draft_of_another(store: Store, scope: Scope) -> None:
    draft = Edits((), (Cell("company", "", "Engines"), Cell("job_title", "Countess", "Poet")))
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        marks.mark_row(session, scope, sync.id, Deed.EDITED, actor=ANN, change_id=plan[2].id, seen="", edits=draft)
        said = {plan[2].id: Edits(refused=("job_title",))}
        reviews.decide(session, scope, sync.id, approval(sync, edits=said))
        kept = plan_verdicts.edits(session, scope, sync.id, preview_key(session, scope, sync.id))
    assert kept == {plan[2].id: Edits(("job_title",), (Cell("company", "", "Engines"),))}


def test_a_rejected_plan_keeps_no_draft(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind))
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, ANN))
        assert set(states(session, scope, sync)) == {"rejected"}


def test_a_decided_plan_takes_no_drafts(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        made = marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_ids=[plan[0].id])
        reviews.decide(session, scope, sync.id, approval(sync))
        for deed in (
            lambda: marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind)),
            lambda: marks.take_back(session, scope, sync.id, made.id, actor=ANN),
        ):
            with pytest.raises(CannotDecide, match="executing"):
                deed()


def test_every_decision_changes_the_pulse(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, plan = waiting(session, scope)
        beats = [marks.pulse(session, scope, sync.id)]
        made = marks.mark_rows(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_ids=[plan[0].id])
        beats.append(marks.pulse(session, scope, sync.id))
        marks.take_back(session, scope, sync.id, made.id, actor=ANN)
        beats.append(marks.pulse(session, scope, sync.id))
    assert len(set(beats)) == 3


def test_syncs_that_end_without_a_decision_keep_no_draft(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, _ = waiting(session, scope)
        marks.mark_all(session, scope, sync.id, Deed.APPROVED, actor=ANN, kinds=list(ChangeKind))
        expired = SyncStatus.EXPIRED
        assert reviews.end(session, scope, sync.id, to=expired, expected=[sync.status], why="late")
        assert ChangeState.APPROVED.value not in states(session, scope, sync)
