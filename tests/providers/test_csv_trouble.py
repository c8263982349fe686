"""Tables with bytes, quotes, headers or rows that are not as they should be lose one row at most, or are refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Labelled, Seen, Unreadable
from tasks.providers.file.files import FileSource, UnreadableFile
from tests.providers.csv_reading import only, people, records


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


def test_a_row_that_tells_nobody_is_set_aside_and_an_empty_one_is_no_record() -> None:
    (record,) = records("Name,Email,City\n,,\n , ,Bonn\n\n")
    assert isinstance(record, Unreadable)
    assert "row 3" in record.reason


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
