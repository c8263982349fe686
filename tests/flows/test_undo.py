"""Taking a sync back: as if it had never been, but for what people did since."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.documents import now
from storage.organization import organization_settings
from storage.records import Labelled
from tasks.sync.undo import REFUSED, CannotUndo
from tests.flows.book import Book, somebody
from tests.flows.by_hand import by_hand, named
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline
from tests.flows.test_review_and_apply import both


@both
def test_created_contacts_go_and_updated_ones_are_exactly_as_they_were(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    before, ties = house.crm(), house.sql("SELECT source_id, object_id, fingerprint FROM object_links ORDER BY 1")
    for number in range(5):
        book.edit(f"s{number}", job_title="Director", emails=(Labelled(f"new{number}@firm.example", "work"),))
    book.put("s20", somebody(20))
    book.remove("s6")
    book.put("new name", somebody(7), "s7")
    sync = pipeline.run(connection)
    assert house.crm() != before
    taken = pipeline.undo(sync)
    assert (taken.undone, taken.refused) == (8, ())
    assert [(one.id, one.person, one.provenance) for one in house.crm()] == [
        (one.id, one.person, one.provenance) for one in before
    ]
    assert house.sql("SELECT source_id, object_id, fingerprint FROM object_links ORDER BY 1") == ties


def test_the_next_run_offers_again_what_was_taken_back(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    first = pipeline.run(connection)
    pipeline.undo(first)
    assert house.crm() == []
    assert pipeline.kinds(pipeline.preview(connection)) == {"create": len(book.people)}
    assert book.reads[-1] == "from the cursor"
    pipeline.run(connection)
    book.edit("s1", job_title="Director")
    book.remove("s2")
    pipeline.undo(pipeline.run(connection))
    assert pipeline.kinds(pipeline.preview(connection)) == {"update": 1, "removed": 1}


def test_what_was_edited_since_is_refused_and_listed(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    for number in (1, 2, 3):
        book.edit(f"s{number}", job_title="Director")
    sync = pipeline.run(connection)
    by_hand(house, 2, notes="Likes tea")
    kept = named(house, 2)
    taken = pipeline.undo(sync)
    assert (taken.undone, taken.refused) == (2, (kept.id,))
    assert named(house, 2) == kept
    assert named(house, 1).person.job_title == named(house, 3).person.job_title == ""
    assert [row.error for row in pipeline.rows(sync) if row.object_id == kept.id] == [REFUSED]


def test_an_edit_by_sql_that_says_nothing_of_it_counts_as_one(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    sync = pipeline.run(connection)
    properties = json.dumps({"display_name": somebody(3).display_name, "notes": "by hand"})
    house.sql(
        "UPDATE objects SET properties = :properties WHERE id = :id", properties=properties, id=named(house, 3).id
    )
    assert len(pipeline.undo(sync).refused) == 1
    assert house.count() == 1


def test_a_contact_that_was_deleted_since_does_not_come_back(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s1", job_title="Director")
    sync = pipeline.run(connection)
    house.sql("DELETE FROM object_links WHERE source_id = 's1'")
    house.sql("DELETE FROM objects WHERE id = :id", id=named(house, 1).id)
    taken = pipeline.undo(sync)
    assert (taken.undone, len(taken.refused)) == (0, 1)
    assert house.count() == len(book.people) - 1


def test_undoing_twice_is_undoing_once(house: House, pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    sync = pipeline.run(connection)
    pipeline.undo(sync)
    before = house.crm()
    assert pipeline.undo(sync).undone == 0
    assert house.crm() == before


def test_only_what_was_written_can_be_taken_back_and_not_for_ever(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    waiting = pipeline.preview(connection)
    with pytest.raises(CannotUndo, match="is preview: there is nothing to take back"):
        pipeline.undo(waiting)
    done = pipeline.approve(waiting)
    past = (now() - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    house.sql("UPDATE contact_syncs SET undo_until = :past", past=past)
    with pytest.raises(CannotUndo, match="could be taken back until"):
        pipeline.undo(replace(done))


def test_taking_back_the_older_of_two_runs_leaves_the_newer_values(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s1", job_title="Director")
    older = pipeline.run(connection)
    book.edit("s1", job_title="Head")
    pipeline.run(connection)
    assert pipeline.undo(older).refused == (named(house, 1).id,)
    assert named(house, 1).person.job_title == "Head"


@both
def test_an_organization_says_itself_how_long_its_syncs_can_be_taken_back(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, {"undo_days": "3"}, actor=ANN)
    done = pipeline.run(connection)
    assert done.undo_until
    assert timedelta(days=2.9) < done.undo_until - now() <= timedelta(days=3)
