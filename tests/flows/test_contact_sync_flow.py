"""The flow as a worker runs it, on a real Prefect server: it sleeps for the review and wakes for a decision."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.deciding import Choice
from storage.records import ChangeKind, Seen, SyncStatus
from storage.sync import reviews
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine
from tasks.providers.flow_runs.runs import current_run
from tests.flows.book import Book, somebody
from tests.flows.house import ANN, BEN, ROB, House
from tests.flows.prefect_server import Driver


@pytest.fixture
def cards(tmp_path: Path) -> str:
    """A file of eight people."""
    path = tmp_path / "cards.vcf"
    path.write_text("".join(card(number) for number in range(8)), encoding="utf-8")
    return str(path)


def card(number: int) -> str:
    person = somebody(number)
    lines = (
        "BEGIN:VCARD", "VERSION:3.0", f"UID:u{number}", f"N:{person.family_name};{person.given_name};;;",
        f"FN:{person.display_name}", f"EMAIL:{person.emails[0].value}", "END:VCARD", "",
    )  # fmt: skip
    return "\r\n".join(lines)


def test_a_file_goes_through_preview_a_typo_of_the_reviewer_and_approval(
    house: House, driver: Driver, cards: str
) -> None:
    run = driver.start(file=cards)
    assert driver.run(run) == "Suspended"
    assert driver.sync_of(run).status is SyncStatus.PREVIEW
    assert asks_well(driver.form(run), driver.sync_of(run))
    assert driver.resume(run, reviewer=ROB)  # a user, but of another organization
    assert driver.run(run) == "Suspended"
    assert "was no user of this organization" in driver.form(run)["description"]
    assert house.crm() == []
    assert driver.resume(run, reviewer=BEN.upper(), comment="looks right")
    assert driver.run(run) == "Completed"
    sync = driver.sync_of(run)
    assert (sync.status, sync.decided_by, sync.comment) == (SyncStatus.COMPLETED, BEN, "looks right")
    assert sync.statistics.created == house.count() == 8


def asks_well(form: dict[str, Any], sync: Sync) -> bool:
    """For a decision, a name and a comment, each with a description; and with nothing personal in it."""
    assert list(form["properties"]) == ["decision", "reviewer", "comment"]
    assert form["required"] == ["decision", "reviewer"]
    assert form["properties"]["decision"]["enum"] == ["approve", "approve_safe", "reject"]
    assert form["properties"]["comment"]["maxLength"] == 2000
    assert all(field["description"] for field in form["properties"].values())
    assert f"contactflow preview {sync.id}" in form["description"]
    return not any(somebody(number).family_name in str(form) for number in range(8))


@pytest.mark.parametrize(
    ("decision", "status", "written"),
    [("approve_safe", SyncStatus.COMPLETED, 8), ("reject", SyncStatus.REJECTED, 0)],
)
def test_the_form_can_approve_what_is_safe_or_reject(
    house: House, driver: Driver, cards: str, decision: str, status: SyncStatus, written: int
) -> None:
    run = driver.start(file=cards)
    driver.run(run)
    driver.resume(run, decision)
    assert driver.run(run) == "Completed"
    assert (driver.sync_of(run).status, house.count()) == (status, written)


def test_a_decision_made_elsewhere_is_what_counts(house: House, driver: Driver, cards: str) -> None:
    run = driver.start(file=cards)
    driver.run(run)
    sync = driver.sync_of(run)
    with house.store.begin() as session:
        reviews.decide(session, house.scope, sync.id, Decision(Choice.APPROVE, ANN, kinds=(ChangeKind.UPDATE,)))
    assert driver.resume(run, "approve")
    assert driver.run(run) == "Completed"
    assert (driver.sync_of(run).statistics.skipped, house.count()) == (8, 0)


def test_a_run_that_makes_no_sense_fails_with_a_sentence(driver: Driver, cards: str) -> None:
    run = driver.start(file=cards, connection="some")
    assert driver.run(run) == "Failed"
    assert "name either a connection or a file" in str(driver.read(run).state.message)  # type: ignore[union-attr]


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_a_connected_account_end_to_end(
    house: House, driver: Driver, simulators: Simulators, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, mailbox = house.connect(simulators, provider, size=25)
    run = driver.start(connection=connection)
    assert driver.run(run) == "Suspended"
    assert house.cursor(connection) == ""
    driver.resume(run)
    assert driver.run(run) == "Completed"
    assert driver.sync_of(run).statistics.total == mailbox.count
    cursor = house.cursor(connection)
    assert cursor
    refusing, hanging = Fault("status", status=403, times=0), Fault("slow", ms=1500, times=0)
    for fault, longest, said in (
        (hanging, timedelta(seconds=1), "not done within 0:00:01"),
        (refusing, timedelta(days=1), "refuse"),
    ):
        monkeypatch.setattr("tasks.providers.flow_runs.deadlines.LONGEST", longest)
        simulators.world.faults.add(replace(fault, mailbox=mailbox.email))
        try:
            failing = driver.start(connection=connection)
            assert driver.run(failing) == "Failed"
        finally:
            simulators.world.faults.clear()
        failed = driver.sync_of(failing)
        assert failed.status is SyncStatus.FAILED
        assert said in failed.error
        assert house.cursor(connection) == cursor


def test_a_manual_run_takes_the_place_of_a_waiting_preview_and_a_scheduled_one_does_not(
    house: House, driver: Driver, connection: str, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    del book
    first = driver.start(connection=connection)
    assert driver.run(first) == "Suspended"
    scheduled = driver.start(connection=connection)
    as_if_scheduled(monkeypatch, scheduled)
    driver.run(scheduled)
    assert driver.sync_of(first).status is SyncStatus.PREVIEW
    assert house.sql("SELECT count(*) FROM contact_syncs")[0][0] == 1
    manual = driver.start(connection=connection)
    assert driver.run(manual) == "Suspended"
    assert driver.sync_of(first).status is SyncStatus.SUPERSEDED
    assert driver.read(first).state_name in {"Cancelled", "Cancelling"}
    driver.resume(manual)
    assert driver.run(manual) == "Completed"
    assert house.count() == 20


def as_if_scheduled(monkeypatch: pytest.MonkeyPatch, run: UUID) -> None:
    """Only the server's own scheduler marks runs so."""
    monkeypatch.setattr(
        "tasks.sync.begin.current_run",
        lambda: current_run().model_copy(update={"auto_scheduled": current_run().id == run}),
    )


def test_undo_runs_as_a_flow_of_its_own(house: House, driver: Driver, cards: str) -> None:
    run = driver.start(file=cards)
    driver.run(run)
    driver.resume(run)
    driver.run(run)
    undo = driver.start("undo-sync", sync=driver.sync_of(run).id, reviewer=ANN)
    assert driver.run(undo, "undo-sync") == "Completed"
    assert house.crm() == []


def test_a_run_that_is_started_again_from_the_top_while_it_waits_asks_again_and_doubles_nothing(
    house: House, driver: Driver, connection: str, book: Book
) -> None:
    run = driver.start(connection=connection)
    driver.run(run)
    driver.run(run)  # a restart of the worker
    assert book.reads == ["full"]
    assert driver.resume(run)
    assert driver.run(run) == "Completed"
    assert house.count() == len(book.people)
    assert {type(change) for change in book.changes} == {Seen}


def test_an_answer_that_a_process_died_before_hearing_is_not_asked_for_again(driver: Driver, cards: str) -> None:
    run_id = driver.start(file=cards)
    assert driver.run(run_id) == "Suspended"
    assert driver.resume(run_id, comment="looks right")
    Engine(str(driver.client.api_url)).restart(str(run_id))  # as the sweeper does where its worker was killed
    assert driver.run(run_id) == "Completed"
    sync = driver.sync_of(run_id)
    assert (sync.status, sync.decided_by, sync.comment) == (SyncStatus.COMPLETED, ANN, "looks right")
