"""Keys that matching compares: one spelling for what people write in many ways."""

from typing import Any

import pytest

from storage.records import Labelled, Person, PostalAddress
from tasks.rules.matching import Traits, traits


def known(**fields: Any) -> Traits:
    return traits("1", Person(**fields))


def emails(*addresses: str) -> tuple[Labelled, ...]:
    return tuple(Labelled(address) for address in addresses)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("O\u2019Brien", "O'Brien"),
        ("van der Berg", "Berg"),
        ("Łukasiewicz", "Lukasiewicz"),
        ("de la Cruz", "Cruz"),
        ("Mc Donald", "McDonald"),
        ("Соколова", "Sokolova"),
    ],
)
def test_a_family_name_has_one_key_however_it_is_written(one: str, other: str) -> None:
    assert known(family_name=one).family.text == known(family_name=other).family.text


def test_a_name_that_is_only_a_particle_stays_a_name() -> None:
    assert known(family_name="Do").family.text == "do"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("john.smith+news@googlemail.com", "johnsmith@gmail.com"),
        ("Ann+shop@example.org", "ann@example.org"),
    ],
)
def test_one_mailbox_has_one_key(one: str, other: str) -> None:
    assert known(emails=emails(one)).mailboxes == known(emails=emails(other)).mailboxes


def test_dots_count_outside_gmail() -> None:
    assert known(emails=emails("a.b@example.org")).mailboxes != known(emails=emails("ab@example.org")).mailboxes


@pytest.mark.parametrize("address", ["info@acme.com", "sales@acme.com", "kontakt@acme.de", "comercial@acme.es"])
def test_an_office_address_is_known_as_such(address: str) -> None:
    assert known(emails=emails(address)).mailboxes[0].role


@pytest.mark.parametrize(
    ("number", "label", "mobile"),
    [
        ("+4915112345678", "", True),
        ("+493012345", "", False),
        ("+12025550123", "", False),
        ("+12025550123", "Cell", True),
        ("+4915112345678", "work fax", False),
    ],
)
def test_a_mobile_is_told_by_its_label_or_else_by_its_number(number: str, label: str, mobile: bool) -> None:  # noqa: FBT001 - a table
    assert bool(known(phones=(Labelled(number, label),)).mobiles) is mobile


def test_a_company_is_compared_without_its_legal_form() -> None:
    assert known(company="Acme Tools G.m.b.H. & Co. KG").company.text == known(company="ACME TOOLS").company.text


@pytest.mark.parametrize("birthday", ["someday", "19w4-01-01", "04/05/1970", "1970"])
def test_a_birthday_that_is_no_date_counts_as_unknown(birthday: str) -> None:
    assert known(birthday=birthday).birthday == ""


def test_a_card_with_one_line_for_the_name_is_read_either_way_round() -> None:
    one, other = known(display_name="Smith, John"), known(display_name="John Smith")
    assert (one.given, one.family) == (other.given, other.family)


def test_a_name_is_guessed_from_the_address_only_where_there_is_none() -> None:
    guessed = known(emails=emails("anna.schmidt@example.org"))
    assert guessed.name_is_guessed
    assert guessed.family.text == "schmidt"
    assert not known(given_name="Eva", emails=emails("anna.schmidt@example.org")).name_is_guessed


def test_a_street_is_compared_with_its_words_written_out() -> None:
    one = known(addresses=(PostalAddress(street="12 High St."),))
    assert one.places == known(addresses=(PostalAddress(street="12 HIGH STREET"),)).places


def test_hostile_values_are_folded_not_refused() -> None:
    person = known(
        given_name="\x00\r\n", family_name="😀" * 5000, emails=emails("@", "a@", "x"), company="—", birthday="'"
    )
    assert person.birthday == ""


def test_a_number_of_somebodys_own_identifies_and_a_date_does_not() -> None:
    own = (Labelled("AB-120047", "Customer number"), Labelled("2024-01-05", "Added"), Labelled("5.1.2024", "Seen"))
    assert traits("1", Person(custom=own)).identifiers == (("customer number", "ab120047"),)
