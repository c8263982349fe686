"""What stops a plan before anybody is asked, and from which number on."""

from collections.abc import Sequence

import pytest

from storage.records import Cell, Change, ChangeKind, ChangeState, Person, Proposal, SourceLink
from tasks.rules.guards import (
    Allow,
    Extent,
    FieldBlanked,
    SameValueOnMany,
    SourceWentEmpty,
    TooManyRemovals,
    TooManyUpdates,
    UnsafePlan,
    repeated,
    unsafe,
)

KNOWN = Person(display_name="known before")


def change(kind: ChangeKind, *cells: Cell, base: Person = KNOWN) -> Change:
    proposal = Proposal("", cells, (SourceLink("source", Person(), base),))
    return Change("", 0, kind, ChangeState.PROPOSED, "object", 1, "", (), proposal)


def removed(count: int) -> list[Change]:
    return [change(ChangeKind.REMOVED)] * count


def replaced(count: int) -> list[Change]:
    return [change(ChangeKind.UPDATE, Cell("company", "Old", "New"))] * count


def blanked(count: int) -> list[Change]:
    return [change(ChangeKind.UPDATE, Cell("company", "Old", ""))] * count


def stops(changes: Sequence[Change], linked: int, *, seen: int = 1, full: bool = False) -> list[type[UnsafePlan]]:
    extent = Extent(linked, seen, full, {"company": linked})
    return [type(stop) for stop in unsafe(changes, extent)]


@pytest.mark.parametrize(
    ("plan", "linked", "stop"),
    [
        (removed(10), 100, None),  # exactly a tenth
        (removed(11), 100, TooManyRemovals),
        (removed(3), 20, TooManyRemovals),
        (removed(9), 9, None),  # too few contacts to speak of shares
        (removed(10), 20, TooManyRemovals),
        (removed(142), 310, TooManyRemovals),
        (replaced(30), 100, None),
        (replaced(31), 100, TooManyUpdates),
        (replaced(9), 9, None),
        ([], 0, None),
    ],
)
def test_a_plan_stops_above_its_limit_and_not_at_it(
    plan: list[Change], linked: int, stop: type[UnsafePlan] | None
) -> None:
    assert stops(plan, linked) == ([stop] if stop else [])


@pytest.mark.parametrize(("count", "expected"), [(50, [TooManyUpdates]), (51, [TooManyUpdates, FieldBlanked])])
def test_a_field_that_would_be_emptied_nearly_everywhere_stops_too(
    count: int, expected: list[type[UnsafePlan]]
) -> None:
    assert stops(blanked(count), 100) == expected


def test_a_field_that_few_have_is_measured_by_those_who_have_it() -> None:
    for holders, stop in ((19, [FieldBlanked]), (20, []), (9, [])):
        found = unsafe(blanked(10), Extent(1000, 1000, full=False, holders={"company": holders}))
        assert [type(one) for one in found] == stop


def test_filling_in_what_was_unknown_harms_nobody() -> None:
    fills = [change(ChangeKind.UPDATE, Cell("company", "", "New"))] * 100
    first_time = [change(ChangeKind.CONFLICT, Cell("company", "Old", "New"), base=Person())] * 100
    creations = [change(ChangeKind.CREATE, Cell("company", "", "New"), base=Person())] * 100
    assert stops([*fills, *first_time, *creations], 100) == []


def test_an_emptied_source_stops_only_where_all_was_read() -> None:
    assert stops([], 5, seen=0, full=True) == [SourceWentEmpty]
    assert stops(removed(100), 100, seen=0, full=True) == [SourceWentEmpty]
    assert stops([], 5, seen=0) == []
    assert stops([], 0, seen=0, full=True) == []
    assert stops([], 5, seen=1, full=True) == []


def test_everything_that_stops_a_plan_is_said_at_once() -> None:
    found = unsafe([*removed(20), *blanked(80)], Extent(100, 80, full=True, holders={"company": 100}))
    assert [stop.allow for stop in found] == [Allow.REMOVALS, Allow.UPDATES, Allow.BLANKS]


@pytest.mark.parametrize(
    ("holders", "people", "stop"), [(19, 19, False), (20, 199, True), (20, 200, False), (21, 200, True), (2, 3, False)]
)
def test_one_value_on_many_people_stops(holders: int, people: int, stop: bool) -> None:  # noqa: FBT001 (a table's column)
    found = repeated("emails", holders, people)
    assert isinstance(found, SameValueOnMany) is stop


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        (TooManyRemovals(142, 310), "142 of 310 contacts would go, limit 10%; --allow-removals"),
        (TooManyUpdates(31, 100), "31 of 100 contacts would change, limit 30%; --allow-updates"),
        (SourceWentEmpty(7), "no contact at all, where 7 were linked; --allow-removals"),
        (
            FieldBlanked("company", 51, 100),
            "company would be emptied on 51 of 100 contacts that have it, limit 50%; --allow-blanks",
        ),
        (SameValueOnMany("emails", 21, 200), "21 of 200 people share one value in emails, limit 10%; --allow-repeats"),
    ],
)
def test_a_stop_carries_its_numbers_and_the_way_out(stop: UnsafePlan, text: str) -> None:
    assert text in str(stop)
    assert f"--allow-{stop.allow}" in text
