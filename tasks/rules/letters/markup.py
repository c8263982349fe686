"""The little Markdown that mails are written in: **bold**, *italics* and links by key, `[words]({{link:key}})` or
`{{link:key}}` alone. Nothing else means anything; a backslash takes the meaning from a sign.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape as html_escape

_LINK = r"\{\{\s*link:\s*([A-Za-z0-9_-]{1,40})\s*\}\}"
_TOKEN = re.compile(
    rf"\\(?P<escaped>[\\*_{{}}\[\]()`])"
    rf"|\[(?P<label>(?:\\.|[^\[\]\\])+)\]\((?P<labelled>{_LINK})\)"
    rf"|(?P<bare>{_LINK})"
    # A single sign opens before a word or closes behind one; between letters, digits or blanks it is itself.
    r"|(?P<mark>\*\*|(?<![^\W_])[*_](?=\S)|(?<=\S)[*_](?![^\W_]))",
)
_KEY = re.compile(_LINK)
_MEANINGFUL = re.compile(r"([\\*_{}\[\]()`])")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; `link` is a link's key, and its text is empty where the address itself is shown."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str = ""


def escaped(text: str) -> str:
    """`text` such that it is shown as it stands."""
    return _MEANINGFUL.sub(r"\\\1", text)


def link_keys(text: str) -> list[str]:
    return [span.link for span in spans(text) if span.link]


def plain(text: str) -> str:
    """The words alone, without addresses."""
    return "".join(span.text for span in spans(text))


def as_text(text: str, shown: Mapping[str, str]) -> str:
    return "".join(_span_text(span, shown) for span in spans(text))


def as_html(text: str, links: Mapping[str, str], shown: Mapping[str, str]) -> str:
    """`links` are the addresses to go to, `shown` those to be read; they differ where clicks are counted."""
    return "".join(_span_html(span, links, shown) for span in spans(text))


@lru_cache(maxsize=4096)
def spans(text: str) -> tuple[Span, ...]:
    pieces = list(_pieces(text))
    paired = _paired([piece if isinstance(piece, str) else "" for piece in pieces])
    bold = italic = False
    found: list[Span] = []
    for at, piece in enumerate(pieces):
        if isinstance(piece, Span):
            found.append(Span(piece.text, bold, italic, piece.link))
        elif at in paired:
            bold, italic = bold ^ (piece == "**"), italic ^ (piece != "**")
        else:
            found.append(Span(piece, bold, italic))
    return tuple(found)


def _pieces(text: str) -> Iterator[Span | str]:
    """Text and links as spans; marks of bold and italics as they stand."""
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield Span(text[end : match.start()])
        end = match.end()
        if match["escaped"]:
            yield Span(match["escaped"])
        elif match["mark"]:
            yield match["mark"]
        else:
            label = re.sub(r"\\(.)", r"\1", match["label"] or "")
            yield Span(label, link=_key(match["labelled"] or match["bare"]))
    if end < len(text):
        yield Span(text[end:])


def _key(link: str) -> str:
    match = _KEY.fullmatch(link)
    return match[1] if match else ""


def _paired(marks: list[str]) -> frozenset[int]:
    """Which marks open or close something; an odd one out is just a sign. What opened last is closed first."""
    paired: set[int] = set()
    opened: list[int] = []
    for at, mark in enumerate(marks):
        if not mark:
            continue
        partner = next((one for one in reversed(opened) if marks[one] == mark), None)
        if partner is None:
            opened.append(at)
        else:
            paired |= {partner, at}
            opened = opened[: opened.index(partner)]
    return frozenset(paired)


def _span_text(span: Span, shown: Mapping[str, str]) -> str:
    if not span.link:
        return span.text
    address = readable(shown.get(span.link, ""))
    return f"{span.text} ({address})" if span.text and span.text != address else address


def _span_html(span: Span, links: Mapping[str, str], shown: Mapping[str, str]) -> str:
    html = html_escape(span.text or readable(shown.get(span.link, "")))
    if span.link and span.link in links:
        html = f'<a href="{html_escape(links[span.link])}">{html}</a>'
    html = f"<em>{html}</em>" if span.italic else html
    return f"<strong>{html}</strong>" if span.bold else html


def readable(address: str) -> str:
    return address.removeprefix("mailto:").partition("?")[0] if address.startswith("mailto:") else address
