"""A plan is what was saved, to the letter, until its rows are decided and settled."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from storage.documents import fingerprint, new_id
from storage.records import (
    Cell,
    Change,
    ChangeKind,
    ChangeState,
    Edits,
    Labelled,
    Person,
    PostalAddress,
    Proposal,
    SourceLink,
    Undo,
)
from storage.scope import Scope
from storage.session import Store
from storage.sync import plan_outcomes, plan_verdicts, plans
from storage.sync.plan_outcomes import Outcome
from tests.storage.examples import ADA, begun, contact, preview_key, row, undo_key

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
labelled = st.tuples(st.builds(Labelled, texts, texts))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "notes": texts,
    "emails": labelled,
    "addresses": st.tuples(st.builds(PostalAddress, texts, texts, label=texts)),
    "tags": st.lists(texts, max_size=3).map(tuple),
}
people = st.builds(Person, display_name=texts, **VALUES)
cells = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.builds(Cell, st.just(name), VALUES[name], VALUES[name]))
source_links = st.builds(
    SourceLink, texts, people, people, modified_at=st.none() | st.datetimes(timezones=st.just(UTC))
)
proposals = st.builds(
    Proposal,
    texts,
    st.lists(cells, max_size=3).map(tuple),
    st.lists(source_links, max_size=2).map(tuple),
    st.lists(cells, max_size=1).map(tuple),
)
EVERY_KIND = [row(kind, ordinal) for ordinal, kind in enumerate(ChangeKind, 1)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(written=st.lists(st.tuples(st.sampled_from(ChangeKind), proposals), max_size=4))
def test_a_plan_comes_back_as_it_was_saved_under_the_same_digest(
    store: Store, scope: Scope, written: list[tuple[ChangeKind, Proposal]]
) -> None:
    rows = [
        Change(new_id(), at, kind, ChangeState.PROPOSED, "", 0, "why", (), proposal)
        for at, (kind, proposal) in enumerate(written, 1)
    ]
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        digest = plans.save(session, scope, sync.id, key, rows)
        assert list(plans.every(session, scope, sync.id, key)) == rows
        assert plans.digest(session, scope, sync.id, key) == digest
        session.connection.rollback()


def test_a_plan_longer_than_a_batch_is_read_whole_and_in_order(store: Store, scope: Scope) -> None:
    rows = [row(ChangeKind.SKIP, ordinal) for ordinal in range(1, plans.BATCH + 3)]
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        digest = plans.save(session, scope, sync.id, key, rows)
        assert [one.ordinal for one in plans.every(session, scope, sync.id, None)] == list(range(1, plans.BATCH + 3))
        assert plans.digest(session, scope, sync.id, key) == digest


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM contact_sync_changes WHERE ordinal = 2",
        "UPDATE contact_sync_changes SET kind = 'update' WHERE ordinal = 1",
        "UPDATE contact_sync_changes SET object_id = 'another' WHERE ordinal = 2",
        "UPDATE contact_sync_changes SET seen_version = 7 WHERE ordinal = 2",
        "UPDATE contact_sync_changes SET ordinal = 99 WHERE ordinal = 1",
    ],
)
def test_a_plan_that_was_tampered_with_has_another_digest(store: Store, scope: Scope, tampering: str) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        digest = plans.save(session, scope, sync.id, key, EVERY_KIND)
        session.execute(text(tampering))
        assert plans.digest(session, scope, sync.id, key) != digest


def test_deciding_leaves_the_digest_as_it_was(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        digest = plans.save(session, scope, sync.id, key, EVERY_KIND)
        plan_verdicts.decide(session, scope, sync.id, ChangeState.APPROVED, kinds=[ChangeKind.CREATE])
        plan_verdicts.edit(session, scope, sync.id, key, change_id=EVERY_KIND[1].id, edits=Edits(("job_title",)))
        assert plans.digest(session, scope, sync.id, key) == digest


def test_only_what_is_proposed_is_decided(store: Store, scope: Scope) -> None:
    first, second, third, *_ = EVERY_KIND
    with store.begin() as session:
        sync = begun(session, scope)
        plans.save(session, scope, sync.id, preview_key(session, scope, sync.id), EVERY_KIND)
        assert plan_verdicts.decide(session, scope, sync.id, ChangeState.REJECTED, change_ids=[first.id]) == 1
        assert plan_verdicts.decide(session, scope, sync.id, ChangeState.APPROVED, kinds=[first.kind, second.kind]) == 1
        assert plan_verdicts.decide(session, scope, sync.id, ChangeState.REJECTED) == len(EVERY_KIND) - 2
        assert plan_verdicts.decide(session, scope, sync.id, ChangeState.APPROVED) == 0
        counted = plans.counts(session, scope, sync.id)
    assert counted.total() == len(EVERY_KIND)
    assert counted[first.kind, ChangeState.REJECTED] == 1
    assert counted[second.kind, ChangeState.APPROVED] == 1
    assert counted[third.kind, ChangeState.REJECTED] == 1


def test_more_rows_may_be_named_than_a_statement_has_room_for(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        plans.save(session, scope, sync.id, preview_key(session, scope, sync.id), EVERY_KIND)
        names = [*(f"no row {number}" for number in range(66_000)), *(change.id for change in EVERY_KIND)]
        assert plan_verdicts.decide(session, scope, sync.id, ChangeState.REJECTED, change_ids=names) == len(EVERY_KIND)


def test_edits_come_back_as_they_were_and_a_decided_row_takes_none(store: Store, scope: Scope) -> None:
    open_row, decided_row, *_ = EVERY_KIND
    edits = Edits(("notes",), (Cell("emails", (), (Labelled("ada@engines.example", "work"),)),))
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        plans.save(session, scope, sync.id, key, EVERY_KIND)
        plan_verdicts.decide(session, scope, sync.id, ChangeState.APPROVED, change_ids=[decided_row.id])
        assert plan_verdicts.edit(session, scope, sync.id, key, change_id=open_row.id, edits=edits)
        assert not plan_verdicts.edit(session, scope, sync.id, key, change_id=decided_row.id, edits=edits)
        assert plan_verdicts.edits(session, scope, sync.id, key) == {open_row.id: edits}
        plans.clear_previews(session, scope, sync.id)
        assert plan_verdicts.edits(session, scope, sync.id, key) == {}


def test_what_was_applied_can_be_taken_back_once(store: Store, scope: Scope) -> None:
    done, refused, failed, *_ = EVERY_KIND
    undo = Undo(contact(), fingerprint(ADA), links_written=(SourceLink("source", ADA, modified_at=datetime.now(UTC)),))
    outcomes = [
        Outcome(done.id, ChangeState.APPLIED, "object", 2, undo),
        Outcome(refused.id, ChangeState.APPLIED, "object", 2, undo),
        Outcome(failed.id, ChangeState.FAILED, error="the database refused it"),
    ]
    with store.begin() as session:
        sync = begun(session, scope)
        plans.save(session, scope, sync.id, preview_key(session, scope, sync.id), EVERY_KIND)
        key = undo_key(session, scope, sync.id)
        plan_outcomes.settle(session, scope, sync.id, key, outcomes)
        rows = plan_outcomes.undoable(session, scope, sync.id, key)
        assert [(change.id, change.applied_version, what) for change, what in rows] == [
            (done.id, 2, undo),
            (refused.id, 2, undo),
        ]
        plan_outcomes.mark_undone(session, scope, sync.id, [rows[0][0]], [rows[1][0]], why="edited since")
        (left,) = plan_outcomes.undoable(session, scope, sync.id, key)
        assert (left[0].id, left[0].error) == (refused.id, "edited since")
        plan_outcomes.clear_undo(session, scope, sync.id)
        assert plan_outcomes.undoable(session, scope, sync.id, key) == []
        states = {change.id: change.state for change in plans.every(session, scope, sync.id, None)}
    assert (states[done.id], states[failed.id]) == (ChangeState.UNDONE, ChangeState.FAILED)


def test_approved_rows_without_work_are_settled_at_once(store: Store, scope: Scope) -> None:
    idle, tied = row(ChangeKind.SKIP, 1), row(ChangeKind.SKIP, 2, object_id="object")
    with store.begin() as session:
        sync = begun(session, scope)
        plans.save(session, scope, sync.id, preview_key(session, scope, sync.id), [idle, tied])
        assert plan_outcomes.settle_idle(session, scope, sync.id) == 0
        plan_verdicts.decide(session, scope, sync.id, ChangeState.APPROVED)
        assert plan_outcomes.settle_idle(session, scope, sync.id) == 1
        assert plan_verdicts.withdraw(session, scope, sync.id) == 1
        states = [change.state for change in plans.every(session, scope, sync.id, None)]
    assert states == [ChangeState.APPLIED, ChangeState.REJECTED]
