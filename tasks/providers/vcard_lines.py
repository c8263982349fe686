"""vCard 2.1, 3.0 and 4.0 as products really write them, taken apart into cards of properties.

Works on bytes until a property is whole, because lines are folded in the middle of characters, and every property
may name its own character set, rightly or wrongly.
"""

import quopri
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from tasks.providers.file_text import as_narrow, fallback

_LINE_END = re.compile(rb"\r+\n?")
# A soft line break of quoted-printable also ends in "=", and what follows it is no fold.
_FOLD = re.compile(rb"(?<!=)\n[ \t]")
_INDENTED = re.compile(rb"^[ \t]+(?=\S)", re.MULTILINE)
_INDENTED_MARK = re.compile(rb"^[ \t]+(?:BEGIN|END)[ \t]*:[ \t]*VCARD", re.MULTILINE | re.IGNORECASE)
_PROPERTY = re.compile(
    r"""(?:([\w-]+)\.)?([A-Za-z][A-Za-z0-9_-]*)[ \t]*((?:;(?:"[^"\n]*"|[^":])*)?):(?!//)(.*)""", re.DOTALL
)
_UNBALANCED = re.compile(r"(?:([\w-]+)\.)?([A-Za-z][A-Za-z0-9_-]*)[ \t]*(;[^:]*):(?!//)(.*)", re.DOTALL)
_PARAMETER = re.compile(r"""((?:"[^"]*"|[^";])+)""")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_ENCODINGS = {"quoted-printable": "qp", "base64": "base64", "b": "base64", "8bit": "", "7bit": ""}
_ONE_BYTE = re.compile(r"(?i)(us-?)?ascii|(iso-?8859|latin|windows-?12|cp12)", re.ASCII)


class Property(NamedTuple):
    """One property: its value decoded but still escaped; types and parameter names in lower case."""

    name: str
    value: str
    group: str = ""
    types: tuple[str, ...] = ()
    parameters: Mapping[str, str] = MappingProxyType({})
    binary: bool = False


@dataclass(slots=True)
class Card:
    """The properties between BEGIN and END; `fault` says what is wrong with the card as a whole."""

    number: int
    properties: list[Property] = field(default_factory=list)
    fault: str = ""


Decode = Callable[[bytes], str]


def cards(body: bytes) -> Iterator[Card]:
    """Every card of the file in its order; an agent's card becomes part of the card that holds it."""
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


def unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value) if "\\" in value else value


def split(value: str, separators: str) -> list[str]:
    """The parts of `value` between separators that are not escaped, each one unescaped and trimmed."""
    if "\\" not in value:
        return [part.strip() for part in re.split(f"[{separators}]", value)]
    # No value holds a null byte, so it can stand for an escaped separator while the others part.
    hidden = _ESCAPE.sub(lambda match: f"\0{separators.index(match[1])}" if match[1] in separators else match[0], value)
    parts = re.split(f"[{separators}]", hidden)
    shown = [re.sub("\0(.)", lambda match: separators[int(match[1])], unescaped(part)) for part in parts]
    return [part.strip() for part in shown]


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
    """Bytes that are not UTF-8 travel through the text as lone surrogates until their property is whole."""
    text = _FOLD.sub(b"", body).decode("utf-8", "surrogateescape")
    decode = None if text.isascii() or _is_clean(text) else fallback(body)
    for line in _whole_lines(text):
        yield _property(line, decode)


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _whole_lines(text: str) -> Iterator[str]:
    """Each property in one piece, however it was folded: by the standard, softly, after a blank, or not at all."""
    current, soft, base64 = "", False, False
    for line in text.split("\n"):
        if soft and not _is_mark(line):
            current = current[:-1] + _after_soft_break(current, line)
            soft = current.endswith("=")
        elif not current or _starts_property(line):
            if current:
                yield current
            current = line
            head = line.partition(":")[0].upper() if ";" in line else ""
            base64 = "BASE64" in head or "ENCODING=B" in head
            soft = "QUOTED-PRINTABLE" in head and line.rstrip().endswith("=")
            current = line.rstrip() if soft else line
        elif line[:1] in (" ", "\t"):
            current += line[1:]
        elif line.strip():
            current += line if base64 else f"\n{line}"
    if current:
        yield current


def _starts_property(line: str) -> bool:
    return bool(_PROPERTY.fullmatch(line) or _UNBALANCED.fullmatch(line))


def _after_soft_break(current: str, line: str) -> str:
    """Some writers also fold what they broke softly; elsewhere a space in front is a space between words."""
    folded = line[:1] == "\t" or line[:2] in ("  ", " =") or (line[:1] == " " and current[-4:] in ("=0D=", "=0A="))
    return line.strip() if folded else line.rstrip()


def _is_mark(line: str) -> bool:
    return line.strip().upper() in {"BEGIN:VCARD", "END:VCARD"}


def _property(line: str, decode: Decode | None) -> Property:
    match = _PROPERTY.fullmatch(line) or _UNBALANCED.fullmatch(line)
    if not match:
        return Property("", _value(line, "", decode))
    group, name, rest, value = match.groups()
    types, parameters = _parameters(rest) if rest.isascii() else _parameters(_value(rest, "", decode))
    encoding = _ENCODINGS.get(parameters.get("encoding", "").lower(), "") if parameters else ""
    if encoding == "base64":
        return Property(name.upper(), "", group or "", types, parameters, binary=True)
    if encoding == "qp":
        value = quopri.decodestring(_raw(_shielded(value))).decode("utf-8", "surrogateescape")
        decode = decode or _lenient
    text = _value(value, parameters.get("charset", ""), decode)
    return Property(name.upper(), text, (group or "").lower(), types, parameters, text[:5].lower() == "data:")


def _shielded(value: str) -> str:
    """Where separators stand plainly, encoded ones are text: "Doe=3B Inc;Sales" has two parts."""
    for plain, encoded in ((";", "=3B"), (",", "=2C")):
        if plain in value:
            value = value.replace(encoded, f"\\{plain}")
    return value


@lru_cache(maxsize=4096)
def _parameters(text: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
    types: list[str] = []
    named: dict[str, str] = {}
    for part in _PARAMETER.findall(text):
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip().replace('"', "")
        if name == "type":
            types += re.split("[,;]", value.lower())
        elif equals:
            named[name] = re.sub(r"\^[n'^]", lambda match: _CARET[match[0]], value)
        elif name in _ENCODINGS:
            named["encoding"] = name
        else:
            types.append(name)
    return tuple(kind.strip() for kind in types if kind.strip()), MappingProxyType(named)


def _value(text: str, charset: str, decode: Decode | None) -> str:
    """UTF-8 goes before a single-byte character set that is only claimed: nothing else looks like UTF-8 by chance."""
    if not charset and (decode is None or text.isascii()):
        return text.replace("\0", "")
    order = ("utf-8", charset) if not charset or _ONE_BYTE.match(charset) else (charset, "utf-8")
    raw = _raw(text)
    for name in filter(None, order):
        try:
            return raw.decode(name).replace("\0", "")
        except (LookupError, ValueError):
            continue
    return (decode or _lenient)(raw).replace("\0", "")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
