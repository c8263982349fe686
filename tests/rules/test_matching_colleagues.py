"""People whom one domain gave an address each, in their own names, are two however alike the names are."""

import random
from dataclasses import replace

import pytest

from storage.records import Labelled, Match, Person, Verdict
from tasks.rules.matching import judge, resolve, traits
from tasks.sync.comparing import compared
from tests.crash.house import people

MOBILE = (Labelled("+4915112345678", "mobile"),)


def colleague(given: str, family: str, local: str = "", domain: str = "acme.example") -> Person:
    return Person(
        given_name=given, family_name=family, emails=(Labelled(f"{local or f'{given}.{family}'.lower()}@{domain}"),)
    )


def told(one: Person, other: Person, *third: Person) -> Match | None:
    crowd = [traits(str(at), person) for at, person in enumerate((one, other, *third))]
    pairs = [(at, then) for then in range(len(crowd)) for at in range(then)]
    return next((match for match in judge(crowd, [], pairs) if {match.left, match.right} == {"0", "1"}), None)


def said(one: Person, other: Person, *third: Person) -> Verdict:
    match = told(one, other, *third)
    return match.verdict if match else Verdict.DIFFERENT


@pytest.mark.parametrize("seed", range(6))
def test_in_a_staff_of_thousands_nobody_is_taken_for_another(seed: int) -> None:
    staff = [(address, Person(display_name=name, emails=(Labelled(address),)))
             for address, name in people(3_000, "leavers").items()]  # fmt: skip
    chance = random.Random(seed)
    chance.shuffle(staff)
    written = chance.choice((0, 300, 877, 1_500))
    incoming, existing = ([traits(*one) for one in some] for some in (staff[written:], staff[:written]))
    resolved = resolve(compared(incoming, existing)[0], incoming, existing)
    assert (resolved.links, resolved.twins, resolved.doubtful_twins) == ({}, (), ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (colleague("Xanavi", "Dermiteru"), colleague("Xanaki", "Dermiteru")),
        (colleague("Anna", "Schmidt"), colleague("Anna", "Schmitt")),
        (colleague("Jörg", "Müller", "joerg.mueller"), colleague("Jörg", "Möller", "joerg.moeller")),
        (colleague("Jan", "van der Berg", "jan.vanderberg"), colleague("Jan", "van der Borg", "jan.vanderborg")),
        (colleague("Ann", "Mole", "moleann2"), colleague("Anne", "Mole", "moleanne")),
    ],
)
def test_two_names_and_two_addresses_that_spell_them_are_two_people(one: Person, other: Person) -> None:
    assert said(one, other) is Verdict.DIFFERENT
    match = told(replace(one, phones=MOBILE), replace(other, phones=MOBILE))
    assert match
    assert match.verdict is Verdict.MAYBE
    assert match.reason.endswith("each has an e-mail address in their own name")
    namesake = Person(given_name=one.given_name, family_name=one.family_name, phones=MOBILE)
    assert said(one, other, replace(namesake, emails=(*one.emails, *other.emails))) is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (colleague("Robert", "Mole"), colleague("Bob", "Mole")),
        (colleague("Robert", "Mole"), colleague("R", "Mole", "r.mole")),
        (colleague("Anna", "Mole"), colleague("Anna", "Mole-Otter", "anna.mole-otter")),
        (colleague("Anna", "Mole", "anna.mole"), colleague("Anna", "Mole", "mole.anna")),
        (colleague("Sergey", "Mole"), colleague("Sergei", "Mole", "sergey.mole")),
        (colleague("Sergey", "Mole"), colleague("Sergei", "Mole", "smole")),
    ],
)
def test_short_forms_double_names_and_slips_in_one_of_the_two_are_no_sign_of_another_person(
    one: Person, other: Person
) -> None:
    assert said(replace(one, phones=MOBILE), replace(other, phones=MOBILE)) is Verdict.SURE
