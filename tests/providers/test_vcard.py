"""vCards as the products of the world fill them: each shape in a few lines."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Labelled, PostalAddress, Seen, Unreadable
from tests.providers.cards import card, custom, names, only, records


def test_a_name_in_parts_is_read_wherever_it_stands() -> None:
    person = only(card("FN:Dr. Ana Maria Silva", "N:Silva;Ana;Maria,José;Dr.;PhD"))
    assert (person.prefix, person.given_name, person.middle_name) == ("Dr.", "Ana", "Maria José")
    assert (person.family_name, person.suffix, person.display_name) == ("Silva", "PhD", "Dr. Ana Maria Silva")


def test_a_card_without_fn_or_without_n_is_a_contact_all_the_same() -> None:
    assert only(card("N:Silva;Ana;;;")).family_name == "Silva"
    assert only(card("FN:Ana Silva")).display_name == "Ana Silva"


@pytest.mark.parametrize(
    "photo",
    [
        ["PHOTO;ENCODING=BASE64;JPEG:", " /9j/4AAQ", " SkZJRg==", ""],
        ["PHOTO;JPEG;ENCODING=BASE64:/9j/4AAQ", "SkZJRg==", ""],
        ["PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ", " SkZJRg=="],
        ["PHOTO:data:image/jpeg;base64,/9j/4AAQ", " SkZJRg=="],
        ["PHOTO;BASE64:/9j/4AAQ", "SkZJRg=="],
    ],
)
def test_photos_are_left_out_and_what_follows_them_is_read(photo: list[str]) -> None:
    person = only(card("FN:A", *photo, "TEL:1"))
    assert person.custom == ()
    assert person.phones == (Labelled("1"),)


def test_apples_labels_are_found_through_their_groups() -> None:
    person = only(
        card(
            "FN:A",
            "item1.EMAIL;type=INTERNET;type=pref:w@example.com",
            "item1.X-ABLabel:_$!<Work>!$_",
            "item2.X-ABDATE:2010-06-12",
            "item2.X-ABLabel:_$!<Anniversary>!$_",
            "item3.ADR;type=HOME:;;1 Main St;Bonn;;53111;Germany",
            "item3.X-ABADR:de",
        )
    )
    assert person.emails == (Labelled("w@example.com", "Work"),)
    assert custom(person) == {"X-ABDATE (Anniversary)": "2010-06-12"}
    assert person.addresses == (PostalAddress("1 Main St", "Bonn", "", "53111", "Germany", "home"),)


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("TEL;WORK;VOICE:1", "work"),
        ("TEL;TYPE=WORK,VOICE:1", "work"),
        ('TEL;TYPE="work,fax":1', "work fax"),
        ("TEL;type=HOME;type=FAX:1", "home fax"),
        ("TEL;CELL;HOME:1", "mobile"),
        ("TEL;TYPE=WORK;TYPE=CELL:1", "work mobile"),
        ("TEL;PAGER:1", "pager"),
        ("TEL;TYPE=MAIN:1", "main"),
        ("TEL;PREF;VOICE:1", ""),
    ],
)
def test_types_become_labels(line: str, label: str) -> None:
    assert only(card(line)).phones == (Labelled("1", label),)


def test_the_preferred_of_several_comes_first() -> None:
    person = only(card("EMAIL:a@x.org", "EMAIL;type=pref:b@x.org", "TEL;PREF=2:2", "TEL;PREF=1:1"))
    assert [item.value for item in person.emails] == ["b@x.org", "a@x.org"]
    assert [item.value for item in person.phones] == ["1", "2"]


def test_escapes_are_undone_and_do_not_part_values() -> None:
    person = only(
        card(r"N:Doe\; Inc;J\,o;;;", r"ORG:A\, B\\;Dept\;X;Unit", r"NOTE:one\ntwo\, three\Nfour", r"URL:http\://x")
    )
    assert (person.family_name, person.given_name) == ("Doe; Inc", "J,o")
    assert (person.company, person.department) == ("A, B\\", "Dept;X, Unit")
    assert person.notes == "one\ntwo, three\nfour"
    assert person.urls == (Labelled("http://x"),)


@pytest.mark.parametrize(
    ("line", "birthday"),
    [
        ("BDAY:19800203", "19800203"),
        ("BDAY;VALUE=date:1980-02-03", "1980-02-03"),
        ("BDAY;VALUE=text:circa 1980", "circa 1980"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-03", "--02-03"),
        ("BDAY:--0203", "--0203"),
    ],
)
def test_birthdays_are_handed_on(line: str, birthday: str) -> None:
    assert only(card("FN:A", line)).birthday == birthday


def test_what_has_no_field_goes_to_custom_under_its_name() -> None:
    person = only(
        card("FN:A", "FN:B", "ROLE:Boss", "X-SPOUSE:Sam", "IMPP;X-SERVICE-TYPE=Skype:skype:a", "TITLE:T1", "TITLE:T2")
    )
    assert person.job_title == "T1"
    assert custom(person) == {"FN": "B", "ROLE": "Boss", "X-SPOUSE": "Sam", "IMPP (Skype)": "skype:a", "TITLE": "T2"}


def test_androids_nicknames_are_found() -> None:
    assert only(card("FN:A", "X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Nick;1;;;;")).nickname == "Nick"


def test_a_nested_agent_is_part_of_its_card() -> None:
    body = card("FN:Boss", "AGENT:", "BEGIN:VCARD", "FN:Aide", "TEL:7", "END:VCARD", "TEL:1", version="2.1")
    person = only(body)
    assert (person.display_name, custom(person)) == ("Boss", {"AGENT": "Aide, 7"})
    assert person.phones == (Labelled("1"),)


def test_a_label_stands_in_where_no_address_in_parts_came() -> None:
    assert only(card("FN:A", r"LABEL;HOME:1 Elm St\nBonn")).addresses[0].street == "1 Elm St\nBonn"
    assert len(only(card("FN:A", "ADR:;;1 Elm St;;;;", r"LABEL:1 Elm St")).addresses) == 1


def test_a_group_becomes_a_tag_on_its_members() -> None:
    body = card("UID:1", "FN:Ana") + card("X-ADDRESSBOOKSERVER-KIND:group", "FN:Friends", "UID:g", "MEMBER:urn:uuid:1")
    ana, group = records(body)
    assert isinstance(ana, Seen)
    assert ana.person.tags == ("Friends",)
    assert isinstance(group, Unreadable)
    assert "group" in group.reason


def test_the_card_tells_its_id_and_when_it_was_changed() -> None:
    (seen,) = records(card("FN:A", "UID:urn:uuid:7", "REV:20080424T195243Z"))
    assert isinstance(seen, Seen)
    assert seen.source_id == "urn:uuid:7"
    assert seen.modified_at == datetime(2008, 4, 24, 19, 52, 43, tzinfo=UTC)


def test_ids_are_unique_in_a_file_and_the_same_in_the_next() -> None:
    body = card("UID:7", "FN:A") + card("UID:7", "FN:B") + card("FN:C", "TEL:1") * 2
    first, second = [record.source_id for record in records(body)], [record.source_id for record in records(body)]
    assert len(set(first)) == 4
    assert first == second
    assert first[:2] == ["7", "7-2"]


def test_a_missing_end_loses_neither_card() -> None:
    body = card("FN:Ana").replace(b"END:VCARD\r\n", b"") + card("FN:Ben")
    assert names(body) == ["Ana", "Ben"]
    assert names(b"BEGIN:VCARD\nFN:Ana\n") == ["Ana"]


def test_a_card_cut_off_in_the_middle_of_a_line_is_set_aside() -> None:
    ana, cut = records(card("FN:Ana") + b"BEGIN:VCARD\r\nFN:Ben\r\nEMAIL:ben@exa")
    assert isinstance(ana, Seen)
    assert isinstance(cut, Unreadable)
    assert "in the middle" in cut.reason


def test_lines_outside_any_card_are_set_aside() -> None:
    stray, ana = records(b"FN:Nobody\nTEL:1\n" + card("FN:Ana"))
    assert isinstance(stray, Unreadable)
    assert isinstance(ana, Seen)


def test_a_card_that_tells_nobody_is_set_aside() -> None:
    (record,) = records(card("N:;;;;", "FN: \u200b", "NOTE:who"))
    assert isinstance(record, Unreadable)
    assert record.source_id == "card-1"


def test_cards_indented_by_a_template_are_read() -> None:
    assert names(b"BEGIN:VCARD\n    VERSION:3.0\n    FN:Ana\n    END:VCARD\n") == ["Ana"]


def test_phone_addresses_of_version_4_are_kept_for_the_normaliser() -> None:
    person = only(card("TEL;VALUE=uri;TYPE=work:tel:+1-418-656-9254;ext=102", version="4.0"))
    assert person.phones == (Labelled("tel:+1-418-656-9254;ext=102", "work"),)


_PIECES = [
    "BEGIN:VCARD", "END:VCARD", "AGENT:", "FN:A", "N:;", "NOTE;ENCODING=QUOTED-PRINTABLE:a=", "PHOTO;ENCODING=b:AA",
    'TEL;TYPE="x:1', "KIND:group", "MEMBER:1", "UID:1", "BDAY;X-APPLE-OMIT-YEAR=:1", "FN;CHARSET=hex:aa",
    "EMAIL;PREF=²:a@b", " ", "",
]  # fmt: skip


@given(
    st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=8)), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_whatever_stands_in_a_card_every_begun_card_is_accounted_for(lines: list[str], line_end: str) -> None:
    body = line_end.join(["BEGIN:VCARD", *lines, "END:VCARD", ""]).encode("utf-8", "replace")
    found = records(body)
    assert found
    assert len({record.source_id for record in found}) == len(found)


@given(st.binary(max_size=300))
def test_any_bytes_in_a_card_give_records(noise: bytes) -> None:
    assert records(b"BEGIN:VCARD\nFN:A\n" + noise)
