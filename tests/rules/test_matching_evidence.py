"""The fast comparison says what the plain one says, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Labelled, Person, PostalAddress
from tasks.rules.matching import Traits, traits
from tasks.rules.matching.bulk import compare_all
from tasks.rules.matching.evidence import compare
from tasks.rules.matching.fields import birthdays
from tasks.rules.matching.levels import Birthday
from tasks.rules.short_forms import formal

WORDS = st.sampled_from(
    ["Anna", "Anna Maria", "Ann", "Hannah", "A", "Юлия", "Robert", "Bob", "Smith", "Smyth", "van Dyk"]
)
NAMES = st.one_of(st.just(""), WORDS, st.text(max_size=6))
EMAILS = st.sampled_from(["a.b@acme.com", "ab@gmail.com", "a.b@gmail.com", "info@acme.com", "a.c@acme.com", "zz@x.org"])
PHONES = st.builds(
    Labelled, st.sampled_from(["+4915112345678", "+493012345", "+12025550123"]), st.sampled_from(["", "cell"])
)
PLACES = st.builds(
    PostalAddress,
    street=st.sampled_from(["", "12 High St", "12 High Street", "High Street 12 Flat 3", "1 Low Rd", "12highstreet"]),
    city=st.sampled_from(["", "Leeds", "Leads", "York"]),
    postcode=st.sampled_from(["", "1000", "1001", "9000"]),
)
PEOPLE = st.builds(
    Person,
    given_name=NAMES,
    middle_name=st.sampled_from(["", "Robert", "M"]),
    family_name=NAMES,
    company=st.sampled_from(["", "Acme", "Acme Tools", "Acne", "Zebra"]),
    birthday=st.sampled_from(["", "1970-03-04", "1970-04-03", "1971-03-04", "1970-03-05", "--03-04", "1999-12-31"]),
    emails=st.lists(st.builds(Labelled, EMAILS), max_size=2).map(tuple),
    phones=st.lists(PHONES, max_size=2).map(tuple),
    addresses=st.lists(PLACES, max_size=2).map(tuple),
    custom=st.lists(
        st.builds(Labelled, st.sampled_from(["12345", "12346", "99999", "red"]), st.sampled_from(["member", "client"])),
        max_size=2,
    ).map(tuple),
)


def everybody(people: list[Person]) -> list[Traits]:
    return [traits(str(at), person) for at, person in enumerate(people)]


@settings(max_examples=150)
@given(st.lists(PEOPLE, min_size=2, max_size=6))
def test_the_fast_way_agrees_with_the_plain_way(people: list[Person]) -> None:
    known = everybody(people)
    left, right = np.triu_indices(len(known), k=1)
    plain = [compare(known[one], known[other]) for one, other in zip(left, right, strict=True)]
    assert compare_all(known, left, right).tolist() == [list(map(int, levels)) for levels in plain]


@given(PEOPLE, PEOPLE)
def test_comparing_is_symmetric(one: Person, other: Person) -> None:
    mine, theirs = everybody([one, other])
    assert compare(mine, theirs) == compare(theirs, mine)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1970-03-04", "1970-03-04", Birthday.SAME),
        ("1970-03-04", "--03-04", Birthday.DAY),
        ("1970-03-04", "--03-05", Birthday.DIFFERENT),
        ("1970-03-04", "1970-04-03", Birthday.SLIP),
        ("1970-03-04", "1970-03-05", Birthday.SLIP),
        ("1970-03-14", "1970-03-25", Birthday.HALF),
        ("1970-03-14", "1971-02-25", Birthday.NEAR),
        ("1970-03-14", "1985-12-25", Birthday.DIFFERENT),
    ],
)
def test_birthdays_are_compared_as_people_miswrite_them(one: str, other: str, level: Birthday) -> None:
    assert birthdays(one, other) is level


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("bob", "robert"),
        ("uschi", "ursula"),
        ("pepe", "jose"),
        ("beppe", "giuseppe"),
        ("sasha", "aleksandr"),
        ("toine", "antoine"),
    ],
)
def test_short_forms_of_many_languages_are_known(short: str, full: str) -> None:
    assert full in formal(short)
    assert short not in formal(full)
