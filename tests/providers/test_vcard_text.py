"""vCards as the products of the world write them down: folds, soft breaks, charsets, line ends."""

import pytest

from storage.records import Labelled
from tests.providers.cards import card, custom, names, only


def test_quoted_printable_goes_on_after_soft_line_breaks() -> None:
    quoted = "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=\r\n=C3=9Fe=0D=0Aaus =\r\nTh=C3=\r\n=BCringen"
    assert only(card("FN:A", quoted, version="2.1")).notes == "Grüße\r\naus Thüringen"


def test_quoted_printable_is_read_in_version_3_too_and_as_a_bare_parameter() -> None:
    assert only(card("FN;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen")).display_name == "Jürgen"
    assert only(card("FN;QUOTED-PRINTABLE:J=C3=BCrgen")).display_name == "Jürgen"


def test_softly_broken_lines_that_are_folded_as_well_lose_only_the_fold() -> None:
    quoted = "ENCODING=QUOTED-PRINTABLE:42 Elm St.=0D=0A=\r\n Bay=0D=\r\n =0ATown=0D=0A=\r\n\tIowa, and =\r\n far"
    assert only(card("FN:A", f"NOTE;{quoted}")).notes.split("\r\n") == ["42 Elm St.", "Bay", "Town", "Iowa, and  far"]


def test_encoded_separators_are_text_only_where_plain_ones_part_the_value() -> None:
    assert only(card("N;QUOTED-PRINTABLE:M=3Bller;J=C3=BCrgen;;;")).family_name == "M;ller"
    assert only(card("N;QUOTED-PRINTABLE:M=C3=BCller=3BJ=C3=BCrgen")).given_name == "Jürgen"


def test_folded_lines_are_joined_even_in_the_middle_of_a_character() -> None:
    folded = "FN:Jürgen Großmann".encode().replace(b"\xc3\xbc", b"\xc3\r\n \xbc").replace(b"mann", b"ma\r\n\tnn")
    assert only(b"BEGIN:VCARD\r\n" + folded + b"\r\nEND:VCARD\r\n").display_name == "Jürgen Großmann"


def test_a_value_broken_without_any_fold_goes_on_until_the_next_property() -> None:
    person = only(card("FN:A", "NOTE:first", "second line", "http://example.com/x", "TEL:1"))
    assert person.notes == "first\nsecond line\nhttp://example.com/x"
    assert person.phones == (Labelled("1"),)


def test_a_stray_line_does_not_spoil_the_property_above_it() -> None:
    person = only(card("FN:A", "N:Silva;Ana;;;", "what is this", "TEL:1"))
    assert (person.family_name, person.given_name, person.suffix) == ("Silva", "Ana", "")
    assert custom(person) == {"unnamed": "what is this"}


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-8", "gb18030", "shift_jis"])
def test_the_charset_a_property_names_is_used(encoding: str) -> None:
    name = {"gb18030": "李小龙", "shift_jis": "山田太郎"}.get(encoding, "Müller")
    body = (
        b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=" + encoding.encode() + b":" + name.encode(encoding) + b"\nEND:VCARD\n"
    )
    assert names(body) == [name]


def test_a_wrong_or_unknown_charset_does_not_spoil_utf_8() -> None:
    assert names(card("FN;CHARSET=ISO-8859-1:Müller") + card("FN;CHARSET=NONSENSE:Müller")) == ["Müller", "Müller"]


def test_old_western_text_without_a_charset_is_guessed() -> None:
    assert names(card("FN:Jürgen Müßig").decode().encode("cp1252")) == ["Jürgen Müßig"]


def test_one_broken_byte_spoils_no_other_card() -> None:
    body = card("FN:Jürgen Groß") + card("FN:Zoë Müller").replace("ü".encode(), b"\xfc")
    assert names(body) == ["Jürgen Groß", "Zoë Müller"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marked_and_wide_files_are_read(encoding: str) -> None:
    assert names(card("FN:Jürgen").decode().encode(encoding)) == ["Jürgen"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\r\n", b"\r\n\r\n"])
def test_any_line_ends_do(line_end: bytes) -> None:
    body = card("FN:Ana", "ORG:Acme;Sales") + card("FN:Ben")
    assert names(body.replace(b"\r\n", line_end)) == ["Ana", "Ben"]


def test_null_bytes_are_taken_out() -> None:
    assert names(card("FN:A\0na", "NOTE;QUOTED-PRINTABLE:a=00b")) == ["Ana"]
