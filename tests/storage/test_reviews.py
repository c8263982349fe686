"""A plan is decided once, as a whole, by its name, and what was decided is on record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from storage import audit
from storage.deciding import CannotDecide, Choice
from storage.people import decisions
from storage.records import SAFE_KINDS, Cell, Change, ChangeKind, ChangeState, Edits, SyncStatus, Verdict
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import plan_verdicts, plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tests.storage.examples import planned, preview_key, row

UNREADABLE = 7


def rows() -> list[Change]:
    """One of every kind, and a record that could not be read."""
    whole = [row(kind, ordinal, object_id=f"object {ordinal}") for ordinal, kind in enumerate(ChangeKind, 1)]
    return [*whole, replace(row(ChangeKind.SKIP, UNREADABLE), state=ChangeState.FAILED)]


def approval(sync: Sync, **more: Any) -> Decision:
    return Decision(Choice.APPROVE, "ann@acme.example", digest=sync.digest, **more)


def states(session: Session, scope: Scope, sync: Sync) -> dict[ChangeKind, ChangeState]:
    found = plans.every(session, scope, sync.id, None)
    return {change.kind: change.state for change in found if change.ordinal != UNREADABLE}


def of_kind(plan: list[Change], kind: ChangeKind) -> Change:
    return next(change for change in plan if change.kind is kind)


@pytest.mark.parametrize(
    ("wish", "approved"),
    [
        ({}, set(ChangeKind)),
        ({"choice": Choice.APPROVE_SAFE}, set(SAFE_KINDS)),
        ({"kinds": (ChangeKind.CREATE,)}, {ChangeKind.CREATE, ChangeKind.SKIP}),
        ({"kinds": (ChangeKind.REMOVED, ChangeKind.CONFLICT)}, {*ChangeKind} - {*SAFE_KINDS[:2], ChangeKind.MAYBE}),
    ],
)
def test_an_approval_covers_what_it_says(
    store: Store, scope: Scope, wish: dict[str, Any], approved: set[ChangeKind]
) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        assert reviews.decide(session, scope, sync.id, replace(approval(sync), **wish)) is SyncStatus.EXECUTING
        now_there = states(session, scope, sync)
        counted = plans.counts(session, scope, sync.id)
    assert {kind for kind, state in now_there.items() if state is ChangeState.APPROVED} == approved
    assert {kind for kind, state in now_there.items() if state is ChangeState.REJECTED} == {*ChangeKind} - approved
    assert counted[ChangeKind.SKIP, ChangeState.FAILED] == 1


def test_rows_can_be_left_out_and_fields_changed(store: Store, scope: Scope) -> None:
    plan = rows()
    create, update = of_kind(plan, ChangeKind.CREATE), of_kind(plan, ChangeKind.UPDATE)
    edits = {update.id: Edits(values=(Cell("job_title", "Countess", "Mathematician"),))}
    with store.begin() as session:
        sync = planned(session, scope, plan)
        reviews.decide(session, scope, sync.id, approval(sync, refused=(create.id,), edits=edits))
        now_there = states(session, scope, sync)
        assert plan_verdicts.edits(session, scope, sync.id, preview_key(session, scope, sync.id)) == edits
        (entry,) = [one for one in audit.entries(session, scope, subject=sync.id) if one.action == "sync.approved"]
    assert now_there[ChangeKind.CREATE] is ChangeState.REJECTED
    assert now_there[ChangeKind.UPDATE] is ChangeState.APPROVED
    assert entry.actor == "ann@acme.example"
    assert entry.detail["digest"] == sync.digest
    assert entry.detail["refused"] == [create.id]
    assert entry.detail["edited"] == {update.id: ["job_title"]}
    assert "Mathematician" not in repr(entry)


def test_a_doubtful_match_that_is_refused_is_an_answer_for_ever(store: Store, scope: Scope) -> None:
    plan = rows()
    maybe, removed = of_kind(plan, ChangeKind.MAYBE), of_kind(plan, ChangeKind.REMOVED)
    with store.begin() as session:
        sync = planned(session, scope, plan)
        reviews.decide(session, scope, sync.id, approval(sync, refused=(maybe.id, removed.id)))
        answers = decisions.decisions(session, scope, "file")
    assert maybe.proposal is not None
    assert answers == {(maybe.proposal.links[0].source_id, maybe.object_id): Verdict.DIFFERENT}


def test_a_match_left_out_by_its_kind_alone_is_no_answer(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        reviews.decide(session, scope, sync.id, replace(approval(sync), choice=Choice.APPROVE_SAFE))
        assert decisions.decisions(session, scope, "file") == {}


def test_a_stale_page_cannot_approve_a_newer_plan(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        with pytest.raises(CannotDecide, match="not the plan that waits"):
            reviews.decide(session, scope, sync.id, replace(approval(sync), digest="0" * 64))
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.PREVIEW
        assert set(states(session, scope, sync).values()) == {ChangeState.PROPOSED}


@pytest.mark.parametrize("wrong", [{"refused": ("no such row",)}, {"edits": {"no such row": Edits(("notes",))}}])
def test_a_decision_about_a_row_that_is_not_there_decides_nothing(
    store: Store, scope: Scope, wrong: dict[str, object]
) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
    with pytest.raises(CannotDecide, match="no such row"), store.begin() as session:
        reviews.decide(session, scope, sync.id, approval(sync, **wrong))
    with store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.PREVIEW


def test_a_rejection_destroys_the_plan_and_keeps_the_record_of_it(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        key = preview_key(session, scope, sync.id)
        decision = replace(approval(sync), choice=Choice.REJECT, comment="not these")
        assert reviews.decide(session, scope, sync.id, decision) is SyncStatus.REJECTED
        ended = syncs.sync(session, scope, sync.id)
        assert set(states(session, scope, sync).values()) == {ChangeState.REJECTED}
        assert syncs.preview_key(session, scope, sync.id) is None
        assert syncs.undo_key(session, scope, sync.id) is None
        assert {change.proposal for change in plans.every(session, scope, sync.id, key)} == {None}
        assert audit.entries(session, scope, limit=1)[0].action == "sync.rejected"
    assert (ended.decided_by, ended.comment, ended.decision) == ("ann@acme.example", "not these", "reject")
    assert ended.completed_at


@pytest.mark.parametrize("choice", list(Choice))
def test_what_is_decided_is_not_decided_again(store: Store, scope: Scope, choice: Choice) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        reviews.decide(session, scope, sync.id, approval(sync))
        with pytest.raises(CannotDecide, match="executing"):
            reviews.decide(session, scope, sync.id, replace(approval(sync), choice=choice))


def test_of_two_who_decide_at_once_one_does(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())

    def decide(choice: Choice) -> SyncStatus | None:
        try:
            with store.begin() as session:
                return reviews.decide(session, scope, sync.id, replace(approval(sync), choice=choice))
        except CannotDecide:
            return None

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(decide, [Choice.APPROVE, Choice.REJECT] * 2))
    (winner,) = [answer for answer in answers if answer]
    with store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is winner
        expected = ChangeState.APPROVED if winner is SyncStatus.EXECUTING else ChangeState.REJECTED
        assert set(states(session, scope, sync).values()) == {expected}
        assert len(audit.entries(session, scope, subject=sync.id)) == 1


def test_a_run_that_ends_undecided_leaves_nothing_to_read(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        waiting = [SyncStatus.PREVIEW]
        assert reviews.end(session, scope, sync.id, to=SyncStatus.EXPIRED, expected=waiting, why="nobody came")
        assert not reviews.end(session, scope, sync.id, to=SyncStatus.CANCELLED, expected=waiting, why="too late")
        assert syncs.preview_key(session, scope, sync.id) is None
        assert syncs.sync(session, scope, sync.id).error == "nobody came"


def test_rows_and_fields_are_named_by_number_or_id() -> None:
    first, second = row(ChangeKind.UPDATE, 1), row(ChangeKind.UPDATE, 2)
    refused, edits = reviews.chosen([first, second], ["1", f"{second.id}:job_title"])
    assert refused == (first.id,)
    assert edits == {second.id: Edits(refused=("job_title",))}


@pytest.mark.parametrize("word", ["3", "01a20000-0000-7000-8000-000000000000", "", ":job_title", "1:shoe_size", "x:y"])
def test_a_name_that_is_not_in_the_plan_is_refused(word: str) -> None:
    with pytest.raises(CannotDecide):
        reviews.chosen([row(ChangeKind.UPDATE, 1)], [word])


def test_what_waits_to_be_confirmed_stands_apart_until_it_is_written(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        syncs.note(session, scope, sync.id, created=1, updated=2, conflicted=1, removed=1, skipped=1, failed=1, maybe=1)
        waiting = syncs.sync(session, scope, sync.id)
        assert (waiting.numbers["updated"], waiting.numbers["maybe"]) == (1, 1)
        assert sum(waiting.numbers.values()) == waiting.statistics.total == len(rows())


@pytest.mark.parametrize("choice", ["reject", "expired"])
def test_of_a_plan_that_was_never_written_nothing_is_said_to_be_new(store: Store, scope: Scope, choice: str) -> None:
    with store.begin() as session:
        sync = planned(session, scope, rows())
        syncs.note(session, scope, sync.id, created=1, updated=2, conflicted=1, removed=1, skipped=1, failed=1, maybe=1)
        if choice == "reject":
            reviews.decide(session, scope, sync.id, replace(approval(sync), choice=Choice.REJECT))
        else:
            waits = [SyncStatus.PREVIEW]
            reviews.end(session, scope, sync.id, to=SyncStatus.EXPIRED, expected=waits, why="nobody decided")
        numbers = syncs.sync(session, scope, sync.id).numbers
    assert numbers == {"created": 0, "updated": 0, "skipped": 6, "failed": 1, "conflicted": 0, "removed": 0}
