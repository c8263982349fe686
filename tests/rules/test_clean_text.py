"""What cannot be seen is taken out of text, and what scripts need stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Person
from tasks.rules import normalise
from tasks.rules.clean_text import many_lines, one_line

ZWNJ, ZWJ, VIRAMA = "\u200c", "\u200d", "\u094d"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Ana \t Silva\r\n", "Ana Silva"),
        ("Ana\r\nBcc: x@x.org", "Ana Bcc: x@x.org"),
        ("A\0na\x07", "Ana"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("An\u200ba\ufeff", "Ana"),
        ("Jose\u0301", "José"),
        ("e\u200b\u0301", "é"),
        ("Ana\u00a0\u3000Silva", "Ana Silva"),
        ("a\ud800b", "ab"),
        (f"A{ZWJ}na{ZWNJ}", "Ana"),
    ],
)
def test_what_cannot_be_seen_is_taken_out_of_a_line(raw: str, clean: str) -> None:
    assert one_line(raw) == clean


@given(st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("  \n\t")))
def test_the_quick_look_at_latin_letters_agrees_with_the_long_one(text: str) -> None:
    assert one_line(text) == one_line(f"{text} \u200b")
    assert many_lines(text) == many_lines(f"{text}\u200b")


@given(st.lists(st.text(max_size=4) | st.text(f" a\u0301\u0338|{ZWJ}{VIRAMA}क", max_size=4), min_size=3, max_size=3))
def test_lines_looked_at_together_come_out_as_each_alone(lines: list[str]) -> None:
    tidy = normalise.person(Person(prefix=lines[0], company=lines[1], department=lines[2]))
    assert [tidy.prefix, tidy.company, tidy.department] == [one_line(line) for line in lines]


@pytest.mark.parametrize("text", [f"می{ZWNJ}خواهم", f"क{VIRAMA}{ZWJ}ष", f"👩{ZWJ}💻", f"क{VIRAMA}{ZWJ}"])
def test_joiners_stay_where_scripts_need_them(text: str) -> None:
    assert one_line(text) == text


def test_notes_keep_their_lines() -> None:
    assert many_lines(" one \r\ntwo\rthree\u2028\u202efour\n\n") == "one\ntwo\nthree\nfour"
