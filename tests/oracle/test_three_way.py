"""The three-way comparison of a contact, beside a slow and obvious Python that asks one question a field."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from storage.records import ChangeKind, Contact, Labelled, Person, SourceLink
from tasks.rules.changes import apply_cells
from tasks.rules.planning import comparison

WORDS = ("", "x", "y", "z")
SEVERAL = ("emails", "tags")

addresses = st.lists(st.sampled_from(["a@x.example", "b@x.example", "c@x.example"]), max_size=3, unique=True)
people = st.builds(
    Person,
    job_title=st.sampled_from(WORDS),
    company=st.sampled_from(WORDS),
    notes=st.sampled_from(WORDS),
    emails=addresses.map(lambda values: tuple(map(Labelled, values))),
    tags=st.lists(st.sampled_from(["red", "blue", "green"]), max_size=3, unique=True).map(tuple),
)


def expected(base: Person, theirs: Person, ours: Person) -> tuple[Person, set[str]]:
    """The contact as it should become with the CRM's word kept in conflicts, and the fields in conflict."""
    after, conflicts = ours, set[str]()
    for name in (field.name for field in fields(Person)):
        was, now, here = (getattr(side, name) for side in (base, theirs, ours))
        if now in (was, here):
            continue
        if name in SEVERAL:
            after = changed(after, name, merged(was, now, here))
        elif here == was:
            after = changed(after, name, now)
        else:
            conflicts.add(name)
            after = changed(after, name, here or now)  # something beats nothing
    return after, conflicts


def changed(person: Person, name: str, value: Any) -> Person:
    return replace(person, **{name: value})


def merged(was: tuple[Any, ...], now: tuple[Any, ...], here: tuple[Any, ...]) -> tuple[Any, ...]:
    kept = [one for one in here if not (one in was and one not in now)]
    return (*kept, *(one for one in now if one not in was and one not in kept))


def compared(base: Person, theirs: Person, ours: Person) -> Any:
    contact = Contact("id", 1, ours, {name: {"source": "manual"} for name in ("job_title", "company", "notes")})
    return comparison(contact, SourceLink("s", theirs, base), reason="why")


@given(people, people, people)
def test_what_a_plan_would_write_is_what_the_obvious_python_says(base: Person, theirs: Person, ours: Person) -> None:
    assume(base != Person())
    row = compared(base, theirs, ours)
    after, conflicts = expected(base, theirs, ours)
    assert apply_cells(ours, row.proposal.cells) == after
    assert {cell.field for cell in row.proposal.conflicts} == conflicts
    wanted = ChangeKind.CONFLICT if conflicts else ChangeKind.UPDATE if after != ours else ChangeKind.SKIP
    assert row.kind is wanted


@given(people, people)
def test_a_source_that_says_what_it_said_changes_nothing(base: Person, ours: Person) -> None:
    assume(base != Person())
    row = compared(base, base, ours)
    assert (row.kind, row.proposal.cells, row.proposal.conflicts) == (ChangeKind.SKIP, (), ())


@given(people, people, people)
def test_what_was_written_is_not_found_a_second_time(base: Person, theirs: Person, ours: Person) -> None:
    """apply(plan), then plan again: nothing; a conflict that was settled stays settled."""
    assume(Person() not in (base, theirs))
    after = apply_cells(ours, compared(base, theirs, ours).proposal.cells)
    assert compared(theirs, theirs, after).kind is ChangeKind.SKIP
