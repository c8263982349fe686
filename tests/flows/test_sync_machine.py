"""Whatever people do at the source, in the CRM and at the review, in whatever order: what must never happen does not.

Hypothesis plays the people. After every step the promises of a sync are checked on a database of its own.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from prefect.logging import disable_run_logger

from storage import audit
from storage.deciding import Choice
from storage.people import contacts
from storage.records import Change, ChangeState, Contact, Person, SyncStatus
from storage.sync.syncs import Sync
from tasks.rules.changes import FIELDS
from tasks.rules.guards import Allow
from tests.flows.book import Book, lay_open, somebody
from tests.flows.house import House, moved_in
from tests.flows.pipeline import STEPS, Crash, Pipeline, is_over

PEOPLE = 6
numbers = st.integers(0, PEOPLE - 1)
titles = st.sampled_from(["", "Director", "Head", "Clerk"])
NewHome = Callable[[], tuple[Path, str]]


class SyncMachine(RuleBasedStateMachine):
    def __init__(self, new_home: NewHome) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.house: House = self.stack.enter_context(moved_in(self.patch, *new_home()))
        self.stack.enter_context(disable_run_logger())
        self.pipeline = Pipeline(self.house, self.patch)
        self.connection = self.house.connection("google", "ann@gmail.example")
        self.book = Book()
        lay_open(self.patch, {self.connection: self.book})
        self.sync: Sync | None = None
        self.completed: list[Sync] = []
        self.deleted = False

    def teardown(self) -> None:
        self.stack.close()

    @initialize(how_many=st.integers(1, PEOPLE))
    def people_at_the_source(self, how_many: int) -> None:
        for number in range(how_many):
            self.book.put(f"s{number}", somebody(number))

    # What people do at the source.

    @rule(number=numbers, job_title=titles, note=titles)
    def somebody_edits_or_adds_a_record(self, number: int, job_title: str, note: str) -> None:
        self.book.put(f"s{number}", somebody(number, job_title=job_title, notes=note))

    @rule(number=numbers)
    def somebody_removes_a_record(self, number: int) -> None:
        if f"s{number}" in self.book.people:
            self.book.remove(f"s{number}")

    @rule()
    def the_source_forgets_how_far_it_was_read(self) -> None:
        self.book.expire()

    # What people do in the CRM.

    @rule(place=st.integers(0, 9), job_title=titles)
    def somebody_edits_a_contact_by_hand(self, place: int, job_title: str) -> None:
        for one in self.house.crm()[place : place + 1]:
            person = replace(one.person, job_title=job_title)
            if person != one.person:
                self._overwrite(replace(one, person=person, version=one.version + 1))

    @rule(place=st.integers(0, 9))
    def somebody_deletes_a_contact(self, place: int) -> None:
        self.deleted = True  # only a full read brings back whom somebody deleted on purpose
        with self.house.store.begin() as session:
            contacts.remove(session, self.house.scope, [one.id for one in self.house.crm()[place : place + 1]])

    def _overwrite(self, contact: Contact) -> None:
        with self.house.store.begin() as session:
            assert contacts.overwrite(session, self.house.scope, [contact]) == 1

    # What a sync does.

    @precondition(lambda self: self.sync is None)
    @rule(full=st.booleans(), crashes=st.lists(st.sampled_from(STEPS), max_size=2))
    def a_sync_runs_up_to_its_review(self, full: bool, crashes: list[str]) -> None:  # noqa: FBT001 (Hypothesis names it)
        sync_id = self.pipeline.open(self.connection, full=full, allow=list(Allow))
        for step in crashes:
            try:
                self.pipeline.to_review(sync_id, crash_after=step)
            except Crash:
                continue
        self.sync = self.pipeline.to_review(sync_id)
        assert self.sync.status is SyncStatus.PREVIEW
        rows = self.pipeline.rows(self.sync)
        assert self.sync.statistics.total == len(rows)
        told = [link.source_id for row in rows if row.proposal for link in row.proposal.links]
        assert len(told) == len(set(told))

    @precondition(lambda self: self._waits())
    @rule(refused=st.sets(st.integers(1, PEOPLE + 2)))
    def somebody_approves_but_for_some_rows(self, refused: set[int]) -> None:
        left_out = [row.id for row in self.pipeline.rows(self._now()) if row.ordinal in refused]
        self._decide(Choice.APPROVE, refused=left_out)

    @precondition(lambda self: self._waits())
    @rule()
    def somebody_approves_what_is_safe(self) -> None:
        self._decide(Choice.APPROVE_SAFE)

    @precondition(lambda self: self._waits())
    @rule()
    def somebody_rejects(self) -> None:
        self._decide(Choice.REJECT)

    def _decide(self, choice: Choice, **how: Any) -> None:
        self.pipeline.decide(self._now(), choice, **how)
        self.sync = self.pipeline.sync(self._now().id)
        if is_over(self.sync):
            self.sync = None

    @precondition(lambda self: self._is_executing())
    @rule(crash=st.sampled_from(["", "after a batch", "before the account"]))
    def what_was_approved_is_carried_out(self, crash: str) -> None:
        sync = self._now()
        before, plan = {one.id: one for one in self.house.crm()}, self.pipeline.rows(sync)
        if crash:
            self._crash(sync, crash)
        done = self.pipeline.finish(sync.id)
        assert done.status is SyncStatus.COMPLETED
        assert done.statistics.total == len(plan)
        self._only_what_was_approved(before, plan, {row.id: row for row in self.pipeline.rows(done)})
        self.completed.append(done)
        self.sync = None

    def _crash(self, sync: Sync, where: str) -> None:
        def dies(*_args: Any, **_named: Any) -> None:
            raise Crash

        with self.patch.context() as patch:
            patch.setattr("tasks.sync.apply.settings", lambda: _Small)
            target = "tasks.sync.apply.syncs.note" if where == "after a batch" else "tasks.sync.account.syncs.complete"
            patch.setattr(target, dies)
            with suppress(Crash):  # unless there was nothing to write
                self.pipeline.finish(sync.id)

    @precondition(lambda self: self.completed and self.sync is None)
    @rule()
    def somebody_takes_the_last_sync_back(self) -> None:
        last = self.completed.pop()
        if not last.undone_at:
            before = {one.id: one for one in self.house.crm()}
            taken = self.pipeline.undo(last)
            for refused in taken.refused:
                assert {one.id: one for one in self.house.crm()}.get(refused) == before.get(refused)

    @precondition(lambda self: self.sync is None)
    @rule()
    def after_two_runs_approved_whole_a_third_finds_nothing(self) -> None:
        for _ in range(2):
            self.completed.append(self.pipeline.run(self.connection, allow=list(Allow)))
        third = self.pipeline.preview(self.connection, allow=list(Allow))
        assert self.pipeline.rows(third) == []
        self.completed.append(self.pipeline.approve(third))
        linked = {row[0] for row in self.house.sql("SELECT source_id FROM object_links")}
        assert linked == set(self.book.people) or (self.deleted and linked < set(self.book.people))

    # What holds at any moment.

    @invariant()
    def the_audit_log_is_whole(self) -> None:
        with self.house.store.read() as session:
            assert audit.verify(session, self.house.scope).broken_at is None

    @invariant()
    def every_record_is_tied_to_one_contact_that_exists(self) -> None:
        ties = self.house.sql("SELECT source_id, object_id FROM object_links")
        assert len({tie[0] for tie in ties}) == len(ties)
        assert {tie[1] for tie in ties} <= {one.id for one in self.house.crm()}

    @invariant()
    def nobody_is_in_the_crm_twice(self) -> None:
        emails = [one.person.emails[0].value for one in self.house.crm() if one.person.emails]
        assert len(emails) == len(set(emails))

    def _only_what_was_approved(self, before: dict[str, Contact], plan: list[Change], done: dict[str, Change]) -> None:
        """Each value that is another one than before is one that an approved row named, beside what it replaced."""
        allowed: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
        for row in plan:
            ended = done[row.id]
            assert (row.state is ChangeState.APPROVED) == (ended.state in (ChangeState.APPLIED, ChangeState.STALE)) or (
                row.state is ended.state  # rejected, set aside, or applied before the crash
            )
            if ended.state is ChangeState.APPLIED and row.proposal:
                for cell in row.proposal.cells:
                    allowed.setdefault((ended.object_id, cell.field), []).append((cell.before, cell.after))
        for one in self.house.crm():
            was = before[one.id].person if one.id in before else Person()
            for name in FIELDS:
                if getattr(one.person, name) != getattr(was, name):
                    assert (getattr(was, name), getattr(one.person, name)) in allowed[one.id, name]
        assert set(before) <= {one.id for one in self.house.crm()}

    def _now(self) -> Sync:
        assert self.sync
        return self.sync

    def _waits(self) -> bool:
        return self.sync is not None and self.sync.status is SyncStatus.PREVIEW

    def _is_executing(self) -> bool:
        return self.sync is not None and self.sync.status is SyncStatus.EXECUTING


class _Small:
    apply_batch = 2


@pytest.fixture
def new_home(sqlite_template: Path, tmp_path: Path) -> NewHome:
    homes = count(1)

    def another() -> tuple[Path, str]:
        home = tmp_path / str(next(homes))
        home.mkdir()
        shutil.copy(sqlite_template, home / "contactflow.db")
        return home, f"sqlite:///{home / 'contactflow.db'}"

    return another


def play(new_home: NewHome, *, games: int, steps: int) -> None:
    class Machine(SyncMachine):
        def __init__(self) -> None:
            super().__init__(new_home)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=games, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_no_order_of_events_breaks_a_promise(new_home: NewHome) -> None:
    play(new_home, games=8, steps=14)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_no_long_order_of_events_breaks_a_promise(new_home: NewHome) -> None:
    play(new_home, games=300, steps=40)
