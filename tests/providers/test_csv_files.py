"""CSV exports of Google, Outlook and others."""

from collections.abc import Mapping

import pytest

from storage.records import Labelled, PostalAddress
from tests.providers.csv_reading import only, people, records


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


def test_dates_with_slashes_are_read_the_one_way_their_column_allows() -> None:
    text = "Name,Birthday\nAna,4/5/1980\nBen,{}/1981\n"
    assert [person.birthday for person in people(text.format("12/31"))] == ["1980-04-05", "1981-12-31"]
    assert [person.birthday for person in people(text.format("31/12"))] == ["1980-05-04", "1981-12-31"]
    assert [person.birthday for person in people(text.format("1/2"))] == ["4/5/1980", "1/2/1981"]


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
