"""vCard 2.1, 3.0 and 4.0 as products really write them, taken apart into cards of properties.

Works on bytes until a property is whole, because lines are folded in the middle of characters, and every property
may name its own character set, rightly or wrongly.
"""

import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tasks.providers.file_text import as_narrow, fallback

_LINE_END = re.compile(rb"\r+\n?")
# A soft line break of quoted-printable also ends in "=", and what follows it is no fold.
_FOLD = re.compile(rb"(?<!=)\n[ \t]")
_INDENTED = re.compile(rb"^[ \t]+(?=\S)", re.MULTILINE)
_BEGIN_AT_MARGIN = re.compile(rb"^BEGIN[ \t]*:[ \t]*VCARD", re.MULTILINE | re.IGNORECASE)
_PROPERTY = re.compile(
    rb"""(?:([\w-]+)\.)?([A-Za-z][\w-]*)[ \t]*((?:;(?:"[^"\n]*"|[^":])*)?):(?!//)(.*)""",
    re.DOTALL,
)
_UNBALANCED = re.compile(rb"(?:([\w-]+)\.)?([A-Za-z][\w-]*)[ \t]*(;[^:]*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r"""((?:"[^"]*"|[^";])+)""")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_ENCODINGS = {"quoted-printable": "qp", "base64": "base64", "b": "base64", "8bit": "", "7bit": ""}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ONE_BYTE = re.compile(r"(?i)(us-?)?ascii|(iso-?8859|latin|windows-?12|cp12)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its value decoded but still escaped; types and parameter names in lower case."""

    name: str
    value: str
    group: str = ""
    types: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
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
    if not _BEGIN_AT_MARGIN.search(body):
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
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        decode = fallback(body)
    else:
        decode = _lenient
    for raw in _whole_lines(_FOLD.sub(b"", body)):
        yield _property(raw, decode)


def _whole_lines(body: bytes) -> Iterator[bytes]:
    """Each property in one piece, however it was folded: by the standard, softly, after a blank, or not at all."""
    current, soft, base64 = b"", False, False
    for line in body.split(b"\n"):
        starts = bool(_PROPERTY.fullmatch(line))
        if soft and not _is_mark(line):
            current, soft = current[:-1] + line.rstrip(), line.rstrip().endswith(b"=")
        elif starts or not current:
            if current:
                yield current
            current = line
            head = line.partition(b":")[0].upper()
            soft = b"QUOTED-PRINTABLE" in head and line.rstrip().endswith(b"=")
            current = line.rstrip() if soft else line
            base64 = b"BASE64" in head or b"ENCODING=B" in head
        elif line[:1] in (b" ", b"\t"):
            current += line[1:]
        elif line.strip():
            current += line if base64 else b"\n" + line
    if current.strip():
        yield current


def _is_mark(line: bytes) -> bool:
    return line.strip().upper() in {b"BEGIN:VCARD", b"END:VCARD"}


def _property(raw: bytes, decode: Decode) -> Property:
    match = _PROPERTY.fullmatch(raw) or _UNBALANCED.fullmatch(raw)
    if not match:
        return Property("", decode(raw))
    group, name, rest, value = match.groups()
    types, parameters = _parameters(decode(rest)) if rest else ((), {})
    encoding = _ENCODINGS.get(parameters.get("encoding", "").lower(), "")
    if encoding == "qp":
        value = quopri.decodestring(value).replace(b"\0", b"")
    text = "" if encoding == "base64" else _value(value, parameters.get("charset", ""), decode)
    return Property(
        name=name.decode().upper(),
        value=text,
        group=group.decode().lower() if group else "",
        types=types,
        parameters=parameters,
        binary=encoding == "base64" or text[:5].lower() == "data:",
    )


def _parameters(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    types: list[str] = []
    named: dict[str, str] = {}
    for part in _PARAMETER.findall(text):
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip().replace('"', "")
        if name == "type":
            types += value.lower().split(",")
        elif equals:
            named[name] = re.sub(r"\^[n'^]", lambda match: _CARET[match[0]], value)
        elif name in _ENCODINGS:
            named["encoding"] = name
        else:
            types.append(name)
    return tuple(kind.strip() for kind in types if kind.strip()), named


def _value(raw: bytes, charset: str, decode: Decode) -> str:
    """UTF-8 goes before a single-byte character set that is only claimed: nothing else looks like UTF-8 by chance."""
    order = ("utf-8", charset) if not charset or _ONE_BYTE.match(charset) else (charset, "utf-8")
    for name in order:
        try:
            return raw.decode(name or "ascii").replace("\0", "")
        except (LookupError, ValueError):
            continue
    return decode(raw)


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
