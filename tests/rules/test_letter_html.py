"""Text and HTML of a mail: the same words, links that lead where they say, and nothing written into the HTML."""

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Letter, Paragraph
from tasks.rules.letters import (
    Routes,
    html_of,
    text_of,
)
from tasks.rules.letters.markup import escaped, link_keys, plain, spans
from tests.rules.letter_examples import FRAME, LETTER, PRINTABLE, ROUTES, made


def words(html: str) -> list[str]:
    """What can be read of the HTML, without what is hidden."""
    seen = re.sub(r'<head>.*?</head>|<div class="preheader".*?</div>', "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", " ", seen)).split()


def test_text_says_where_links_lead_and_html_passes_by_us() -> None:
    mail = made()
    assert "new demo (https://us.example/x?a=1&b=2)" in mail.text
    assert "a@us.example." in mail.text
    assert "Demo: https://us.example/x?a=1&b=2" in mail.text
    assert mail.html.count('href="https://go.example/c/tok"') == 3
    assert 'href="mailto:a@us.example"' in mail.html
    assert ">https://us.example/x?a=1&amp;b=2</a>" in mail.html
    assert '<img src="https://go.example/o/tok.gif"' in mail.html


def test_without_counting_there_is_no_picture_and_links_lead_straight_on() -> None:
    html = html_of(LETTER, FRAME, Routes("https://go.example/u/tok"))
    assert "<img" not in html
    assert html.count('href="https://us.example/x?a=1&amp;b=2"') == 3


@given(PRINTABLE, PRINTABLE, st.lists(PRINTABLE, max_size=4))
def test_text_and_html_carry_the_same_words(subject: str, greeting: str, paragraphs: list[str]) -> None:
    letter = Letter(subject, greeting, tuple(map(Paragraph, paragraphs)))
    said = plain(greeting).split() + [word for one in paragraphs for word in plain(one).split()]
    footer = ["Us", "Ltd", "Main", "St", "1", "Unsubscribe"]
    text = text_of(letter, FRAME, ROUTES)
    if not any(link_keys(one) for one in [greeting, *paragraphs]):
        assert (
            text.replace("-- \n", "").replace("Unsubscribe: https://go.example/u/tok", "Unsubscribe").split()
            == said + footer
        )
        assert words(html_of(letter, FRAME, ROUTES)) == said + footer


@given(st.text())
def test_no_text_reaches_into_the_html(hostile: str) -> None:
    letter = Letter(hostile, hostile, (Paragraph(hostile),), hostile, language=hostile)
    html = html_of(letter, replace(FRAME, postal_address=hostile), ROUTES)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*([A-Za-z!]+)", html)}
    assert tags <= {
        "!doctype", "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "p", "a",
        "br", "strong", "em", "img",
    }  # fmt: skip
    assert set(re.findall(r'href="([^"]*)"', html)) <= {
        "https://go.example/u/tok",
        "https://go.example/c/tok",
        "mailto:a@us.example",
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a **b** c", "a b c"), ("*a* _b_", "a b"), ("5*3*2 * x", "5*3*2 * x"), ("snake_case_name", "snake_case_name"),
        ("**open", "**open"), (r"\*a\*", "*a*"), ("[a](b)", "[a](b)"), ("[w]({{link:demo}})", "w"),
        ("{{ link: demo }}", ""),         ("{{link:no such}}", "{{link:no such}}"), ("__a__", "a"),
        ("[a](https://evil.example)", "[a](https://evil.example)"),
        ("(*a*)", "(a)"), ("**a*", "**a*"),
    ],
)  # fmt: skip
def test_markdown_becomes_the_words_that_are_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    assert plain(escaped(text)) == text
    assert not any(span.bold or span.italic or span.link for span in spans(escaped(text)))
