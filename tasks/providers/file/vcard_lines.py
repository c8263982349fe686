"""Parse vCard 2.1, 3.0 and 4.0, as products really write them, into cards of properties.

Decodes only complete properties, because lines may be folded inside a multi-byte character, and every property may
name its own character set, rightly or wrongly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.providers.file.file_text import as_narrow, fallback
from tasks.providers.file.vcard_property import Property, read_property, starts_property

_LINE_END = re.compile(rb"\r+\n?")
# A quoted-printable soft line break ends in "=", and an indented line after it is not a fold.
_FOLD = re.compile(rb"(?<!=)\n[ \t]")
_INDENTED = re.compile(rb"^[ \t]+(?=\S)", re.MULTILINE)
_INDENTED_MARK = re.compile(rb"^[ \t]+(?:BEGIN|END)[ \t]*:[ \t]*VCARD", re.MULTILINE | re.IGNORECASE)
# Properties that may continue on unfolded lines; after any other such a line becomes an unnamed property.
_RUNS_ON = re.compile(r"(?:[\w-]+\.)?(?:NOTE|LABEL|PHOTO|LOGO|SOUND|KEY)[;:]", re.IGNORECASE)


@dataclass(slots=True)
class Card:
    """The properties between BEGIN and END; `fault` says why the card as a whole is invalid."""

    number: int
    properties: list[Property] = field(default_factory=list)
    fault: str = ""


def cards(body: bytes) -> Iterator[Card]:
    """All cards in file order. A card nested as AGENT is reduced to a property of the outer card."""
    body = _LINE_END.sub(b"\n", as_narrow(body).replace(b"\0", b""))
    if _INDENTED_MARK.search(body):
        body = _INDENTED.sub(b"", body)
    number = 0
    open_cards: list[Card] = []
    for found in _properties(body):
        mark = (found.name, found.value.strip().upper())
        if mark == ("BEGIN", "VCARD"):
            if open_cards and not _expects_agent(open_cards[-1]):
                yield open_cards[0]
                open_cards = []
            number += not open_cards
            open_cards.append(Card(number))
        elif mark == ("END", "VCARD"):
            if len(open_cards) > 1:
                _hold_agent(open_cards)
            elif open_cards:
                card = open_cards.pop()
                card.fault = ""
                yield card
        else:
            if not open_cards:
                number += 1
                open_cards.append(Card(number, fault="lines outside any card: BEGIN:VCARD is missing before them"))
            open_cards[-1].properties.append(found)
    if open_cards:
        yield _last(open_cards, whole=body.endswith(b"\n"))


def _expects_agent(card: Card) -> bool:
    return bool(card.properties) and card.properties[-1].name == "AGENT" and not card.properties[-1].value.strip()


def _hold_agent(open_cards: list[Card]) -> None:
    agent = open_cards.pop()
    known = [found.value for found in agent.properties if found.name in {"FN", "EMAIL", "TEL"} and found.value]
    open_cards[-1].properties[-1] = Property("AGENT", ", ".join(known))


def _last(open_cards: list[Card], *, whole: bool) -> Card:
    card = open_cards[0]
    if not whole and not card.fault:
        card.fault = "the file ends in the middle of this card: export or download it again"
    return card


def _properties(body: bytes) -> Iterator[Property]:
    """Bytes that are not UTF-8 are kept as lone surrogates until their property is complete and can be decoded."""
    text = _FOLD.sub(b"", body).decode("utf-8", "surrogateescape")
    decode = None if text.isascii() or _is_clean(text) else fallback(body)
    for line in _whole_lines(text):
        yield read_property(line, decode)


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _whole_lines(text: str) -> Iterator[str]:
    """One string per property, joined over soft line breaks, indented lines and unfolded continuation lines."""
    pieces: list[str] = []
    soft = base64 = False
    for line in text.split("\n"):
        if soft and not _is_mark(line):
            pieces[-1] = pieces[-1][:-1]
            pieces.append(_after_soft_break(pieces[-1], line))
            soft = pieces[-1].endswith("=")
        elif not pieces or starts_property(line):
            if pieces:
                yield "".join(pieces)
            head = line.partition(":")[0].upper() if ";" in line else ""
            base64 = "BASE64" in head or "ENCODING=B" in head
            soft = "QUOTED-PRINTABLE" in head and line.rstrip().endswith("=")
            pieces = [line.rstrip() if soft else line] if line else []
        elif line[:1] in (" ", "\t"):
            pieces.append(line[1:])
        elif line.strip() and (base64 or _RUNS_ON.match(pieces[0])):
            pieces.append(line if base64 else f"\n{line}")
        elif line.strip():
            yield "".join(pieces)
            pieces = [line]
    if pieces:
        yield "".join(pieces)


def _after_soft_break(before: str, line: str) -> str:
    """The text after a soft line break. Some writers also indent it; otherwise a leading space separates words."""
    folded = line[:1] == "\t" or line[:2] in ("  ", " =") or (line[:1] == " " and before[-3:] in ("=0D", "=0A"))
    return line.strip() if folded else line.rstrip()


def _is_mark(line: str) -> bool:
    return line.strip().upper() in {"BEGIN:VCARD", "END:VCARD"}
