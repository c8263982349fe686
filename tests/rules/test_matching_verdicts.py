"""What a careful person would say of two cards, and the words in which it is told."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Labelled, Match, Person, PostalAddress, Verdict
from tasks.rules.matching import judge, traits


def verdict_on(one: Person, other: Person, *others: Person) -> Match | None:
    """The verdict on the first two; more people only make values common."""
    existing = [traits("right", other), *(traits(f"other {at}", person) for at, person in enumerate(others))]
    return next(iter(judge([traits("left", one)], existing, [(0, 1)])), None)


def words(one: Person, other: Person) -> str:
    match = verdict_on(one, other)
    return f"{match.verdict}: {match.reason}" if match else "different"


def said(one: Person, other: Person, *others: Person) -> Verdict:
    match = verdict_on(one, other, *others)
    return match.verdict if match else Verdict.DIFFERENT


def person(given_name: str = "", family_name: str = "", email: str = "", mobile: str = "", **fields: Any) -> Person:
    return Person(
        given_name=given_name,
        family_name=family_name,
        emails=(Labelled(email),) if email else (),
        phones=(Labelled(mobile, "mobile"),) if mobile else (),
        **fields,
    )


ROBERT = person("Robert", "Haddock", "rob@haddock.example", company="Acme Ltd", birthday="1970-03-04")


def test_the_same_mailbox_and_a_short_form_of_the_name_are_one_person() -> None:
    assert words(ROBERT, person("Bob", "Haddock", "rob@haddock.example", company="ACME")) == (
        "sure: same e-mail, one given name is a form of the other, same family name, company equal"
    )


def test_a_family_address_never_makes_two_people_one() -> None:
    assert words(person("Anna", "Mole", "moles@example.org"), person("Peter", "Mole", "moles@example.org")) == (
        "maybe: same e-mail, given names differ, same family name; not sure because given names differ"
    )


@pytest.mark.parametrize("names", [("Paul", "Paula"), ("Mario", "Maria"), ("Andrea", "Andreas")])
def test_names_that_differ_in_their_ending_are_asked_about(names: tuple[str, str]) -> None:
    one, other = (person(name, "Mole", "mole@example.org", "+4915112345678") for name in names)
    assert said(one, other) is Verdict.MAYBE


@pytest.mark.parametrize(("name", "family"), [("Guest{}", "Quill"), ("Guest{}", "Quill{}"), ("Guest", "Quill{}")])
def test_who_differs_by_a_number_in_the_name_is_somebody_else(name: str, family: str) -> None:
    crowd = [
        person(name.format(at), family.format(at), f"guest{at}@firm.example", company="Firm") for at in range(100, 140)
    ]
    assert said(*crowd) is Verdict.DIFFERENT


def test_a_number_that_only_one_of_them_bears_says_nothing() -> None:
    one, other = (person(name, "Quill", "anna@quill.example") for name in ("Anna", "Anna2"))
    assert said(one, other) is Verdict.SURE


def test_two_birthdays_are_never_sure_whatever_else_agrees() -> None:
    match = verdict_on(ROBERT, replace(ROBERT, birthday="1970-04-03"))
    assert match
    assert match.verdict is Verdict.MAYBE
    assert match.reason.endswith("; not sure because birthdays differ")


def test_two_mobile_numbers_are_never_sure_whatever_else_agrees() -> None:
    one = replace(ROBERT, phones=(Labelled("+4915112345678"), Labelled("+493012345")))
    other = replace(ROBERT, phones=(Labelled("+4915187654321"), Labelled("+493012345")))
    match = verdict_on(one, other)
    assert match
    assert match.verdict is Verdict.MAYBE
    assert match.reason.endswith("; not sure because mobile numbers differ")


def test_father_and_son_are_asked_about() -> None:
    one, other = replace(ROBERT, suffix="Sr.", birthday=""), replace(ROBERT, suffix="Jr.", birthday="")
    assert said(one, other) is Verdict.MAYBE


def test_the_same_mobile_and_a_fitting_name_are_one_person() -> None:
    one, other = person("J", "Haddock", mobile="+4915112345678"), person("Jane", "Haddock", mobile="+4915112345678")
    assert words(one, other) == "sure: same mobile number, given name fits the initial, same family name"


def test_an_address_without_any_name_goes_to_its_owner() -> None:
    assert said(person(email="rob@haddock.example"), ROBERT) is Verdict.SURE


def test_a_guessed_name_is_never_enough() -> None:
    guessed = person(email="robert.haddock@acme.example")
    assert said(guessed, person("Robert", "Haddock", company="Acme")) is not Verdict.SURE


def test_an_office_address_is_worth_little() -> None:
    assert said(person("Anna", "Mole", "info@acme.com"), person("Peter", "Vole", "info@acme.com")) is Verdict.DIFFERENT


def test_an_address_that_many_different_people_use_is_an_offices() -> None:
    others = [person(name, "Crew", "deck@ship.example") for name in ("Tom", "Vera", "Yasmin")]
    one = person("Anna", "Mole", "deck@ship.example")
    assert said(one, person("Peter", "Vole", "deck@ship.example"), *others) is Verdict.DIFFERENT


@pytest.mark.parametrize("name", [("Robert", "Haddock"), ("Xanthippe", "Quellenbrunner")])
def test_a_name_alone_is_never_sure(name: tuple[str, str]) -> None:
    assert said(person(*name), person(*name)) is not Verdict.SURE


def test_a_shared_landline_is_worth_little() -> None:
    line = (Labelled("+493012345", "work"),)
    assert said(Person(given_name="Anna", family_name="Mole", phones=line),
                Person(given_name="Peter", family_name="Vole", phones=line)) is Verdict.DIFFERENT  # fmt: skip


def test_another_family_name_needs_more_than_one_proof() -> None:
    before = person("Anna", "Mole", "anna@example.org", birthday="1980-05-06")
    after = replace(before, family_name="Otter")
    assert said(before, after) is Verdict.SURE
    assert said(replace(before, birthday=""), after) is Verdict.MAYBE


def test_names_in_the_wrong_fields_are_seen() -> None:
    match = verdict_on(replace(ROBERT, given_name="Haddock", family_name="Robert"), ROBERT)
    assert match
    assert match.verdict is Verdict.SURE
    assert "given and family name swapped" in match.reason


def test_the_same_name_at_the_same_door_is_one_person() -> None:
    home = (PostalAddress(street="Hauptstr. 5", city="Köln", postcode="50667"),)
    one = Person(given_name="Jürgen", family_name="Quellenbrunner", addresses=home, birthday="1961-02-03")
    other = replace(one, given_name="Juergen", addresses=(replace(home[0], street="Hauptstraße 5", city="Koeln"),))
    assert said(one, other) is Verdict.SURE


def test_strangers_are_not_mentioned() -> None:
    assert words(ROBERT, person("Ida", "Mole", "ida@example.org")) == "different"


NAMES = st.sampled_from(["", "Robert", "Bob", "Roberta", "Anna", "J", "Мария"])
PEOPLE = st.builds(
    person,
    NAMES,
    st.sampled_from(["", "Haddock", "Hadock", "Mole-Haddock", "Robert"]),
    st.sampled_from(["", "rob@haddock.example", "info@haddock.example", "r.haddock@gmail.com"]),
    st.sampled_from(["", "+4915112345678", "+4915187654321"]),
    birthday=st.sampled_from(["", "1970-03-04", "1970-04-03", "--03-04"]),
    company=st.sampled_from(["", "Acme Ltd", "Haddock"]),
)


@given(PEOPLE, PEOPLE)
def test_it_does_not_matter_from_which_side_one_looks(one: Person, other: Person) -> None:
    there, back = verdict_on(one, other), verdict_on(other, one)
    assert (there and (there.verdict, there.score, there.reason)) == (back and (back.verdict, back.score, back.reason))


@given(PEOPLE, PEOPLE)
def test_sure_never_crosses_birthdays_mobile_numbers_or_given_names(one: Person, other: Person) -> None:
    match = verdict_on(one, other)
    if match and match.verdict is Verdict.SURE:
        assert len({p.birthday for p in (one, other) if len(p.birthday) == 10}) < 2
        assert len({phone.value for p in (one, other) for phone in p.phones}) < 2
        assert {one.given_name, other.given_name} != {"Anna", "Robert"} or "swapped" in match.reason


@given(PEOPLE, PEOPLE)
def test_reasons_hold_no_value_of_the_person(one: Person, other: Person) -> None:
    match = verdict_on(one, other)
    for value in ("haddock", "robert", "anna", "1970", "4915", "acme", "example"):
        assert value not in (match.reason.lower() if match else "")


def test_no_pairs_make_no_matches() -> None:
    assert judge([], [], []) == []


def test_two_empty_cards_are_nobody_in_particular() -> None:
    assert said(Person(), Person()) is Verdict.DIFFERENT
