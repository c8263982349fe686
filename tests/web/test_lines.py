"""A row of a plan in the list and beside it: what changes comes first, in the words of the page."""

from dataclasses import replace

from storage.records import Change, Contact, Labelled, Person, SourceLink, Verdict
from tasks.rules.planning import comparison
from web.sync.record import line_of, reasons_of

HELD = Person(given_name="Pia", family_name="Berg", phones=(Labelled("+493012345678", "work"),), company="Kite")


def compared(fresh: Person, base: Person) -> Change:
    link = SourceLink("s1", fresh, base)
    return comparison(Contact("c1", 1, HELD, {}), link, reason="linked before", verdict=Verdict.SURE)


def test_of_several_values_a_line_shows_those_that_come_and_go() -> None:
    more = replace(HELD, phones=(*HELD.phones, Labelled("+491701234567", "mobile")))
    ((name, shown),) = line_of(compared(more, HELD), None, {}).fields
    assert name == "phones"
    assert [(piece.text, piece.fate) for piece in shown] == [("+491701234567 (mobile)", "comes")]


def test_what_both_sides_changed_stands_first() -> None:
    fresh = replace(HELD, family_name="Berg-Ito", phones=(*HELD.phones, Labelled("+491701234567", "mobile")))
    line = line_of(compared(fresh, replace(HELD, family_name="Ito")), None, {})
    assert [name for name, _ in line.fields] == ["family_name", "phones"]


def test_reasons_call_fields_by_the_names_on_the_page() -> None:
    row = replace(compared(HELD, HELD), reason="same e-mail, company equal; family_name: the CRM's, the more recent")
    assert reasons_of(row) == ["same e-mail, company equal", "Last name: the CRM's, the more recent"]
