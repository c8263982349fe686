"""A person from any source in one spelling, and nothing lost on the way."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Labelled, Person, PostalAddress
from tasks.rules import normalise
from tasks.rules.normalise import email_key, field_key, phone_key, says_nobody, too_big

ZWNJ, ZWJ, VIRAMA = "\u200c", "\u200d", "\u094d"


def names(display_name: str) -> tuple[str, ...]:
    person = normalise.person(Person(display_name=display_name))
    return tuple(
        filter(None, (person.prefix, person.given_name, person.middle_name, person.family_name, person.suffix))
    )


def test_repeats_are_one_value_under_the_more_telling_label() -> None:
    raw = Person(
        emails=(Labelled("ANA@x.org"), Labelled("ana@X.org", "Other"), Labelled("ana@x.org", "Work")),
        phones=(Labelled("030 123456", "other"), Labelled("+49 30 123456", "_$!<Mobile>!$_"), Labelled(" ")),
        urls=(Labelled("http://x.org/"), Labelled("https://X.org")),
        tags=("Friends", " friends ", "", "Club"),
    )
    person = normalise.person(raw, region="DE")
    assert person.emails == (Labelled("ANA@x.org", "work"),)
    assert person.phones == (Labelled("+4930123456", "mobile"),)
    assert person.urls == (Labelled("http://x.org/"),)
    assert person.tags == ("Friends", "Club")


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("WORK", "work"),
        ("business", "work"),
        ("_$!<HomeFax>!$_", "home fax"),
        ("cell", "mobile"),
        ("Boat", "boat"),
        ("pref", ""),
    ],
)
def test_labels_have_one_name_each(raw: str, label: str) -> None:
    assert normalise.label(raw) == label


@pytest.mark.parametrize(
    ("raw", "birthday"),
    [
        ("19800203", "1980-02-03"),
        ("1980-02-03T00:00:00Z", "1980-02-03"),
        ("--0203", "--02-03"),
        ("--02-29", "--02-29"),
        ("3.2.1980", "1980-02-03"),
        ("2/14/1980", "1980-02-14"),
        ("14/2/1980", "1980-02-14"),
        ("5/5/1980", "1980-05-05"),
    ],
)
def test_birthdays_are_days(raw: str, birthday: str) -> None:
    person = normalise.person(Person(birthday=raw))
    assert (person.birthday, person.custom) == (birthday, ())


@pytest.mark.parametrize("raw", ["2026-W01-1", "circa 1980", "1980-02-30", "2/3/1980", "1980", "0000-00-00"])
def test_a_birthday_that_is_no_day_or_may_be_two_is_kept_as_it_came(raw: str) -> None:
    person = normalise.person(Person(birthday=raw))
    assert (person.birthday, person.custom) == ("", (Labelled(raw, "birthday"),))


@pytest.mark.parametrize(
    ("display_name", "parts"),
    [
        ("Ana Silva", ("Ana", "Silva")),
        ("van der Berg, Anna", ("Anna", "van der Berg")),
        ("Dr. John Q. Smith Jr.", ("Dr.", "John", "Q.", "Smith", "Jr.")),
        ("Иван Петров", ("Иван", "Петров")),
        ("李小龍", ()),
        ("山田 太郎", ()),
        ("Nguyễn Văn An", ()),
        ("SMITH John", ()),
        ("Madonna", ()),
        ("Acme GmbH", ()),
        ("Ana & Ben Silva", ()),
        ("ana@x.org", ()),
    ],
)
def test_a_display_name_is_taken_apart_only_where_that_is_safe(display_name: str, parts: tuple[str, ...]) -> None:
    assert names(display_name) == parts


def test_names_that_came_in_parts_are_left_as_they_are() -> None:
    raw = Person(given_name="Ana", family_name="Silva", display_name="Silva, Dr. Ana Maria")
    assert normalise.person(raw) == raw


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (Person(given_name="Ana", family_name="Silva", company="Acme"), "Ana Silva"),
        (Person(given_name="太郎", family_name="山田"), "山田太郎"),
        (Person(company="Silva Sons", emails=(Labelled("a@x.org"),)), "Silva Sons"),
        (Person(emails=(Labelled("a@x.org"),)), "a@x.org"),
    ],
)
def test_a_missing_display_name_is_made_of_what_there_is(raw: Person, shown: str) -> None:
    person = normalise.person(raw)
    assert person.display_name == shown
    assert normalise.person(person) == person


def test_empty_addresses_and_custom_values_are_dropped_and_repeats_joined() -> None:
    raw = Person(
        addresses=(PostalAddress(label="work"), PostalAddress(city="Bonn"), PostalAddress(city="BONN ", label="Home")),
        custom=(Labelled(" ", "x"), Labelled("1", "x"), Labelled("1", "x")),
    )
    person = normalise.person(raw)
    assert person.addresses == (PostalAddress(city="Bonn", label="home"),)
    assert person.custom == (Labelled("1", "x"),)


def test_keys_are_equal_for_two_spellings_of_one_value() -> None:
    assert email_key("mailto:ANA@X.org") == email_key("ana@x.ORG")
    assert phone_key("030 123456", "DE") == phone_key("+49 (0)30 123456")
    assert phone_key("030 12-34") == phone_key("030-1234")
    assert field_key("emails", Labelled("A@x.org", "work")) == field_key("emails", "a@X.org")
    assert field_key("phones", "030 123456", region="DE") == field_key("phones", Labelled("+4930123456", "home"))
    assert field_key("urls", "https://X.org/") == field_key("urls", "http://x.org")
    assert field_key("tags", " Friends") == field_key("tags", "friends")
    assert field_key("addresses", PostalAddress(city="Bonn", label="x")) == field_key(
        "addresses", PostalAddress(city="bonn")
    )
    assert field_key("custom", Labelled("1", "a")) != field_key("custom", Labelled("1", "b"))


def test_a_person_is_nobody_without_name_address_phone_and_company() -> None:
    assert says_nobody(Person(notes="who", display_name="\u200b", tags=("x",)))
    assert not says_nobody(Person(company="Acme"))
    assert not says_nobody(Person(phones=(Labelled("1"),)))


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person(notes="x" * 65_536), ""),
        (Person(notes="x" * 65_537), "notes of 65,537 characters, limit 65,536"),
        (Person(emails=(Labelled("a@x.org"),) * 101), "101 values in emails, limit 100"),
        (Person(given_name="x" * 2001), "given_name of 2,001 characters, limit 2,000"),
        (Person(custom=(Labelled("x" * 65_536, "story"),)), ""),
        (Person(tags=("x" * 2001,)), "tags of 2,001 characters, limit 2,000"),
    ],
)
def test_a_person_too_big_is_named_with_the_limit(person: Person, reason: str) -> None:
    assert too_big(person) == reason


_nasty = st.text(
    alphabet=st.sampled_from(f"aZé\u0301 ,;:<>@.+-/()0123456789\n\r\t\0\u202e{ZWNJ}{ZWJ}{VIRAMA}क李ßİ\ud800x"),
    max_size=14,
)
_text = st.one_of(_nasty, st.text(max_size=10))
_phone = st.from_regex(r"[+0(]{0,3}[0-9 ()./-]{3,16}( ?(x|ext\.? ?)[0-9]{1,5})?", fullmatch=True)
_labelled = st.builds(Labelled, _text, st.one_of(_text, st.sampled_from(["Work", "other", "_$!<Home>!$_"])))
_dates = st.from_regex(r"[0-9-]{0,4}[-./ ]?[0-9]{1,2}[-./ ]?[0-9]{1,4}", fullmatch=True)
_persons = st.builds(
    Person,
    **{field.name: _text for field in fields(Person) if field.type is str and field.name != "birthday"},
    birthday=st.one_of(_text, _dates),
    emails=st.lists(_labelled, max_size=3).map(tuple),
    phones=st.lists(st.one_of(_labelled, st.builds(Labelled, _phone)), max_size=3).map(tuple),
    addresses=st.lists(st.builds(PostalAddress, *[_text] * 6), max_size=2).map(tuple),
    urls=st.lists(_labelled, max_size=2).map(tuple),
    tags=st.lists(_text, max_size=3).map(tuple),
    custom=st.lists(_labelled, max_size=3).map(tuple),
)


@given(_persons, st.sampled_from(["", "DE", "US", "IT", "BR", "xx"]))
def test_normalising_twice_is_normalising_once(raw: Person, region: str) -> None:
    once = normalise.person(raw, region=region)
    assert normalise.person(once, region=region) == once
    too_big(once)
    for field in fields(Person):
        str(getattr(once, field.name)).encode()


@given(_persons)
def test_a_name_alone_is_settled_after_one_pass(raw: Person) -> None:
    once = normalise.person(replace(Person(), display_name=raw.display_name, company=raw.company))
    assert normalise.person(once) == once
