"""The invented people: the same each time, awkward in the known ways, and nobody's real address."""

from collections import Counter
from itertools import islice
from typing import Any

import phonenumbers
import pytest

from deployments.simulators.people import Card, people
from deployments.simulators.population import population

BOOK = population(seed=5, size=4000)


def test_the_same_seed_gives_the_same_book_and_another_seed_another() -> None:
    assert population(5, 300) == BOOK[:300]
    assert population(6, 300) != BOOK[:300]


@pytest.mark.parametrize("size", [0, 1, 2, 26, 777])
def test_a_book_has_exactly_the_size_asked_for(size: int) -> None:
    assert len(population(1, size)) == len(population(1, size, "google")) == size


def test_a_few_people_stand_twice_in_one_book() -> None:
    times = Counter(card.person for card in BOOK)
    twins = [person for person, count in times.items() if count == 2]
    assert 40 < len(twins) < 160
    assert max(times.values()) == 2


def test_about_a_third_of_the_people_are_in_both_books() -> None:
    both = {card.person for card in BOOK} & {card.person for card in population(5, 4000, "google")}
    assert 0.2 < len(both) / len(BOOK) < 0.4


def test_every_address_is_in_a_reserved_domain() -> None:
    domains = {address.lower().rpartition("@")[2] for card in BOOK for _, address in card.emails}
    assert all(domain.endswith((".example", "example.com", "example.net", "example.org")) for domain in domains)


def test_every_number_that_names_its_country_is_a_valid_one() -> None:
    numbers = {number for card in BOOK for _, number in card.phones if number.startswith("+")}
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_nobody_shares_an_address_but_households() -> None:
    truths = list(islice(people(5), 3000))
    owners = Counter(address for card in truths for _, address in card.emails)
    assert {address for address, count in owners.items() if count > 1} == set()
    landlines = Counter(number for card in truths for label, number in card.phones if label == "home")
    assert any(count == 2 for count in landlines.values())


def has(card: Card, what: str) -> bool:
    return bool(getattr(card, what))


@pytest.mark.parametrize("what", ["emails", "phones", "company", "birthday", "notes", "tags", "addresses", "given"])
def test_every_field_is_sometimes_there_and_sometimes_missing(what: str) -> None:
    assert {has(card, what) for card in BOOK} == {True, False}


def test_names_come_in_many_scripts() -> None:
    letters = {letter for card in BOOK for letter in card.display_name}
    for script in ("李", "Д", "م", "ü", "ł", "ñ"):
        assert script in letters


def test_some_birthdays_know_no_year() -> None:
    assert any(card.birthday.startswith("--") for card in BOOK)


def test_no_public_answer_tells_who_somebody_truly_is(microsoft: Any, google: Any) -> None:
    fields = "names,emailAddresses,userDefined,metadata,nicknames,biographies"
    google.control("change", edit=0.9, seed=1)
    microsoft.control("change", edit=0.9, seed=1)
    told = google.get("/people/me/connections", personFields=fields, pageSize=1000).text
    told += microsoft.get("/me/contacts", _top=1000).text
    truths = [*google.control("truth")["contacts"].values(), *microsoft.control("truth")["contacts"].values()]
    assert len(told) > 50_000
    assert not any(about["person"] in told for about in truths)
