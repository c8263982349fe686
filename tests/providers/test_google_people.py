"""What one Google person becomes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Gone, Labelled, Person, PostalAddress, Seen, SourceRecord, Unreadable
from tasks.providers.contacts.google import GoogleSource
from tasks.providers.contacts.landed import wrap

CONTACT = {"metadata": {"source": {"type": "CONTACT", "id": "1"}}}
PROFILE = {"metadata": {"primary": True, "source": {"type": "PROFILE", "id": "2"}}}
PRIMARY = {"metadata": {"primary": True, "source": {"type": "CONTACT", "id": "1"}}}
GROUPS = {"contactGroups/1": "VIP"}
WHOLE = {
    "resourceName": "people/c1",
    "etag": "%whole",
    "metadata": {
        "sources": [
            {"type": "PROFILE", "id": "2", "etag": "#profile"},
            {"type": "CONTACT", "id": "1", "etag": "#contact", "updateTime": "2026-11-20T10:11:12.123456Z"},
        ],
        "objectType": "PERSON",
    },
    "names": [
        {**PROFILE, "displayName": "Countess Ada", "givenName": "Countess"},
        {
            **CONTACT,
            "displayName": "Dr. Ada King Lovelace III",
            "familyName": "Lovelace",
            "givenName": "Ada",
            "middleName": "King",
            "honorificPrefix": "Dr.",
            "honorificSuffix": "III",
            "phoneticGivenName": "Ayda",
        },
    ],
    "nicknames": [{**CONTACT, "value": "Countess"}],
    "emailAddresses": [
        {**CONTACT, "value": "ada@home.example", "type": "home"},
        {**PRIMARY, "value": "ada@engines.example", "type": "work"},
    ],
    "phoneNumbers": [
        {**PRIMARY, "value": "020 1", "canonicalForm": "+44201", "type": "work"},
        {**CONTACT, "canonicalForm": "+44202", "type": "mobile"},
    ],
    "organizations": [
        {**PRIMARY, "name": "Before", "title": "Countess"},
        {**CONTACT, "name": "Engines", "department": "Numbers", "title": "Analyst", "current": True},
    ],
    "addresses": [
        {**CONTACT, "type": "home", "formattedValue": "Ockham Park\nSurrey"},
        {
            **PRIMARY,
            "type": "work",
            "streetAddress": "1 Row",
            "extendedAddress": "Flat 2",
            "city": "London",
            "region": "LDN",
            "postalCode": "W1",
            "countryCode": "GB",
        },
    ],
    "birthdays": [{**CONTACT, "date": {"year": 1815, "month": 12, "day": 10}}],
    "biographies": [{**CONTACT, "value": "Met in London", "contentType": "TEXT_PLAIN"}],
    "memberships": [
        {**CONTACT, "contactGroupMembership": {"contactGroupResourceName": "contactGroups/1"}},
        {**CONTACT, "contactGroupMembership": {"contactGroupResourceName": "contactGroups/myContacts"}},
        {**CONTACT, "domainMembership": {"inViewerDomain": True}},
    ],
    "urls": [{**CONTACT, "value": "https://engines.example", "type": "homePage"}],
    "userDefined": [{**CONTACT, "key": "Badge", "value": "7"}],
    "externalIds": [{**CONTACT, "value": "E-1", "type": "account"}],
    "clientData": [{**CONTACT, "key": "k", "value": "v"}],
}


class NoTokens:
    async def access_token(self, *, refused: str = "") -> str:
        raise AssertionError(refused)


def read(*connections: Any) -> list[SourceRecord]:
    answer = json.dumps({"connections": connections}).encode()
    body = wrap(place=b'"people/me/connections"', groups=json.dumps(GROUPS).encode(), answer=answer)
    return list(GoogleSource("https://people.test/v1", NoTokens()).read(body))


def person(**fields: Any) -> Person:
    [record] = read({"resourceName": "people/c1", **fields})
    assert isinstance(record, Seen)
    return record.person


def test_every_field_has_its_place() -> None:
    [record] = read(WHOLE)
    assert record == Seen(
        source_id="people/c1",
        version="#contact",
        modified_at=datetime(2026, 11, 20, 10, 11, 12, 123456, UTC),
        person=Person(
            prefix="Dr.",
            given_name="Ada",
            middle_name="King",
            family_name="Lovelace",
            suffix="III",
            nickname="Countess",
            display_name="Dr. Ada King Lovelace III",
            company="Engines",
            department="Numbers",
            job_title="Analyst",
            birthday="1815-12-10",
            notes="Met in London",
            emails=(Labelled("ada@engines.example", "work"), Labelled("ada@home.example", "home")),
            phones=(Labelled("020 1", "work"), Labelled("+44202", "mobile")),
            addresses=(
                PostalAddress("1 Row\nFlat 2", "London", "LDN", "W1", "GB", "work"),
                PostalAddress(street="Ockham Park\nSurrey", label="home"),
            ),
            urls=(Labelled("https://engines.example", "homePage"),),
            tags=("VIP",),
            custom=(
                Labelled("Ayda", "phoneticGivenName"),
                Labelled("7", "Badge"),
                Labelled("E-1", "account"),
                Labelled("v", "k"),
            ),
        ),
    )


def test_a_deleted_person_is_gone_though_it_has_no_name() -> None:
    assert read({"resourceName": "people/c1", "metadata": {"deleted": True}}) == [Gone("people/c1")]


def test_a_bare_person_is_an_empty_one() -> None:
    assert read({"resourceName": "people/c1", "etag": "%1"}) == [Seen("people/c1", Person(), version="%1")]


def test_earlier_names_come_along() -> None:
    [record] = read({"resourceName": "people/c2", "metadata": {"previousResourceNames": ["people/c1"]}})
    assert isinstance(record, Seen)
    assert record.previous_ids == ("people/c1",)


def test_without_an_entry_of_the_owner_the_main_profile_is_taken() -> None:
    other = {"metadata": {"source": {"type": "DOMAIN_PROFILE"}}, "givenName": "Other"}
    assert person(names=[other, {**PROFILE, "givenName": "Ada"}]).given_name == "Ada"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ({"year": 1815, "month": 12, "day": 10}, "1815-12-10"),
        ({"year": 0, "month": 2, "day": 29}, "--02-29"),
        ({"month": 2, "day": 9}, "--02-09"),
        ({"year": 1815}, ""),
        ({"year": 1815, "month": 12}, ""),
        (None, ""),
    ],
)
def test_birthdays_may_lack_their_year(date: dict[str, int] | None, expected: str) -> None:
    given = {"date": date} if date else {"text": "some day"}
    assert person(birthdays=[given]).birthday == expected


def test_a_note_with_markup_becomes_text() -> None:
    note = "<p>Likes <b>tea</b> &amp; cake<br>Not milk</p><p>5 &lt; 6</p>"
    assert (
        person(biographies=[{"value": note, "contentType": "TEXT_HTML"}]).notes == "Likes tea & cake\nNot milk\n5 < 6"
    )


def test_a_plain_note_keeps_its_angle_brackets() -> None:
    assert person(biographies=[{"value": "a <b> c", "contentType": "TEXT_PLAIN"}]).notes == "a <b> c"


def test_one_unreadable_person_is_set_aside_and_harms_no_other() -> None:
    before, bad, after = read(
        {"resourceName": "people/a"}, {"resourceName": "people/b", "names": "x"}, {"resourceName": "people/c"}
    )
    assert isinstance(bad, Unreadable)
    assert bad.source_id == "people/b"
    assert [record.source_id for record in (before, after)] == ["people/a", "people/c"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_json_comes_there_is_a_record_and_no_traceback(value: Any) -> None:
    fields = [name for name in WHOLE if name != "resourceName"]
    records = read(
        *[{"resourceName": "people/a", field: value} for field in fields], value, {"resourceName": "people/c"}
    )
    assert len(records) == len(fields) + 2
    assert records[-1] == Seen("people/c", Person())
