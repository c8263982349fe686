"""The laws of the three-way comparison, for any contact."""

from dataclasses import replace
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Cell, Labelled, Person, PostalAddress
from tasks.rules.changes import (
    FIELDS,
    SEVERAL,
    apply_cells,
    as_creation,
    base_after,
    merge_sets,
    moved_fields,
    still_holds,
    three_way,
)
from tasks.rules.normalise import field_key

SINGLE = tuple(name for name in FIELDS if name not in SEVERAL)
# Few fields and values, so that the three sides often meet; one of each as normalising leaves it.
WORDS = st.sampled_from(["", "red", "green", "blue"])


def several(field: str, *values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to three of the values in any order, none twice in two spellings."""
    chosen = [some for size in range(4) for some in permutations(values, size)]
    return st.sampled_from([some for some in chosen if len({field_key(field, one) for one in some}) == len(some)])


def labelled(field: str, *values: str) -> st.SearchStrategy[tuple[Any, ...]]:
    return several(field, *(Labelled(value, label) for value in values for label in ("", "work")))


people = st.builds(
    Person,
    company=WORDS,
    job_title=WORDS,
    notes=WORDS,
    emails=labelled("emails", "a@x.example", "b@x.example", "A@x.example", "c@x.example"),
    phones=labelled("phones", "+4930111", "+4930222", "+4930333"),
    urls=labelled("urls", "https://x.example", "http://y.example"),
    custom=labelled("custom", "1", "2"),
    tags=several("tags", "Friend", "friend", "vip", "new"),
    addresses=several("addresses", PostalAddress("A 1"), PostalAddress("A 1", label="work"), PostalAddress("B 2")),
)


def theirs_wins(_field: str, _ours: Any, theirs: Any) -> Any:
    return theirs


def ours_wins(_field: str, ours: Any, _theirs: Any) -> Any:
    return ours


choices = st.sampled_from([theirs_wins, ours_wins])


def keys(person: Person, field: str) -> set[str]:
    return {field_key(field, value) for value in getattr(person, field)}


@given(people, people)
def test_what_did_not_change_at_the_source_plans_nothing(person: Person, ours: Person) -> None:
    assert three_way(person, person, person, theirs_wins).cells == ()
    assert three_way(person, person, ours, theirs_wins).cells == ()


@given(people, people)
def test_what_only_the_source_changed_becomes_theirs(base: Person, theirs: Person) -> None:
    difference = three_way(base, theirs, base, ours_wins)
    after = apply_cells(base, difference.cells)
    assert difference.conflicts == ()
    assert {name: getattr(after, name) for name in SINGLE} == {name: getattr(theirs, name) for name in SINGLE}
    assert all(keys(after, name) == keys(theirs, name) for name in SEVERAL)


@given(people, people)
def test_what_both_changed_alike_plans_nothing(base: Person, both: Person) -> None:
    difference = three_way(base, both, both, theirs_wins)
    assert (difference.cells, difference.conflicts) == ((), ())


@given(people, people, people, choices)
def test_a_conflict_is_a_single_value_that_both_changed_and_nothing_else(
    base: Person, theirs: Person, ours: Person, choose: Any
) -> None:
    conflicts = three_way(base, theirs, ours, choose).conflicts
    expected = {
        name
        for name in SINGLE
        if len({getattr(base, name), getattr(theirs, name)}) == 2
        and getattr(ours, name) not in (getattr(base, name), getattr(theirs, name))
    }
    assert {cell.field for cell in conflicts} == expected
    assert all(
        (cell.before, cell.after) == (getattr(ours, cell.field), getattr(theirs, cell.field)) for cell in conflicts
    )


@given(people, people, people, choices)
def test_a_cell_says_what_is_there_and_something_else(base: Person, theirs: Person, ours: Person, choose: Any) -> None:
    for cell in three_way(base, theirs, ours, choose).cells:
        assert cell.before == getattr(ours, cell.field)
        assert cell.before != cell.after


@given(people, people, people)
def test_of_several_values_nothing_is_lost_but_what_the_source_took_away(
    base: Person, theirs: Person, ours: Person
) -> None:
    after = apply_cells(ours, three_way(base, theirs, ours, ours_wins).cells)
    for name in SEVERAL:
        taken_away = keys(base, name) - keys(theirs, name)
        added = keys(theirs, name) - keys(base, name)
        if getattr(theirs, name) != getattr(base, name):
            assert keys(after, name) == (keys(ours, name) - taken_away) | added
        else:
            assert getattr(after, name) == getattr(ours, name)


@given(people, people, people)
def test_ours_keep_their_order_and_additions_come_last(base: Person, theirs: Person, ours: Person) -> None:
    key = partial(field_key, "emails")
    merged = list(map(key, merge_sets(base.emails, theirs.emails, ours.emails, key)))
    kept = [name for name in map(key, ours.emails) if name in merged]
    assert merged[: len(kept)] == kept


@given(people, people, people)
def test_merging_twice_is_merging_once(base: Person, theirs: Person, ours: Person) -> None:
    for name in SEVERAL:
        key = partial(field_key, name)
        sides = getattr(base, name), getattr(theirs, name)
        once = merge_sets(*sides, getattr(ours, name), key)
        assert merge_sets(*sides, once, key) == once


@given(people, people, people, choices)
def test_applying_twice_is_applying_once_and_leaves_nothing_to_plan(
    base: Person, theirs: Person, ours: Person, choose: Any
) -> None:
    cells = three_way(base, theirs, ours, choose).cells
    once = apply_cells(ours, cells)
    assert apply_cells(once, cells) == once
    assert three_way(theirs, theirs, once, choose).cells == ()
    assert still_holds(once, cells)


@given(people)
def test_creating_gives_the_person_whole(person: Person) -> None:
    assert apply_cells(Person(), as_creation(person)) == person


@given(people, people, people, st.sets(st.sampled_from(FIELDS)))
def test_a_refused_field_is_offered_again_and_the_others_are_not(
    base: Person, theirs: Person, ours: Person, refused: set[str]
) -> None:
    proposed = three_way(base, theirs, ours, theirs_wins)
    written = apply_cells(ours, [cell for cell in proposed.cells if cell.field not in refused])
    again = three_way(base_after(base, theirs, refused), theirs, written, theirs_wins)
    assert set(again.cells) == {cell for cell in proposed.cells if cell.field in refused}


@given(people, people, people, people)
def test_a_review_holds_while_each_field_is_as_seen_or_as_wanted(
    base: Person, theirs: Person, ours: Person, moved: Person
) -> None:
    cells = three_way(base, theirs, ours, theirs_wins).cells
    assert still_holds(ours, cells)
    assert moved_fields(ours, cells) == ()
    assert still_holds(moved, cells) == (not moved_fields(moved, cells))
    for field in moved_fields(moved, cells):
        assert getattr(moved, field) not in (getattr(ours, field), getattr(apply_cells(ours, cells), field))


@pytest.mark.parametrize(
    ("was", "now", "here", "after"),
    [
        ("a b", "a", "a b c", "a c"),  # the source removed b; c is ours
        ("a", "a b", "c a", "c a b"),  # the source added b
        ("", "a", "", "a"),
        ("a", "", "a", ""),
        ("a b", "b a", "a b", "a b"),  # the order alone is no change
        ("a", "b", "", "b"),  # we removed a, the source exchanged it
    ],
)
def test_sets_are_merged_by_value(was: str, now: str, here: str, after: str) -> None:
    assert merge_sets(was.split(), now.split(), here.split(), str.casefold) == tuple(after.split())


def test_a_label_that_the_source_changed_comes_along_and_one_that_only_we_gave_stays() -> None:
    mail = Person(emails=(Labelled("a@x.example"),))
    work = Person(emails=(Labelled("a@x.example", "work"),))
    home = Person(emails=(Labelled("a@x.example", "home"),))
    assert three_way(mail, work, mail, ours_wins).cells == (Cell("emails", mail.emails, work.emails),)
    assert three_way(mail, mail, work, theirs_wins).cells == ()
    assert three_way(Person(), work, mail, ours_wins).cells == (Cell("emails", mail.emails, work.emails),)
    assert three_way(Person(), home, work, theirs_wins).cells == ()


def test_a_field_that_both_changed_is_a_conflict_with_a_proposal() -> None:
    base, ours = Person(company="Old"), Person(company="Ours")
    difference = three_way(base, replace(base, company="Theirs"), ours, ours_wins)
    assert difference.conflicts == (Cell("company", "Ours", "Theirs"),)
    assert difference.cells == ()
