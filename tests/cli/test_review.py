"""A sync from the terminal: start, look, decide, take back; with Prefect there or not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage.records import ChangeState, SyncStatus
from tests.cli.conftest import CLOSED, Call, FakePrefect
from tests.flows.book import Book, somebody
from tests.flows.house import ANN, BEN, ROB, House
from tests.flows.pipeline import Pipeline

Told = Callable[..., Any]


def test_a_sync_is_started_with_what_was_asked_for(prefect: FakePrefect, told: Told, tmp_path: Path) -> None:
    path = tmp_path / "cards.vcf"
    path.write_text("BEGIN:VCARD\nFN:Ada\nEND:VCARD\n")
    words = ("--file", str(path), "--full", "--allow-removals", "--column", "Mail=emails:work")
    done = told("sync", "--org", "acme", "--user", ANN, *words)
    (started,) = prefect.started
    assert started["idempotency_key"] == done["id"]
    assert started["parameters"] == {
        "organization": "acme", "user": ANN, "connection": "", "file": str(path), "full": True,
        "allow": ["removals"], "columns": {"Mail": "emails:work"},
    }  # fmt: skip


def test_with_prefect_down_nothing_is_started_and_the_way_out_is_named(
    call: Call, house: House, connection: str
) -> None:
    result = call("sync", "--org", "acme", "--user", ANN, "--connection", connection)
    assert result.exit_code == 1
    way_out = "start it, or set PREFECT_API_URL to where it is"
    assert result.stderr == f"error: Prefect does not answer at {CLOSED}: {way_out}\n"
    assert house.sql("SELECT count(*) FROM contact_syncs")[0][0] == 0


def test_waiting_for_a_sync_ends_at_its_review(
    prefect: FakePrefect, told: Told, pipeline: Pipeline, connection: str, book: Book, monkeypatch: Any
) -> None:
    def worked(body: dict[str, Any]) -> None:
        monkeypatch.setattr("tasks.sync.begin.chosen_id", lambda _run: body["idempotency_key"])
        pipeline.preview(connection)

    prefect.on_start = worked
    done = told("sync", "--org", "acme", "--user", ANN, "--connection", connection, "--wait")
    assert (done["status"], done["statistics"]["created"]) == ("preview", len(book.people))


def test_a_preview_shows_every_row_to_a_script_and_the_first_to_a_person(
    call: Call, told: Told, pipeline: Pipeline, connection: str, book: Book
) -> None:
    sync = pipeline.preview(connection)
    shown = told("preview", sync.id)
    assert {row["name"] for row in shown["changes"]} == {one.display_name for one in book.people.values()}
    assert shown["statistics"]["created"] == len(shown["changes"]) == 20
    text = call("preview", sync.id, "--limit", "5").output
    assert "15 more rows: --limit 20 shows all" in text
    assert f"contactflow approve {sync.id}" in text
    assert told("preview", sync.id, "--only", "update")["changes"] == []


def test_approving_in_part_wakes_the_run(
    prefect: FakePrefect, told: Told, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    sync = pipeline.preview(connection)
    done = told("approve", sync.id, "--only", "create", "--reject", "3", "--comment", "fine", "--as", BEN)
    assert (done["status"], done["decided_by"], done["comment"]) == ("executing", BEN, "fine")
    ((run, answer),) = prefect.woken
    assert (run, answer["decision"], answer["reviewer"]) == (sync.flow_run_id, "approve", BEN)
    (left_out,) = pipeline.rows(sync, state=ChangeState.REJECTED)
    assert left_out.ordinal == 3


def test_a_decision_is_kept_when_prefect_is_down(call: Call, pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    sync = pipeline.preview(connection)
    result = call("approve", sync.id)
    assert result.exit_code == 0
    assert "the decision is kept, and carried out when Prefect is back" in result.stderr
    assert pipeline.sync(sync.id).status is SyncStatus.EXECUTING
    assert pipeline.finish(sync.id).status is SyncStatus.COMPLETED


def test_what_cannot_be_decided_says_why(call: Call, pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    sync = pipeline.preview(connection)
    for words, why in (
        (("--reject", "99"), "no row '99' in this plan: the preview shows each row's number"),
        (("--reject", "3:birthday"), "row 3 changes no field 'birthday', only display_name, emails"),
        (("--reject", "3:"), "row 3 changes no field '', only display_name, emails"),
        (("--digest", "0" * 64), "this is not the plan that waits now: look at the preview again"),
        (("--as", ROB), f"{ROB} is no user of this organization"),
    ):
        result = call("approve", sync.id, *words)
        assert (result.exit_code, result.stderr.startswith(f"error: {why}")) == (1, True), result.stderr
    assert pipeline.sync(sync.id).status is SyncStatus.PREVIEW
    assert call("reject", sync.id).exit_code == 0
    result = call("approve", sync.id)
    assert result.exit_code == 1
    assert "does not wait for a decision: it is rejected" in result.stderr


def test_undo_lists_what_it_left_alone(
    prefect: FakePrefect, told: Told, pipeline: Pipeline, house: House, completed: str
) -> None:
    edited = house.crm()[3]
    house.sql('UPDATE objects SET properties = \'{"display_name": "X"}\' WHERE id = :id', id=edited.id)

    def worked(body: dict[str, Any]) -> None:
        pipeline.undo(pipeline.sync(body["parameters"]["sync"]))

    prefect.on_start = worked
    done = told("undo", completed)
    assert done["undone"] == 19
    assert [one["contact"] for one in done["refused"]] == [edited.id]


def test_undo_of_what_was_not_completed_is_refused(call: Call, pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    result = call("undo", pipeline.preview(connection).id)
    assert result.exit_code == 1
    assert "only a completed one can be taken back" in result.stderr


def test_syncs_are_listed_with_numbers(told: Told, call: Call, completed: str) -> None:
    (listed,) = told("syncs", "--org", "acme")
    assert (listed["id"], listed["status"], listed["statistics"]["created"]) == (completed, "completed", 20)
    assert completed in call("syncs", "--org", "acme").output
    assert told("syncs", "--org", "rival") == []
    assert somebody(1).family_name not in call("syncs", "--org", "acme").output
