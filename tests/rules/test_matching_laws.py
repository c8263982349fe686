"""What holds whoever is compared with whom: the promises about *sure*, and reasons that anybody understands."""

import re
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.records import Labelled, Match, Person, PostalAddress, Verdict
from tasks.rules.matching import judge, resolve, traits
from tasks.rules.matching.resolve import Resolution

BIRTHDAYS = ["", "1970-03-04", "1970-04-03", "1970-03-05", "1991-12-31", "--03-04"]
MOBILES = ["+4915112345678", "+4915187654321", "+447400123456"]
GIVEN = ["", "Robert", "Bob", "Anna", "Zita", "R", "Мария"]
FAMILY = ["", "Mole", "Mohl", "Otter", "Mole-Otter"]
MAILS = ["moles@family.example", "rob@mole.example", "anna@mole.example", "info@acme.example"]
PEOPLE = st.builds(
    Person,
    given_name=st.sampled_from(GIVEN),
    family_name=st.sampled_from(FAMILY),
    company=st.sampled_from(["", "Acme", "Acme Ltd"]),
    birthday=st.sampled_from(BIRTHDAYS),
    emails=st.lists(st.builds(Labelled, st.sampled_from(MAILS)), max_size=2, unique=True).map(tuple),
    phones=st.lists(st.builds(Labelled, st.sampled_from(MOBILES), st.just("mobile")), max_size=2, unique=True).map(
        tuple
    ),
    addresses=st.sampled_from([(), (PostalAddress("1 High St", "Leeds", postcode="LS1"),)]),
    custom=st.sampled_from([(), (Labelled("1234567", "member"),), (Labelled("7654321", "member"),)]),
)
CROWDS = st.lists(PEOPLE, min_size=2, max_size=7)


def judged(crowd: list[Person], known: int) -> tuple[list[Match], Resolution, dict[str, Person]]:
    named = {f"p{at}": person for at, person in enumerate(crowd)}
    everybody = [traits(id_, person) for id_, person in named.items()]
    existing, incoming = everybody[:known], everybody[known:]
    matches = judge(incoming, existing, everybody_met(len(incoming), len(everybody)))
    return matches, resolve(matches, incoming, existing), named


def everybody_met(incoming: int, everybody: int) -> list[tuple[int, int]]:
    return [(one, other) for one, other in combinations(range(everybody), 2) if one < incoming]


def two_birthdays(one: Person, other: Person) -> bool:
    full = {person.birthday for person in (one, other) if len(person.birthday) == 10}
    return len(full) == 2


def two_mobiles(one: Person, other: Person) -> bool:
    mine, theirs = ({phone.value for phone in person.phones} for person in (one, other))
    return bool(mine and theirs and not mine & theirs)


def two_in_a_family(one: Person, other: Person) -> bool:
    """Given names that no short form and no swapping explains, at one e-mail address."""
    names = {one.given_name, other.given_name}
    shared = {mail.value for mail in one.emails} & {mail.value for mail in other.emails}
    return bool(shared) and names in ({"Robert", "Anna"}, {"Bob", "Anna"}, {"Anna", "Zita"}, {"Robert", "Zita"})


FORBIDDEN = (two_birthdays, two_mobiles, two_in_a_family)


@settings(max_examples=150)
@given(CROWDS, st.integers(0, 3))
def test_no_pair_is_sure_across_birthdays_mobile_numbers_or_the_people_of_a_family(
    crowd: list[Person], known: int
) -> None:
    matches, _, named = judged(crowd, min(known, len(crowd) - 1))
    for match in matches:
        if match.verdict is Verdict.SURE:
            assert not [why.__name__ for why in FORBIDDEN if why(named[match.left], named[match.right])]


@settings(max_examples=150)
@given(CROWDS, st.integers(0, 3))
def test_nor_does_any_chain_of_others_make_them_one(crowd: list[Person], known: int) -> None:
    _, told, named = judged(crowd, min(known, len(crowd) - 1))
    groups: dict[str, set[str]] = {}
    for group in told.twins:
        for member in group:
            groups.setdefault(member, set()).update(group)
    for link in told.links.values():
        if link.verdict is Verdict.SURE:
            groups.setdefault(link.left, {link.left}).add(link.right)
    for grown in groups.values():
        pairs = [(named[one], named[other]) for one in grown for other in grown if one < other]
        assert not [why.__name__ for pair in pairs for why in FORBIDDEN if why(*pair)]


@settings(max_examples=100)
@given(CROWDS, st.integers(0, 3))
def test_every_question_and_every_answer_has_a_reason_in_plain_words(crowd: list[Person], known: int) -> None:
    matches, told, _ = judged(crowd, min(known, len(crowd) - 1))
    for match in (*matches, *told.links.values(), *told.doubtful_twins):
        assert match.verdict is not Verdict.DIFFERENT
        assert re.fullmatch(r"[a-z][a-z ,;@-]+[a-z@]", match.reason)
        assert not re.search(r"mole|otter|robert|anna|acme|leeds|example", match.reason)


def verdict(one: Person, other: Person) -> int:
    matches, _, _ = judged([one, other], 1)
    told = matches[0].verdict if matches else Verdict.DIFFERENT
    return (Verdict.DIFFERENT, Verdict.MAYBE, Verdict.SURE).index(told)


@given(PEOPLE, PEOPLE, st.sampled_from(["emails", "phones", "birthday", "custom"]))
@settings(max_examples=150)
def test_one_thing_more_in_common_never_makes_two_people_less_alike(one: Person, other: Person, what: str) -> None:
    shared: Any = {
        "emails": (Labelled("someones.own@private.example"),), "phones": (Labelled("+4915199999999", "mobile"),),
        "birthday": "1966-06-07", "custom": (Labelled("99887766", "customer"),),
    }[what]  # fmt: skip
    bare = [replace(person, **{what: type(shared)()}) for person in (one, other)]
    alike = [replace(person, **{what: shared}) for person in (one, other)]
    assert verdict(*alike) >= verdict(*bare)


@given(PEOPLE, PEOPLE)
@settings(max_examples=150)
def test_one_contradiction_more_never_makes_two_people_more_alike(one: Person, other: Person) -> None:
    bare = [replace(person, birthday="") for person in (one, other)]
    apart = [replace(bare[0], birthday="1966-06-07"), replace(bare[1], birthday="1971-12-24")]
    assert verdict(*apart) <= verdict(*bare)


@given(CROWDS, st.randoms(use_true_random=False))
def test_the_order_in_which_people_come_does_not_matter(crowd: list[Person], chance: object) -> None:
    named = [traits(f"p{at}", person) for at, person in enumerate(crowd)]
    shuffled = list(named)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    def said(people: list[object]) -> set[tuple[frozenset[str], Verdict, float, str]]:
        matches = judge(people, [], everybody_met(len(people), len(people)))  # type: ignore[arg-type]
        return {(frozenset((m.left, m.right)), m.verdict, round(m.score, 3), m.reason) for m in matches}

    assert said(named) == said(shuffled)  # type: ignore[arg-type]


ROB = Person(
    given_name="Robert", family_name="Mole", company="Acme Ltd", birthday="1970-03-04",
    emails=(Labelled("rob@mole.example"),), phones=(Labelled("+4915112345678", "mobile"),),
    addresses=(PostalAddress("1 High St", "Leeds", postcode="LS1"),),
)  # fmt: skip
BARE = Person(given_name="Robert", family_name="Mole")

READ_BY_A_PERSON = [
    (
        replace(ROB, given_name="Bob", company=""),
        (
            "sure: same e-mail, same mobile number, same birthday, one given name is a form of the other, "
            "same family name, same street address, same town"
        ),
    ),
    (
        replace(BARE, given_name="Mole", family_name="Robert", phones=ROB.phones),
        "sure: same mobile number, same given name, same family name, given and family name swapped",
    ),
    (
        replace(BARE, birthday="1970-03-04", addresses=(PostalAddress("9 Low Rd", "York", postcode="YO1"),)),
        "maybe: same birthday, same given name, same family name, street addresses differ, towns differ",
    ),
    (
        replace(ROB, birthday="1970-04-03"),
        (
            "maybe: same e-mail, same mobile number, birthdays differ by a slip of the pen, same given name, "
            "same family name, company equal, same street address, same town; not sure because birthdays differ"
        ),
    ),
    (
        replace(ROB, given_name="Anna", birthday="", phones=(Labelled("+4915187654321", "mobile"),)),
        (
            "maybe: same e-mail, phone numbers differ, given names differ, same family name, company equal, "
            "same street address, same town; not sure because mobile numbers differ and given names differ"
        ),
    ),
    (
        replace(BARE, family_name="Otter", emails=ROB.emails),
        "maybe: same e-mail, same given name, family names differ",
    ),
    (
        Person(emails=(Labelled("robert.mole@acme.example"),)),
        (
            "maybe: e-mails somewhat alike, same given name, same family name, e-mail domain fits the company, "
            "a name was only read from an e-mail address"
        ),
    ),
    (
        replace(BARE, given_name="Zita", family_name="Otter", addresses=ROB.addresses),
        "different",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("other", "words"), READ_BY_A_PERSON)
def test_what_a_person_reads(other: Person, words: str) -> None:
    match = next(iter(judge([traits("left", ROB)], [traits("right", other)], [(0, 1)])), None)
    assert (f"{match.verdict}: {match.reason}" if match else "different") == words


def test_two_who_share_nothing_but_a_third_record_are_asked_about_with_that_as_the_whole_reason() -> None:
    number, address = Labelled("1234567", "member"), Labelled("moles@family.example")
    one = Person(company="Acme", custom=(number,))
    other = Person(emails=(address,))
    third = Person(emails=(address, Labelled("info@acme.example")), custom=(number,))
    crowd = [traits(name, person) for name, person in (("one", one), ("other", other), ("third", third))]
    [bridge] = [match for match in judge(crowd, [], [(0, 2), (1, 2)]) if {match.left, match.right} == {"one", "other"}]
    assert bridge.reason == "both much like a third record"


def test_two_who_are_both_like_a_third_are_asked_about_and_never_more() -> None:
    before = replace(ROB, birthday="", phones=(), addresses=(), company="")
    after = replace(before, emails=(), phones=ROB.phones, family_name="Otter-Mole")
    third = replace(before, phones=ROB.phones)
    crowd = [traits(name, person) for name, person in (("before", before), ("after", after), ("third", third))]
    matches = {frozenset((m.left, m.right)): m for m in judge(crowd, [], [(0, 2), (1, 2)])}
    bridge = matches[frozenset(("before", "after"))]
    assert bridge.verdict is Verdict.MAYBE
    assert bridge.reason.startswith("both much like a third record; same given name, family names share a part")


def test_a_familys_nameless_address_makes_nobody_of_two() -> None:
    mail = (Labelled("moles@family.example"),)
    people = {
        "anna": Person(given_name="Anna", family_name="Mole", emails=mail),
        "nobody": Person(emails=mail),
        "peter": Person(given_name="Peter", family_name="Mole", emails=mail),
    }
    crowd = [traits(name, person) for name, person in people.items()]
    matches = judge(crowd, [], [(0, 1), (1, 2)])
    assert frozenset(("anna", "peter")) not in {frozenset((m.left, m.right)) for m in matches}


def test_whom_everybody_is_like_bridges_nothing() -> None:
    hub = traits("hub", replace(ROB, given_name=""))
    crowd = [traits(f"p{at}", replace(ROB, company=f"Firm {at}")) for at in range(14)]
    people = [hub, *crowd]
    matches = judge(people, [], [(0, at) for at in range(1, 15)])
    assert all("hub" in (match.left, match.right) for match in matches)
