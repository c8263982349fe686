"""What one Graph contact becomes, and what becomes of one that makes no sense."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Gone, Labelled, Person, PostalAddress, Seen, SourceRecord, Unreadable
from tasks.providers.contacts.landed import wrap
from tasks.providers.contacts.microsoft import MicrosoftSource

WHOLE = {
    "@odata.etag": 'W/"EQAAAB"',
    "id": "AAkA=",
    "changeKey": "EQAAAB",
    "lastModifiedDateTime": "2026-11-20T10:11:12.1234567Z",
    "categories": ["VIP", "Supplier"],
    "parentFolderId": "x",
    "birthday": "1974-07-22T00:00:00Z",
    "fileAs": "Lovelace, Ada",
    "displayName": "Ada Lovelace",
    "givenName": "Ada",
    "initials": None,
    "middleName": "King",
    "surname": "Lovelace",
    "nickName": "Countess",
    "title": "Dr.",
    "generation": "III",
    "yomiGivenName": "エイダ",
    "yomiSurname": "ラブレス",
    "imAddresses": ["sip:ada"],
    "jobTitle": "Analyst",
    "companyName": "Engines",
    "department": "Numbers",
    "officeLocation": "Room 1",
    "businessHomePage": "https://engines.example",
    "personalNotes": "Met in\r\nLondon",
    "children": ["Byron"],
    "emailAddresses": [
        {"name": "Ada Lovelace", "address": "ada@engines.example"},
        {"name": "x", "address": None},
        {"address": "ada@home.example"},
    ],
    "businessPhones": ["+44 20 1", "+44 20 2"],
    "homePhones": ["+44 20 3"],
    "mobilePhone": "+44 7700 4",
    "businessAddress": {
        "street": "1 Row",
        "city": "London",
        "state": "LDN",
        "postalCode": "W1",
        "countryOrRegion": "UK",
    },
    "homeAddress": {"city": "Ockham"},
    "otherAddress": {},
    "somethingNew": {"a": [1]},
}


def read(*contacts: Any) -> list[SourceRecord]:
    return read_json(json.dumps({"value": contacts}))


def read_json(answer: str | bytes) -> list[SourceRecord]:
    body = wrap(folder=b'"contacts"', answer=answer.encode() if isinstance(answer, str) else answer)
    return list(MicrosoftSource("https://graph.test/v1.0", NoTokens()).read(body))


class NoTokens:
    async def access_token(self, *, refused: str = "") -> str:
        raise AssertionError(refused)


def birthday(given: str | None) -> str:
    [record] = read({"id": "a", "birthday": given})
    assert isinstance(record, Seen)
    return record.person.birthday


def test_every_field_has_its_place() -> None:
    [record] = read(WHOLE)
    assert record == Seen(
        source_id="AAkA=",
        version="EQAAAB",
        modified_at=datetime(2026, 11, 20, 10, 11, 12, 123456, UTC),
        person=Person(
            prefix="Dr.",
            given_name="Ada",
            middle_name="King",
            family_name="Lovelace",
            suffix="III",
            nickname="Countess",
            display_name="Ada Lovelace",
            company="Engines",
            department="Numbers",
            job_title="Analyst",
            birthday="1974-07-22",
            notes="Met in\r\nLondon",
            emails=(Labelled("ada@engines.example"), Labelled("ada@home.example")),
            phones=(
                Labelled("+44 7700 4", "mobile"),
                Labelled("+44 20 1", "business"),
                Labelled("+44 20 2", "business"),
                Labelled("+44 20 3", "home"),
            ),
            addresses=(
                PostalAddress("1 Row", "London", "LDN", "W1", "UK", "business"),
                PostalAddress(city="Ockham", label="home"),
            ),
            urls=(Labelled("https://engines.example", "business"),),
            tags=("VIP", "Supplier"),
            custom=(
                Labelled("エイダ", "yomiGivenName"),
                Labelled("ラブレス", "yomiSurname"),
                Labelled("Room 1", "officeLocation"),
                Labelled("Byron", "children"),
                Labelled("sip:ada", "imAddresses"),
            ),
        ),
    )


def test_a_contact_of_nothing_but_nulls_is_an_empty_person() -> None:
    [record] = read({**dict.fromkeys(WHOLE), "id": "a"})
    assert record == Seen("a", Person())


def test_without_a_change_key_the_etag_is_the_version() -> None:
    [record] = read({"id": "a", "@odata.etag": 'W/"1"'})
    assert isinstance(record, Seen)
    assert record.version == 'W/"1"'


@pytest.mark.parametrize("reason", ["deleted", "changed"])
def test_a_removed_contact_is_gone_for_either_reason(reason: str) -> None:
    assert read({"id": "a", "@removed": {"reason": reason}}) == [Gone("a")]


def test_the_birthday_is_its_date_part_in_no_zone_at_all() -> None:
    assert birthday("1974-07-22T23:59:00Z") == "1974-07-22"
    assert birthday("1974-07-22T00:00:00+14:00") == "1974-07-22"


def test_a_birthday_without_a_year_keeps_month_and_day() -> None:
    assert birthday("1604-02-29T00:00:00Z") == "--02-29"


@pytest.mark.parametrize("given", ["0001-01-01T00:00:00Z", "4501-01-01T00:00:00Z", "", None, "soon"])
def test_what_exchange_writes_for_no_date_is_none(given: str | None) -> None:
    assert birthday(given) == ""


def test_one_unreadable_contact_is_set_aside_and_harms_no_other() -> None:
    before, bad, after = read({"id": "a"}, {"id": "b", "displayName": 5}, {"id": "c"})
    assert isinstance(bad, Unreadable)
    assert (bad.source_id, "displayName" in bad.reason) == ("b", True)
    assert [record.source_id for record in (before, after)] == ["a", "c"]


@pytest.mark.parametrize("contact", [{}, {"id": ""}, {"id": None}, {"id": 7}, None, [], "x", {"displayName": "no id"}])
def test_a_contact_without_an_id_is_set_aside(contact: Any) -> None:
    [record] = read(contact)
    assert isinstance(record, Unreadable)
    assert record.source_id == ""


def test_a_reason_for_setting_aside_quotes_no_personal_data() -> None:
    [record] = read({"id": "a", "givenName": "Ada", "emailAddresses": "ada@engines.example"})
    assert isinstance(record, Unreadable)
    assert "ada" not in record.reason.lower()


def test_half_an_emoji_costs_one_character_and_not_the_page() -> None:
    [first, second] = read_json('{"value": [{"id": "a", "givenName": "Jo\\ud83d"}, {"id": "b", "givenName": "Bo"}]}')
    assert isinstance(first, Seen)
    assert isinstance(second, Seen)
    assert (first.person.given_name, second.person.given_name) == ("Jo?", "Bo")


def test_bytes_that_are_no_utf8_cost_one_character_and_not_the_page() -> None:
    [record] = read_json(b'{"value": [{"id": "a", "givenName": "J\xf6rg"}]}')
    assert isinstance(record, Seen)
    assert record.person.given_name == "J�rg"


def test_json_nested_beyond_reason_is_refused_like_any_broken_answer() -> None:
    for depth in (5_000, 200_000):
        with pytest.raises(msgspec.DecodeError):
            read_json('{"value": [{"id": "a", "x": ' + "[" * depth + "]" * depth + "}]}")


def test_a_page_cut_short_is_no_page() -> None:
    with pytest.raises(msgspec.DecodeError):
        read_json('{"value": [{"id": "a"}, {"id":')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_json_comes_there_is_a_record_and_no_traceback(value: Any) -> None:
    records = read({"id": "a", "emailAddresses": value}, {"id": "b", "categories": value}, value, {"id": "c"})
    assert len(records) == 4
    assert records[3] == Seen("c", Person())


@given(st.text(), st.text())
def test_hostile_text_arrives_as_it_is(name: str, note: str) -> None:
    [record] = read({"id": "a", "givenName": name, "personalNotes": note})
    assert isinstance(record, Seen)
    assert (record.person.given_name, record.person.notes) == (name, note)
