"""What a sync finds, against what really happened at the source."""

import pytest

from deployments.simulators import changes
from deployments.simulators.control import source_id, truth
from deployments.simulators.faults import Fault
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.server import Simulators
from storage.organization.connections import StoredTokens
from storage.records import ChangeKind, ChangeState, SyncStatus
from storage.sync.syncs import Sync
from tasks.providers.base import ProviderError
from tasks.sync.begin import CannotBegin
from tests.flows.house import House
from tests.flows.pipeline import STEPS, Crash, Pipeline


@pytest.fixture(params=["microsoft", "google"])
def book(request: pytest.FixtureRequest, house: House, simulators: Simulators) -> tuple[str, Mailbox]:
    return house.connect(simulators, request.param, size=60)


def stir(simulators: Simulators, mailbox: Mailbox, **shares: float) -> dict[str, list[str]]:
    return changes.at_random(mailbox, simulators.world.now(), seed=7, **shares)


def test_every_record_of_the_source_is_in_the_plan_exactly_once(pipeline: Pipeline, book: tuple[str, Mailbox]) -> None:
    connection, mailbox = book
    sync = pipeline.preview(connection)
    rows = pipeline.rows(sync)
    told = [link.source_id for row in rows if row.proposal for link in row.proposal.links]
    assert sorted(told) == sorted(truth(mailbox))
    assert len(rows) >= len(truth(mailbox))  # a twin has a row of its own, and stands in the row of the first as well
    assert sync.statistics.total == len(rows)


def test_twins_within_a_source_become_one_contact_and_each_has_a_row(
    pipeline: Pipeline, house: House, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    changes.put(mailbox, next(mailbox.alive()).card, simulators.world.now())
    sync = pipeline.preview(connection)
    twins = [row for row in pipeline.rows(sync, ChangeKind.SKIP) if "goes into the same contact" in row.reason]
    creations = pipeline.rows(sync, ChangeKind.CREATE)
    assert twins
    assert len(twins) + len(creations) == mailbox.count
    assert sum(len(row.proposal.links) for row in creations if row.proposal) == mailbox.count
    pipeline.approve(sync)
    assert house.count() == len(creations)
    assert house.sql("SELECT count(*) FROM object_links")[0][0] == mailbox.count


def test_a_second_run_finds_nothing(pipeline: Pipeline, book: tuple[str, Mailbox]) -> None:
    connection, _ = book
    pipeline.run(connection)
    assert pipeline.rows(pipeline.preview(connection)) == []
    again = pipeline.preview(connection, full=True)
    assert set(pipeline.kinds(again)) == {"skip"}


def test_what_changed_at_the_source_and_nothing_else_is_found_by_delta(
    pipeline: Pipeline, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    simulators.world.ledger.clear()
    done = stir(simulators, mailbox, edit=0.05, add=0.05, gone=0.05)
    sync = pipeline.preview(connection)
    assert_exactly(pipeline, sync, mailbox, done)
    assert simulators.world.ledger.of(mailbox.email).requests < mailbox.count


def assert_exactly(pipeline: Pipeline, sync: Sync, mailbox: Mailbox, done: dict[str, list[str]]) -> None:
    named: dict[str, list[str]] = {}
    for row in pipeline.rows(sync):
        for link in row.proposal.links if row.proposal else ():
            named.setdefault(row.kind.value, []).append(link.source_id)
    ids = {what: sorted(source_id(mailbox, key) for key in keys) for what, keys in done.items()}
    assert sorted(named.get("removed", [])) == ids["removed"]
    # Who the newcomers are goes by the mailbox's address, which goes by the tests before: some resemble somebody.
    assert sorted(named.get("create", []) + named.get("maybe", [])) == ids["added"]
    assert sorted(named.get("update", []) + named.get("conflict", []) + named.get("skip", [])) == ids["edited"]
    assert sync.full is False


def test_the_numbers_add_up_to_the_plan_before_and_after(
    pipeline: Pipeline, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    stir(simulators, mailbox, edit=0.05, add=0.05, gone=0.05)
    sync = pipeline.preview(connection)
    rows = pipeline.rows(sync)
    done = pipeline.approve(sync)
    assert sync.statistics.total == done.statistics.total == len(rows)
    assert done.status is SyncStatus.COMPLETED
    assert {row.state for row in pipeline.rows(done)} == {ChangeState.APPLIED}


def test_an_expired_cursor_costs_one_full_read_that_finds_the_same(
    pipeline: Pipeline, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    done = stir(simulators, mailbox, edit=0.05, add=0.05, gone=0.05)
    mailbox.generation += 1
    sync = pipeline.preview(connection)
    assert sync.full
    kinds = pipeline.kinds(sync)
    assert kinds["removed"] == len(done["removed"])
    assert kinds["create"] == len(done["added"])


def test_a_crash_after_any_step_loses_and_doubles_nothing(
    pipeline: Pipeline, house: House, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    sync_id = pipeline.open(connection)
    for step in STEPS:
        with pytest.raises(Crash):
            pipeline.to_review(sync_id, crash_after=step)
    sync = pipeline.to_review(sync_id)
    assert sync.status is SyncStatus.PREVIEW
    assert sync.statistics.total == mailbox.count
    assert house.cursor(connection) == ""
    pipeline.approve(sync)
    assert house.cursor(connection)


def test_what_was_fetched_by_a_run_that_came_to_nothing_is_offered_again(
    pipeline: Pipeline, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    done = stir(simulators, mailbox, edit=0.05, add=0.05, gone=0.05)
    first = pipeline.preview(connection)
    second = pipeline.preview(connection)  # takes the place of the first
    assert pipeline.sync(first.id).status is SyncStatus.SUPERSEDED
    assert_exactly(pipeline, second, mailbox, done)


def test_a_source_that_says_no_fails_the_run_with_the_cause_and_leaves_the_cursor(
    pipeline: Pipeline, house: House, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    before = house.cursor(connection)
    simulators.world.faults.add(Fault("status", route=mailbox.provider, status=403, times=50))
    try:
        sync_id = pipeline.open(connection)
        with pytest.raises(ProviderError):
            pipeline.to_review(sync_id)
    finally:
        simulators.world.faults.clear()
    failed = pipeline.sync(sync_id)
    assert failed.status is SyncStatus.FAILED
    assert "refuse" in failed.error
    assert house.cursor(connection) == before
    if mailbox.provider == "microsoft":  # who says by that that consent is gone
        with pytest.raises(CannotBegin, match="needs_reconnect"):
            pipeline.open(connection)
    tokens = StoredTokens(simulators.world.refresh_token(mailbox.provider, mailbox.email))
    assert house.connection(mailbox.provider, mailbox.email, tokens) == connection
    assert pipeline.rows(pipeline.preview(connection)) == []


def test_a_source_that_went_empty_stops_the_run_with_numbers(
    pipeline: Pipeline, simulators: Simulators, book: tuple[str, Mailbox]
) -> None:
    connection, mailbox = book
    pipeline.run(connection)
    for entry in list(mailbox.alive()):
        changes.remove(mailbox, entry.key, simulators.world.now())
    sync_id = pipeline.open(connection, full=True)
    with pytest.raises(Exception, match="60 were linked; --allow-removals"):
        pipeline.to_review(sync_id)
    assert pipeline.sync(sync_id).status is SyncStatus.FAILED
