"""The field of each CSV column: by the user's mapping, otherwise by its header.

A target is written `field`, `field:label` or `addresses.part:label`, with the field names of Person; an empty
target skips the column.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from storage.records import Person, PostalAddress
from tasks.providers.file.csv_words import HEADERS

_SINGLE = frozenset(f.name for f in fields(Person) if f.type is str)
_SEVERAL = frozenset({"emails", "phones", "urls", "addresses", "tags", "custom"})
_PARTS = frozenset(f.name for f in fields(PostalAddress)) - {"label"}
_TARGET = re.compile(r"(\w+)(?:\.(\w+))?(?::(.*))?", re.DOTALL)

_NUMBERED = re.compile(r"(.+?) (\d+) - (.+)")
_GOOGLE_KINDS = {"e-mail": "emails", "phone": "phones", "website": "urls", "address": "addresses"}
_GOOGLE_ADDRESS = {
    "formatted": "formatted", "street": "street", "po box": "street", "extended address": "street", "city": "city",
    "region": "region", "postal code": "postcode", "country": "country",
}  # fmt: skip
_GOOGLE_COMPANY = {"name": "company", "title": "job_title", "department": "department"}


class BadMapping(ValueError):
    """The mapping names a column or a field that does not exist."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's cells go in a Person: cells with the same field and slot form one value."""

    field: str
    slot: str = ""
    part: str = "value"
    label: str = ""


def columns(headers: Sequence[str], mapping: Mapping[str, str]) -> list[Column]:
    """The target of each column, in the order of the headers. Raises BadMapping."""
    chosen = {_plain(header): target for header, target in mapping.items()}
    if missing := [header for header in mapping if _plain(header) not in set(map(_plain, headers))]:
        raise BadMapping(f"the file has no column named {', '.join(map(repr, missing))}")
    found = [
        _target(chosen[_plain(header)], index, header) if _plain(header) in chosen else _guess(header, index)
        for index, header in enumerate(headers)
    ]
    return _in_context(found, headers, set(chosen))


def known(headers: Sequence[str], mapping: Mapping[str, str]) -> int:
    """The number of cells that are known headers."""
    chosen = set(map(_plain, mapping))
    return sum(
        bool(cell) and (_plain(cell) in chosen or _guess(cell, 0).field != "custom" or bool(_NUMBERED.fullmatch(cell)))
        for cell in headers
    )


def _target(text: str, index: int, header: str) -> Column:
    if not text:
        return Column("")
    match = _TARGET.fullmatch(text.strip())
    field, part, label = (match[1], match[2] or "", match[3] or "") if match else ("", "", "")
    if field == "addresses" and (part or "street") in _PARTS:
        return Column(field, f"at {label}", part or "street", label)
    if part or field not in _SINGLE | _SEVERAL:
        known = ", ".join(sorted(_SINGLE | _SEVERAL))
        raise BadMapping(f"{text!r} is no field to put a column in; the fields are {known}")
    if field == "custom":
        return Column(field, str(index), label=label or header)
    return Column(field, str(index) if field in _SEVERAL else "", label=label)


def _guess(header: str, index: int) -> Column:
    if match := _NUMBERED.fullmatch(header.strip()):
        return _google(match[1], match[2], match[3].casefold(), header)
    target = HEADERS.get(_words(header))
    return Column("custom", str(index), label=header) if target is None else _target(target, index, header)


def _google(kind: str, number: str, part: str, header: str) -> Column:
    slot, is_label = f"{kind} {number}", part in {"type", "label"}
    field = _GOOGLE_KINDS.get(kind.casefold(), "custom")
    if field == "addresses" and not is_label:
        return Column(field, slot, _GOOGLE_ADDRESS.get(part, "street"))
    if kind.casefold() == "organization":
        single = _GOOGLE_COMPANY.get(part, "") if number == "1" else ""
        return Column(single) if single else Column("custom", header, label=header)
    return Column(field, slot, "label" if is_label else "value", "" if field != "custom" else kind)


def _in_context(found: list[Column], headers: Sequence[str], chosen: set[str]) -> list[Column]:
    """Resolve two ambiguous headers by the others: "Title" is a name prefix beside a job title, and "Name" the family
    name beside a given name.
    """
    present = {column.field for column in found}
    words = {_words(header) for header in headers}

    def meant(column: Column, header: str) -> Column:
        if _plain(header) in chosen:
            return column
        if _words(header) == "title" and words & {"job title", "organization title"}:
            return replace(column, field="prefix")
        if column.field == "display_name" and "given_name" in present and "family_name" not in present:
            return replace(column, field="family_name")
        return column

    return [meant(column, header) for column, header in zip(found, headers, strict=True)]


def _plain(header: str) -> str:
    return " ".join(header.split()).casefold()


def _words(header: str) -> str:
    """A header in lower-case words without numbers: "E-mail 2 Address" and "emailAddress" are both "email address"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", header)
    letters = re.sub(r"[\d\W_]+", " ", apart.replace("'", "").replace("\u2019", "")).strip().casefold()
    return re.sub(r"\be mails?\b|\bemails\b", "email", letters)
