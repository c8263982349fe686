"""CSV exports of Google, Outlook and others, and what goes wrong with them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Labelled, Person, PostalAddress, Seen, SourceRecord, Unreadable
from tasks.providers.file.files import FileSource, UnreadableFile, read_file


def records(text: str | bytes, mapping: Mapping[str, str] | None = None) -> list[SourceRecord]:
    return list(read_file(text if isinstance(text, bytes) else text.encode(), mapping=mapping))


def people(text: str | bytes, mapping: Mapping[str, str] | None = None) -> list[Person]:
    return [record.person for record in records(text, mapping) if isinstance(record, Seen)]


def only(text: str | bytes, mapping: Mapping[str, str] | None = None) -> Person:
    (person,) = people(text, mapping)
    return person


def row(cells: Mapping[str, str], delimiter: str = ",") -> str:
    quoted = [f'"{cell}"' for cell in cells.values()]
    return f"{delimiter.join(cells)}\r\n{delimiter.join(quoted)}\r\n"


GOOGLE_OLD = {
    "Name": "Ana Silva", "Given Name": "Ana", "Family Name": "Silva", "Birthday": "--02-03", "Notes": "one\ntwo",
    "Group Membership": "* myContacts ::: Friends ::: Book club", "E-mail 1 - Type": "Home",
    "E-mail 1 - Value": "a@x.org ::: b@x.org", "E-mail 2 - Type": "* Work", "E-mail 2 - Value": "w@x.org",
    "Phone 1 - Type": "Mobile", "Phone 1 - Value": "+1 415 555 2671", "Address 1 - Type": "Home",
    "Address 1 - Formatted": "1 Elm St, Bonn", "Address 1 - Street": "1 Elm St", "Address 1 - City": "Bonn",
    "Address 1 - Postal Code": "53111", "Organization 1 - Name": "Acme", "Organization 1 - Title": "CEO",
    "Website 1 - Type": "Profile", "Website 1 - Value": "http://x.org", "Relation 1 - Type": "Spouse",
    "Relation 1 - Value": "Sam", "Custom Field 1 - Type": "Shoe", "Custom Field 1 - Value": "39",
}  # fmt: skip

GOOGLE_NEW = {
    "First Name": "Ana", "Middle Name": "M", "Last Name": "Silva", "Organization Name": "Acme",
    "Organization Title": "CEO", "Organization Department": "Board", "Labels": "Friends ::: * myContacts",
    "E-mail 1 - Label": "Work", "E-mail 1 - Value": "w@x.org", "Phone 1 - Label": "", "Phone 1 - Value": "1 ::: 2",
}  # fmt: skip


def test_googles_old_export_is_read() -> None:
    person = only(row(GOOGLE_OLD))
    assert (person.display_name, person.given_name, person.family_name) == ("Ana Silva", "Ana", "Silva")
    assert person.emails == (Labelled("w@x.org", "Work"), Labelled("a@x.org", "Home"), Labelled("b@x.org", "Home"))
    assert person.phones == (Labelled("+1 415 555 2671", "Mobile"),)
    assert person.addresses == (PostalAddress("1 Elm St", "Bonn", "", "53111", "", "Home"),)
    assert (person.company, person.job_title, person.birthday, person.notes) == ("Acme", "CEO", "--02-03", "one\ntwo")
    assert person.tags == ("Friends", "Book club")
    assert person.urls == (Labelled("http://x.org", "Profile"),)
    assert person.custom == (Labelled("Sam", "Relation (Spouse)"), Labelled("39", "Shoe"))


def test_googles_new_export_is_read() -> None:
    person = only(row(GOOGLE_NEW))
    assert (person.given_name, person.middle_name, person.family_name) == ("Ana", "M", "Silva")
    assert (person.company, person.job_title, person.department) == ("Acme", "CEO", "Board")
    assert person.emails == (Labelled("w@x.org", "Work"),)
    assert [item.value for item in person.phones] == ["1", "2"]
    assert person.tags == ("Friends",)


OUTLOOK = {
    "Title": "Dr.", "First Name": "Zoë", "Middle Name": "", "Last Name": "Poe", "Suffix": "", "Company": "Acme",
    "Job Title": "CEO", "Business Street": "1 Elm St", "Business Street 2": "Floor 3", "Business City": "Bonn",
    "Business Country/Region": "Germany", "Home City": "Rome", "Business Phone": "030 1", "Business Phone 2": "030 2",
    "Mobile Phone": "0170 1", "Business Fax": "030 9", "Anniversary": "0/0/00", "Birthday": "0/0/00",
    "Categories": "Friends;Clients", "E-mail Address": "z@x.org", "E-mail Type": "SMTP",
    "E-mail Display Name": "Zoë Poe (z@x.org)", "E-mail 2 Address": "/o=Ex/cn=zoe", "Priority": "Normal",
    "Private": "False", "Spouse": "Sam", "Web Page": "http://x.org", "User 1": "gold",
}  # fmt: skip

OUTLOOK_GERMAN = {
    "Anrede": "Frau", "Vorname": "Zoë", "Nachname": "Groß", "Firma": "Acme GmbH", "Abteilung": "Einkauf",
    "Position": "Leiterin", "Straße geschäftlich": "Ulmenweg 1", "Ort geschäftlich": "Köln",
    "Postleitzahl geschäftlich": "50667", "Land/Region geschäftlich": "Deutschland", "Ort privat": "Bonn",
    "Telefon geschäftlich": "0221 1", "Telefon (privat)": "0228 1", "Mobiltelefon": "0170 1",
    "Fax geschäftlich": "0221 9",
    "E-Mail-Adresse": "z@x.org", "E-Mail-Typ": "SMTP", "E-Mail 2: Adresse": "y@x.org", "Geburtstag": "3.2.1980",
    "Jahrestag": "0.0.00", "Kategorien": "Freunde;Kunden", "Notizen": "nett", "Priorität": "Normal", "Privat": "Falsch",
    "Weiterer Ort": "Rom",
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_outlooks_export_is_read(encoding: str) -> None:
    person = only(row(OUTLOOK).encode(encoding))
    assert (person.prefix, person.given_name, person.job_title) == ("Dr.", "Zoë", "CEO")
    assert person.emails == (Labelled("z@x.org"),)
    assert [(item.label, item.value) for item in person.phones] == [
        ("work", "030 1"), ("work", "030 2"), ("mobile", "0170 1"), ("work fax", "030 9"),
    ]  # fmt: skip
    assert person.addresses == (
        PostalAddress("1 Elm St, Floor 3", "Bonn", country="Germany", label="work"),
        PostalAddress(city="Rome", label="home"),
    )
    assert person.tags == ("Friends", "Clients")
    assert person.birthday == ""
    assert {item.label: item.value for item in person.custom} == {
        "Exchange address": "/o=Ex/cn=zoe", "Spouse": "Sam", "User 1": "gold",
    }  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_outlooks_german_export_is_read_under_any_delimiter(delimiter: str) -> None:
    person = only(row(OUTLOOK_GERMAN, delimiter).encode("cp1252"))
    assert (person.prefix, person.given_name, person.family_name) == ("Frau", "Zoë", "Groß")
    assert (person.company, person.department, person.job_title) == ("Acme GmbH", "Einkauf", "Leiterin")
    assert [address.city for address in person.addresses] == ["Köln", "Bonn", "Rom"]
    assert [item.value for item in person.emails] == ["z@x.org", "y@x.org"]
    assert [item.label for item in person.phones] == ["work", "home", "mobile", "work fax"]
    assert (person.birthday, person.tags, person.custom) == ("3.2.1980", ("Freunde", "Kunden"), ())


def test_telling_headers_are_understood_and_all_others_kept_as_custom() -> None:
    person = only("Name,E-mail,Phone,Mobile,Company,Lead source\nAna Silva,a@x.org,1,2,Acme,fair\n")
    assert (person.display_name, person.company) == ("Ana Silva", "Acme")
    assert person.phones == (Labelled("1"), Labelled("2", "mobile"))
    assert person.custom == (Labelled("fair", "Lead source"),)


def test_a_column_called_name_beside_first_names_holds_family_names() -> None:
    assert only("Vorname;Name;E-Mail\nAna;Silva;a@x.org\n").family_name == "Silva"


def test_a_mapping_says_what_columns_hold() -> None:
    mapping = {
        "Kunde": "display_name",
        "post": "emails:work",
        "wo": "addresses.city:home",
        "Rang": "custom:rank",
        "x": "",
    }
    person = only("Kunde,Post,Wo,Rang,X\nAna,a@x.org,Bonn,7,secret\n", mapping)
    assert person.display_name == "Ana"
    assert person.emails == (Labelled("a@x.org", "work"),)
    assert person.addresses == (PostalAddress(city="Bonn", label="home"),)
    assert person.custom == (Labelled("7", "rank"),)


def test_the_short_headers_of_tables_that_programs_write_are_understood() -> None:
    person = only("fname,lname,dob,street_number,address_1,suburb,postcode\nMia,Lee,19560409,7,Elm Place,Perth,2119\n")
    assert (person.given_name, person.family_name, person.birthday) == ("Mia", "Lee", "19560409")
    assert person.addresses == (PostalAddress("7 Elm Place", "Perth", postcode="2119"),)
    assert only("Name,D.O.B.\nAna,1980-02-03\n").birthday == "1980-02-03"
    assert only("Name,Straße,Hausnummer\nAna,Elmweg,7a\n").addresses[0].street == "Elmweg 7a"


@pytest.mark.parametrize("mapping", [{"Nome": "display_name"}, {"Name": "emial"}, {"Name": "addresses.planet"}])
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(UnreadableFile, match="mapping does not fit"):
        records("Name,E-mail\nAna,a@x.org\n", mapping)


def test_duplicate_headers_and_ragged_rows_lose_nothing() -> None:
    person = only("Name,Email,Email,City\nAna,a@x.org,b@x.org,Bonn,extra\n")
    assert [item.value for item in person.emails] == ["a@x.org", "b@x.org"]
    assert person.custom == (Labelled("extra", "Column 5"),)
    assert [person.display_name for person in people("Name,Email\nAna\nBen,b@x.org\n")] == ["Ana", "Ben"]


def test_a_csv_of_one_column_is_read_with_or_without_a_header() -> None:
    assert [person.emails[0].value for person in people("Email\na@x.org\nb@x.org\n")] == ["a@x.org", "b@x.org"]
    assert [person.emails[0].value for person in people("a@x.org\r\nb@x.org")] == ["a@x.org", "b@x.org"]


def test_a_file_without_headers_is_read_by_what_it_holds() -> None:
    person = only("Ana Silva;a@x.org;+49 30 123456;gold\n")
    assert (person.display_name, person.emails[0].value, person.phones[0].value) == (
        "Ana Silva",
        "a@x.org",
        "+49 30 123456",
    )
    assert person.custom == (Labelled("gold", "Column 4"),)


def test_a_file_without_headers_may_hold_phones_alone() -> None:
    assert only("Ana Silva,+49 30 123456\n").phones == (Labelled("+49 30 123456"),)


def test_text_above_the_headers_is_set_aside() -> None:
    preamble, ana = records("Notes about this export,,\n\nFirst Name,Last Name,Email Address\nAna,Silva,a@x.org\n")
    assert isinstance(preamble, Unreadable)
    assert isinstance(ana, Seen)


def test_line_ends_in_quotes_and_excels_hint_are_understood() -> None:
    person = only('sep=;\r\nName;Notes\r\nAna;"one\r\ntwo; ""three"""\r\n')
    assert person.notes == 'one\r\ntwo; "three"'


def test_a_quotation_mark_never_closed_costs_one_row() -> None:
    found = records('Name,Email\nAna,a@x.org\n"Ben,b@x.org\nCy,c@x.org\n')
    assert [type(record) for record in found] == [Seen, Unreadable, Seen]
    assert found[1].source_id == "row-3"


def test_null_bytes_and_broken_utf_8_do_not_stop_the_reading() -> None:
    ana, ben = people(b"Name,Email\nA\0na,a@x.org\nB\xff\xfe,b@x.org\n")
    assert (ana.display_name, ben.emails) == ("Ana", (Labelled("b@x.org"),))


def test_one_broken_byte_spoils_no_other_row() -> None:
    body = "Name\nJürgen Groß\nZoë Möller\n".encode().replace("ö".encode(), b"\xf6")
    assert [person.display_name for person in people(body)] == ["Jürgen Groß", "Zoë Möller"]


def test_dates_with_slashes_are_read_the_one_way_their_column_allows() -> None:
    text = "Name,Birthday\nAna,4/5/1980\nBen,{}/1981\n"
    assert [person.birthday for person in people(text.format("12/31"))] == ["1980-04-05", "1981-12-31"]
    assert [person.birthday for person in people(text.format("31/12"))] == ["1980-05-04", "1981-12-31"]
    assert [person.birthday for person in people(text.format("1/2"))] == ["4/5/1980", "1/2/1981"]


def test_a_row_that_tells_nobody_is_set_aside_and_an_empty_one_is_no_record() -> None:
    (record,) = records("Name,Email,City\n,,\n , ,Bonn\n\n")
    assert isinstance(record, Unreadable)
    assert "row 3" in record.reason


def test_ids_are_unique_and_stay_the_same_in_another_spelling() -> None:
    first = [record.source_id for record in records("Name,Email\nAna Silva,A@X.org\nAna Silva,a@x.org\nBen,\n")]
    second = [record.source_id for record in records("Company,Email,Name\nAcme,a@x.ORG,ana  silva\n")]
    assert len(set(first)) == 3
    assert first[1] == f"{first[0]}-2"
    assert second[0] == first[0]


def test_a_new_number_makes_no_new_record_where_an_address_tells_who_it_is() -> None:
    before, after = (records(f"Name,Email,Phone\nAna Silva,a@x.org,{phone}\n") for phone in ("+49301111", "+49302222"))
    assert [one.source_id for one in before] == [one.source_id for one in after]
    apart = records("Name,Phone\nAna Silva,+49301111\nAna Silva,+49302222\n")
    assert len({one.source_id.removesuffix("-2") for one in apart}) == 2


def test_a_header_alone_is_a_file_of_nobody() -> None:
    assert records("Name,Email\n") == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"foo,bar\n1,2\n", "No contacts"),
        (b"PK\x03\x04....", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x01\x02\x03\x04\x05" * 20, "not text"),
        (b"<html>", "web page"),
        (b'[{"name": "Ana"}]', "JSON"),
    ],
)
def test_a_file_that_makes_no_sense_says_so_and_what_to_do(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        records(body)


async def test_a_file_is_one_page(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Name\nAna\n")
    source = FileSource(path)
    (page,) = [page async for page in source.pages()]
    assert [type(record) for record in source.settled([page.body])] == [Seen]


async def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as huge:
        huge.truncate(200 * 1024 * 1024)
    with pytest.raises(
        UnreadableFile, match=r"209,715,200 bytes, the limit is 104,857,600: split it, or set \w+ to 200"
    ):
        [page async for page in FileSource(path).pages()]


async def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"gone\.vcf cannot be read"):
        [page async for page in FileSource(tmp_path / "gone.vcf").pages()]


@given(st.one_of(st.binary(max_size=400), st.text(alphabet='aN@.,;\t|"\n\r\0 ü', max_size=80).map(str.encode)))
def test_any_bytes_give_records_or_a_plain_refusal(body: bytes) -> None:
    for start in (b"", b"Name,Email,Birthday\n", b"Name;Notes\n"):
        try:
            found = records(start + body)
        except UnreadableFile:
            continue
        assert len({record.source_id for record in found}) == len(found)
