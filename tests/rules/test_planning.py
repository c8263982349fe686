"""Which kind of row a record becomes, with which reason, and in what order a plan is read."""

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from storage.records import Cell, ChangeKind, ChangeState, Contact, Labelled, Person, SourceLink, Verdict
from tasks.rules.changes import apply_cells
from tasks.rules.planning import ORDER, comparison, creation, in_order, removal, skip

ADA = Person(given_name="Ada", display_name="Ada Lovelace", emails=(Labelled("ada@engines.example"),))


def contact(person: Person, **provenance: object) -> Contact:
    return Contact("ada", 3, person, dict(provenance))


def with_job(title: str) -> Person:
    return Person(display_name="Ada Lovelace", job_title=title)


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "kind"),
    [
        ("Clerk", "Analyst", "Clerk", ChangeKind.UPDATE),
        ("Clerk", "Analyst", "Countess", ChangeKind.CONFLICT),
        ("Clerk", "Analyst", "Analyst", ChangeKind.SKIP),
        ("Clerk", "Clerk", "Countess", ChangeKind.SKIP),
        ("Clerk", "", "Clerk", ChangeKind.UPDATE),
    ],
)
def test_the_kind_of_a_row_follows_from_who_changed_what(base: str, theirs: str, ours: str, kind: ChangeKind) -> None:
    link = SourceLink("source", with_job(theirs), with_job(base))
    change = comparison(contact(with_job(ours)), link, reason="changed at the source")
    assert change.kind is kind
    assert change.fields == (() if kind is ChangeKind.SKIP else ("job_title",))
    assert (change.object_id, change.seen_version, change.state) == ("ada", 3, ChangeState.PROPOSED)
    assert change.reason == ("the CRM has these values already" if kind is ChangeKind.SKIP else "changed at the source")
    assert change.proposal is not None
    assert change.proposal.links == (link,)


def test_a_conflict_shows_both_sides_and_proposes_by_rule() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    link = SourceLink("source", with_job("Analyst"), with_job("Clerk"), modified_at=now)
    typed = contact(with_job("Countess"), job_title={"source": "manual", "at": "2020-01-01T00:00:00+00:00"})
    synced = contact(with_job("Countess"), job_title={"source": "google", "at": "2020-01-01T00:00:00+00:00"})
    kept, taken = (comparison(one, link, reason="").proposal for one in (typed, synced))
    assert kept is not None
    assert taken is not None
    assert kept.conflicts == taken.conflicts == (Cell("job_title", "Countess", "Analyst"),)
    assert kept.cells == ()
    assert taken.cells == (Cell("job_title", "Countess", "Analyst"),)


def test_a_new_tie_is_a_row_even_where_no_value_changes() -> None:
    assert comparison(contact(ADA), SourceLink("source", ADA), reason="same e-mail").kind is ChangeKind.UPDATE
    renamed = SourceLink("new id", ADA, ADA, previous_id="old id")
    assert comparison(contact(ADA), renamed, reason="another id").kind is ChangeKind.UPDATE


def test_a_doubtful_match_is_always_asked_about() -> None:
    change = comparison(contact(ADA), SourceLink("source", ADA), reason="alike", verdict=Verdict.MAYBE)
    assert (change.kind, change.reason) == (ChangeKind.MAYBE, "alike")


def test_a_person_whom_the_crm_lacks_is_created_whole() -> None:
    change = creation([SourceLink("source", ADA)])
    assert change.proposal is not None
    assert (change.kind, change.object_id, change.seen_version) == (ChangeKind.CREATE, "", 0)
    assert apply_cells(Person(), change.proposal.cells) == ADA
    assert change.proposal.name == "Ada Lovelace"
    assert change.fields == ("display_name", "emails", "given_name")


def test_several_records_of_one_person_make_one_contact() -> None:
    other = Person(display_name="A. Lovelace", company="Engines", emails=(Labelled("ada@home.example", "home"),))
    links = [SourceLink("one", ADA), SourceLink("two", other)]
    change = creation(links)
    assert change.proposal is not None
    made = apply_cells(Person(), change.proposal.cells)
    assert (made.display_name, made.company) == ("Ada Lovelace", "Engines")
    assert made.emails == (*ADA.emails, *other.emails)
    assert change.proposal.links == tuple(links)
    assert "2 records" in change.reason


def test_a_contact_made_of_several_records_bears_a_name_that_one_of_them_says_whole() -> None:
    mail = (Labelled("ada@engines.example"),)
    nameless = Person(display_name="Ada@engines.example", emails=mail, company="Engines")
    brief = Person(given_name="Countess", display_name="Countess", emails=mail)
    whole = Person(given_name="Ada", family_name="Lovelace", display_name="Ada Lovelace", emails=mail)
    for people in permutations([nameless, brief, whole]):
        proposal = creation([SourceLink(str(place), person) for place, person in enumerate(people)]).proposal
        assert proposal is not None
        assert apply_cells(Person(), proposal.cells) == replace(whole, company="Engines")


NAMELESS = Person(display_name="ada@engines.example", emails=ADA.emails)
OF_A_FIRM = Person(display_name="Engines", company="Engines")


@pytest.mark.parametrize("base", [Person(), NAMELESS])
@pytest.mark.parametrize("theirs", [NAMELESS, OF_A_FIRM])
def test_what_is_shown_for_want_of_a_name_is_no_rival_of_a_name(base: Person, theirs: Person) -> None:
    change = comparison(contact(ADA), SourceLink("source", theirs, base), reason="same e-mail")
    assert change.kind is not ChangeKind.CONFLICT
    assert "display_name" not in change.fields


def test_a_name_takes_the_place_of_what_was_shown_for_want_of_one() -> None:
    change = comparison(contact(NAMELESS), SourceLink("source", ADA), reason="same e-mail")
    assert change.proposal is not None
    assert (change.kind, apply_cells(NAMELESS, change.proposal.cells)) == (ChangeKind.UPDATE, ADA)


def test_a_name_that_the_source_took_back_goes() -> None:
    change = comparison(contact(ADA), SourceLink("source", NAMELESS, ADA), reason="changed at the source")
    assert change.proposal is not None
    assert (change.kind, apply_cells(ADA, change.proposal.cells)) == (ChangeKind.UPDATE, NAMELESS)


def test_a_removal_takes_the_link_and_no_value() -> None:
    change = removal(contact(ADA), SourceLink("source", ADA, ADA))
    assert change.proposal is not None
    assert (change.kind, change.proposal.cells, change.fields) == (ChangeKind.REMOVED, (), ())


def test_what_could_not_be_read_has_failed_before_it_began() -> None:
    assert skip("no name", failed=True).state is ChangeState.FAILED
    assert skip("unchanged", object_id="ada").state is ChangeState.PROPOSED


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (Person(display_name="Ada", company="Engines"), "Ada"),
        (Person(company="Engines", emails=(Labelled("a@x.example"),)), "Engines"),
        (Person(emails=(Labelled("a@x.example"),)), "a@x.example"),
        (Person(phones=(Labelled("+4930111"),)), "+4930111"),
        (Person(), ""),
    ],
)
def test_a_row_is_called_by_the_best_name_there_is(person: Person, name: str) -> None:
    proposal = creation([SourceLink("source", person)]).proposal
    assert proposal is not None
    assert proposal.name == name


def test_a_plan_reads_the_same_whatever_order_it_came_in() -> None:
    people = [Person(display_name=name) for name in ("bob", "Ada", "Carl")]
    rows = [creation([SourceLink("source", person)]) for person in people]
    rows += [comparison(contact(person), SourceLink("source", person), reason="new tie") for person in people]
    rows += [removal(contact(people[0]), SourceLink("source", people[0])), skip("unchanged"), skip("unreadable")]
    shuffled = random.Random(1).sample(rows, len(rows))
    assert in_order(shuffled) == in_order(rows)
    assert [row.kind for row in in_order(shuffled)] == sorted((row.kind for row in rows), key=ORDER.index)
    names = [row.proposal.name for row in in_order(shuffled) if row.proposal and row.kind is ChangeKind.CREATE]
    assert names == ["Ada", "bob", "Carl"]
    assert set(ORDER) == set(ChangeKind)
