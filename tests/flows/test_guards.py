"""Plans that look like an accident stop before anybody is asked, with numbers and the way out."""

from collections.abc import Callable

import pytest

from storage.records import Labelled, SyncStatus
from tasks.rules.guards import Allow, FieldBlanked, UnsafePlan
from tests.flows.book import Book, somebody
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

Accident = Callable[[Book], None]


def emptied(book: Book) -> None:
    for name in list(book.people):
        book.remove(name)


def shrunk(book: Book) -> None:
    for number in range(11):
        book.remove(f"s{number}")


def rewritten(book: Book) -> None:
    for number in range(12):
        book.edit(f"s{number}", display_name="Somebody Else")


def blanked(book: Book) -> None:
    for name in list(book.people):
        book.edit(name, emails=())


def repeated(book: Book) -> None:
    for name in list(book.people):
        book.edit(name, emails=(*book.people[name].emails, Labelled("office@firm.example")))


@pytest.mark.parametrize(
    ("accident", "full", "told", "allow"),
    [
        (emptied, True, "no contact at all, where 20 were linked; --allow-removals", [Allow.REMOVALS]),
        (emptied, False, "20 of 20 contacts would go, limit 10 %; --allow-removals", [Allow.REMOVALS]),
        (shrunk, False, "11 of 20 contacts would go, limit 10 %; --allow-removals", [Allow.REMOVALS]),
        (rewritten, False, "12 of 20 contacts would change, limit 30 %; --allow-updates", [Allow.UPDATES]),
        (blanked, False, "emails would be emptied on 20 of 20 contacts", [Allow.UPDATES, Allow.BLANKS]),
        (repeated, False, "20 of 20 people share one value in emails", [Allow.UPDATES, Allow.REPEATS]),
    ],
)
def test_an_accident_stops_the_run_and_a_person_may_let_it_pass(
    house: House, pipeline: Pipeline, connection: str, book: Book, accident: Accident, full: bool, told: str,  # noqa: FBT001 (a table)
    allow: list[Allow],
) -> None:  # fmt: skip
    pipeline.run(connection)
    before, cursor = house.crm(), house.cursor(connection)
    accident(book)
    sync_id = pipeline.open(connection, full=full)
    with pytest.raises(UnsafePlan) as stop:
        pipeline.to_review(sync_id)
    assert told in str(stop.value).replace("\u00a0", " ").replace("10%", "10 %").replace("30%", "30 %")
    stopped = pipeline.sync(sync_id)
    assert (stopped.status, told.partition(",")[0] in stopped.error) == (SyncStatus.FAILED, True)
    assert pipeline.rows(stopped) == []
    assert (house.crm(), house.cursor(connection)) == (before, cursor)
    assert pipeline.preview(connection, full=full, allow=allow).status is SyncStatus.PREVIEW


@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
def test_a_field_that_few_have_and_all_would_lose_stops_the_run(
    pipeline: Pipeline, connection: str, book: Book
) -> None:
    for number in range(60):
        book.put(f"s{number}", somebody(number, birthday="1990-01-01" if number < 10 else ""))
    pipeline.run(connection)
    for number in range(10):
        book.edit(f"s{number}", birthday="")
    with pytest.raises(FieldBlanked, match="birthday would be emptied on 10 of 10 contacts that have it"):
        pipeline.preview(connection)


def test_few_changes_are_no_accident(pipeline: Pipeline, connection: str, book: Book) -> None:
    pipeline.run(connection)
    for number in range(2):
        book.remove(f"s{number}")
    assert pipeline.preview(connection).statistics.removed == 2
