"""Contacts that go or are merged while a sync is being prepared: their records are handed back, and nothing breaks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.people import contacts, merging, twins
from storage.records import ChangeKind, ChangeState, Contact, Match, Verdict
from storage.sync.syncs import Sync
from tests.flows.book import Book, somebody
from tests.flows.house import House
from tests.flows.pipeline import Pipeline, adds_up

STEPS = ("link", "plan")
BY_HAND = Contact("by-hand", 1, somebody(7), {})


def named(house: House, number: int) -> Contact:
    name = somebody(number).display_name
    return next(one for one in house.crm() if one.person.display_name == name)


def delete(house: House, *numbers: int) -> Callable[[], None]:
    gone = [named(house, number).id for number in numbers]

    def deed() -> None:
        with house.store.begin() as session:
            contacts.remove(session, house.scope, gone)

    return deed


def merge_into(house: House, kept: str, gone: str) -> Callable[[], None]:
    def deed() -> None:
        with house.store.begin() as session:
            match = Match(kept, gone, Verdict.MAYBE, 0.8, "same given name")
            twins.propose(session, house.scope, [match], dict.fromkeys((kept, gone), 1))
            (pair,) = (one for one in twins.twins(session, house.scope) if {one.one_id, one.other_id} == {kept, gone})
            both = merging.open_pair(session, house.scope, pair.id, keep=kept)
            after = replace(both.kept, version=both.kept.version + 1)
            merging.merge(session, house.scope, both, after, by="ann", undo_for=timedelta(days=1))

    return deed


def known_by_hand(house: House) -> None:
    with house.store.begin() as session:
        contacts.create(session, house.scope, [BY_HAND])


def handed_back(pipeline: Pipeline, sync: Sync) -> bool:
    rows = pipeline.rows(sync, state=ChangeState.STALE)
    return len(rows) == 1 and "the next sync looks again" in rows[0].reason and adds_up(sync, pipeline.rows(sync))


@pytest.mark.parametrize("step", STEPS)
def test_a_contact_that_goes_while_its_change_is_being_planned_is_offered_by_the_next_sync(
    house: House, pipeline: Pipeline, connection: str, book: Book, step: str
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    pipeline.before[step] = delete(house, 2)
    sync = pipeline.preview(connection)
    assert handed_back(pipeline, sync)
    assert pipeline.approve(sync).statistics.conflicted == 1
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert again.kind is ChangeKind.CREATE


def test_a_contact_that_goes_after_a_record_was_linked_to_it_is_not_written_about(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    known_by_hand(house)
    pipeline.before["plan"] = delete(house, 7)
    sync = pipeline.preview(connection)
    assert handed_back(pipeline, sync)
    assert pipeline.approve(sync).statistics.created == len(book.people) - 1
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert again.kind is ChangeKind.CREATE


def test_a_contact_that_went_is_not_removed_once_more(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.remove("s2")
    pipeline.before["plan"] = delete(house, 2)
    (row,) = pipeline.rows(pipeline.preview(connection))
    assert (row.kind, row.reason) == (ChangeKind.SKIP, "no longer at the source, nor in the CRM")


@pytest.mark.parametrize("step", STEPS)
def test_a_change_goes_to_the_contact_that_its_own_was_merged_into(
    house: House, pipeline: Pipeline, connection: str, book: Book, step: str
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    kept, gone = named(house, 3), named(house, 2)
    pipeline.before[step] = merge_into(house, kept.id, gone.id)
    (row,) = pipeline.rows(pipeline.preview(connection))
    assert row.object_id == kept.id
    assert row.kind in (ChangeKind.UPDATE, ChangeKind.CONFLICT)


def test_a_record_whose_match_was_merged_into_another_contact_is_matched_anew_by_the_next_sync(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    with house.store.begin() as session:
        contacts.create(session, house.scope, [BY_HAND, Contact("twin", 1, BY_HAND.person, {})])
    pipeline.before["plan"] = merge_into(house, "twin", "by-hand")
    sync = pipeline.preview(connection)
    assert handed_back(pipeline, sync)
    assert pipeline.approve(sync).statistics.created == len(book.people) - 1
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert again.object_id == "twin"
