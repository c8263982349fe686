"""Parse one property of a vCard: its name, its parameters in any notation, and its decoded value.

In the line given, bytes that are not UTF-8 are lone surrogates, so that they can still be decoded in the character set
that the property names.
"""

import quopri
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

_PROPERTY = re.compile(
    r"""(?:([\w-]+)\.)?([A-Za-z][A-Za-z0-9_-]*)[ \t]*((?:;(?:"[^"\n]*"|[^":])*)?):(?!//)(.*)""", re.DOTALL
)
_UNBALANCED = re.compile(r"(?:([\w-]+)\.)?([A-Za-z][A-Za-z0-9_-]*)[ \t]*(;[^:]*):(?!//)(.*)", re.DOTALL)
_PARAMETER = re.compile(r"""((?:"[^"]*"|[^";])+)""")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}
_ENCODINGS = {"quoted-printable": "qp", "base64": "base64", "b": "base64", "8bit": "", "7bit": ""}
_ONE_BYTE = re.compile(r"(?i)(us-?)?ascii|(iso-?8859|latin|windows-?12|cp12)", re.ASCII)

Decode = Callable[[bytes], str]


class Property(NamedTuple):
    """`value` is decoded but still escaped; `types` and the names of `parameters` are in lower case."""

    name: str
    value: str
    group: str = ""
    types: tuple[str, ...] = ()
    parameters: Mapping[str, str] = MappingProxyType({})
    binary: bool = False


def starts_property(line: str) -> bool:
    return bool(_PROPERTY.fullmatch(line) or _UNBALANCED.fullmatch(line))


def read_property(line: str, decode: Decode | None) -> Property:
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


def unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value) if "\\" in value else value


def split(value: str, separators: str) -> list[str]:
    """The parts of `value` between unescaped separators, each one unescaped and stripped."""
    if "\\" not in value:
        return [part.strip() for part in re.split(f"[{separators}]", value)]
    # Values hold no null bytes, so one can mark an escaped separator during the split.
    hidden = _ESCAPE.sub(lambda match: f"\0{separators.index(match[1])}" if match[1] in separators else match[0], value)
    parts = re.split(f"[{separators}]", hidden)
    shown = [re.sub("\0(.)", lambda match: separators[int(match[1])], unescaped(part)) for part in parts]
    return [part.strip() for part in shown]


def _shielded(value: str) -> str:
    """Escape encoded separators if plain ones occur too, since they are text: "Doe=3B Inc;Sales" has two parts."""
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
    """Decode, trying UTF-8 before a declared single-byte character set: other text is hardly ever valid UTF-8."""
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
