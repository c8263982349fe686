"""What was changed in the CRM between review and writing is handed back, and nothing of it overwritten."""

import json

import pytest
from click.testing import CliRunner

from deployments.cli import main
from storage.people import contacts
from storage.records import Cell, ChangeKind, ChangeState, Contact
from tests.flows.book import Book, somebody
from tests.flows.by_hand import by_hand, named
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@both
def test_a_contact_edited_by_hand_meanwhile_is_handed_back_while_the_others_apply(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    for number in (1, 2, 3):
        book.edit(f"s{number}", job_title="Director")
    sync = pipeline.preview(connection)
    moved = named(house, 2)
    house.sql(
        "UPDATE objects SET properties = :properties, version = version + 1 WHERE id = :id",
        properties=json.dumps({"display_name": "Chloe Abara", "job_title": "Typed by hand"}), id=moved.id,
    )  # fmt: skip
    done = pipeline.approve(sync)
    assert done.statistics.by_name() == {
        "created": 0, "updated": 2, "skipped": 0, "failed": 0, "conflicted": 1, "removed": 0
    }  # fmt: skip
    (stale,) = pipeline.rows(done, state=ChangeState.STALE)
    assert stale.object_id == moved.id
    assert stale.error == "changed since the review: job_title (version 1 → 2)"
    with house.store.read() as session:
        assert contacts.contact(session, house.scope, moved.id).person.job_title == "Typed by hand"
    assert named(house, 1).person.job_title == named(house, 3).person.job_title == "Director"


def test_a_hand_edit_past_our_code_that_forgets_the_version_is_not_overwritten_either(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    sync = pipeline.preview(connection)
    moved = named(house, 2)
    house.sql(
        "UPDATE objects SET properties = :properties WHERE id = :id",
        properties=json.dumps({"display_name": "Chloe Abara", "job_title": "Typed by hand"}), id=moved.id,
    )  # fmt: skip
    done = pipeline.approve(sync)
    (row,) = pipeline.rows(done)
    assert row.state is ChangeState.STALE
    assert "Typed by hand" in house.sql("SELECT properties FROM objects WHERE id = :id", id=moved.id)[0][0]


def test_what_came_back_stale_is_offered_again_as_a_conflict(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    sync = pipeline.preview(connection)
    by_hand(house, 2, job_title="Typed by hand")
    pipeline.approve(sync)
    again = pipeline.preview(connection)
    (row,) = pipeline.rows(again)
    assert row.kind is ChangeKind.CONFLICT
    assert row.proposal
    assert row.proposal.conflicts == (Cell("job_title", "Typed by hand", "Director"),)
    assert book.reads[-1] == "from the cursor"


def test_an_edit_of_another_field_does_not_stand_in_the_way(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    sync = pipeline.preview(connection)
    by_hand(house, 2, notes="Likes tea")
    assert pipeline.approve(sync).statistics.updated == 1
    assert (named(house, 2).person.job_title, named(house, 2).person.notes) == ("Director", "Likes tea")


def test_contacts_read_back_from_a_spreadsheet_meanwhile_are_not_overwritten(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s5", job_title="Director")
    sync = pipeline.preview(connection)
    sheet = house.home / "edited.csv"
    sheet.write_text(f"id,job_title\n{named(house, 5).id},Typed in a sheet\n")
    told = CliRunner().invoke(main, ["import", str(sheet), "--org", "acme", "--json"], catch_exceptions=False)
    assert json.loads(told.output) == {"created": 0, "updated": 1, "unchanged": 0}
    assert pipeline.approve(sync).statistics.conflicted == 1
    assert named(house, 5).person.job_title == "Typed in a sheet"


def test_a_contact_deleted_meanwhile_is_handed_back(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    sync = pipeline.preview(connection)
    with house.store.begin() as session:
        contacts.remove(session, house.scope, [named(house, 2).id])
    (row,) = pipeline.rows(pipeline.approve(sync))
    assert (row.state, row.error) == (ChangeState.STALE, "the contact was deleted since the review")
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert again.kind is ChangeKind.CREATE


def test_a_person_who_came_into_the_crm_meanwhile_is_not_created_twice(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    sync = pipeline.preview(connection)
    with house.store.begin() as session:
        contacts.create(session, house.scope, [Contact("by-hand", 1, somebody(7), {})])
    done = pipeline.approve(sync)
    assert done.statistics.created == len(book.people) - 1
    assert house.count() == len(book.people)
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert (again.kind, again.object_id) == (ChangeKind.UPDATE, "by-hand")
