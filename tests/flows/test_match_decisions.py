"""What a person answered to a doubtful match is never asked again, whatever the source calls the record since."""

from dataclasses import replace

import pytest

from storage.records import ChangeKind, Labelled, Person
from storage.sync.syncs import Sync
from tests.flows.book import Book
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

MAIL = (Labelled("moles@family.example"),)
PETER = Person(given_name="Peter", family_name="Mole", display_name="Peter Mole", emails=MAIL)
ANNA = replace(PETER, given_name="Anna", display_name="Anna Mole")


@pytest.fixture
def question(pipeline: Pipeline, connection: str, book: Book) -> Sync:
    """Peter is in the CRM; Anna, who has the same address, is asked about."""
    book.put("peter", PETER)
    pipeline.run(connection)
    book.put("anna", ANNA)
    return pipeline.preview(connection)


def answer(pipeline: Pipeline, question: Sync, *, same: bool) -> None:
    (row,) = pipeline.rows(question, ChangeKind.MAYBE)
    assert row.reason.startswith(
        "same e-mail, given names differ, same family name; not sure because given names differ"
    )
    pipeline.approve(question, refused=[] if same else [row.id])


def moles(house: House) -> list[str]:
    return sorted(contact.id for contact in house.crm() if contact.person.family_name == "Mole")


def test_no_is_no_and_the_next_sync_takes_them_for_two(
    house: House, pipeline: Pipeline, connection: str, question: Sync
) -> None:
    answer(pipeline, question, same=False)
    assert pipeline.kinds(pipeline.preview(connection)) == {"create": 1}
    pipeline.run(connection)
    assert len(moles(house)) == 2


def test_no_stays_no_through_any_number_of_renames(
    house: House, pipeline: Pipeline, connection: str, book: Book, question: Sync
) -> None:
    answer(pipeline, question, same=False)
    for before, name in (("anna", "second name"), ("second name", "third name")):
        book.put(name, ANNA, before)
        sync = pipeline.preview(connection)
        assert pipeline.kinds(sync) == {"create": 1}
        (row,) = pipeline.rows(sync, ChangeKind.CREATE)
        pipeline.approve(sync, refused=[row.id])
    pipeline.run(connection, full=True)
    assert len(moles(house)) == 2


def test_yes_stays_yes_through_a_rename_after_the_link_was_lost(
    house: House, pipeline: Pipeline, connection: str, book: Book, question: Sync
) -> None:
    answer(pipeline, question, same=True)
    (one,) = moles(house)
    house.sql("DELETE FROM object_links WHERE source_id = 'anna'")
    book.put("new name", ANNA, "anna")
    sync = pipeline.preview(connection)
    assert pipeline.kinds(sync) == {"conflict": 1}
    (row,) = pipeline.rows(sync, ChangeKind.CONFLICT)
    assert (row.object_id, row.reason.partition(";")[0]) == (one, "confirmed by a person earlier")


def test_who_takes_back_a_yes_is_asked_again_and_may_say_no(
    house: House, pipeline: Pipeline, connection: str, question: Sync
) -> None:
    answer(pipeline, question, same=True)
    pipeline.undo(question)
    again = pipeline.preview(connection)
    assert pipeline.kinds(again) == {"maybe": 1}
    answer(pipeline, again, same=False)
    pipeline.run(connection)
    assert len(moles(house)) == 2


def test_an_answer_given_under_the_new_name_is_the_last_word(
    house: House, pipeline: Pipeline, connection: str, book: Book, question: Sync
) -> None:
    answer(pipeline, question, same=False)
    house.sql("UPDATE match_decisions SET source_id = 'both', verdict = 'different'")
    house.sql(
        "INSERT INTO match_decisions SELECT 'x', organization_id, account, 'anna', object_id, 'sure', decided_by, "
        "created_at FROM match_decisions"
    )
    book.put("both", ANNA, "anna")
    assert pipeline.kinds(pipeline.preview(connection)) == {"create": 1}
