"""One CSV row as a person.

Unknown columns go to `custom` under their header. Deliberately left out: Google's group of all contacts, Outlook's
display names and types of e-mail addresses, and default values of empty fields ("0/0/00", "Normal").
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from storage.records import Labelled, Person, PostalAddress
from tasks.providers.file.csv_headers import Column
from tasks.providers.file.csv_tables import Row

SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b.*")
_NUMBER_BEFORE = re.compile(r"^(\d+[a-z]?), ", re.IGNORECASE)
_NUMBER_AFTER = re.compile(r", (\d+[a-z]?)$", re.IGNORECASE)
_EVERY_CONTACT = frozenset({"mycontacts", "my contacts"})
_NOTHING = re.compile(r"0{1,4}([./-])0{1,4}\1(?:0{1,4})")
_NOT_ENTERED = frozenset({
    ("priority", "normal"), ("private", "false"), ("sensitivity", "normal"), ("gender", "unspecified"),
    ("priorität", "normal"), ("privat", "falsch"), ("vertraulichkeit", "normal"), ("geschlecht", "keine angabe"),
})  # fmt: skip
_JOINED_BY = {"department": ", ", "job_title": ", ", "notes": "\n"}

Parts = dict[str, list[str]]
Slots = Mapping[str, Parts]


def person(row: Row, found: Sequence[Column], *, month_first: bool | None) -> Person:
    single: dict[str, list[str]] = {}
    several: dict[str, dict[str, Parts]] = {}
    for place, raw in enumerate(row.cells):
        if not (cell := raw.strip()):
            continue
        column = found[place] if place < len(found) else Column("custom", str(place), label=f"Column {place + 1}")
        if not column.field or _says_nothing(cell, column):
            continue
        if not column.slot:
            single.setdefault(column.field, []).append(cell)
            continue
        parts = several.setdefault(column.field, {}).setdefault(column.slot, {"default label": [column.label]})
        parts.setdefault(column.part, []).append(cell)
    return _assembled(single, several, month_first=month_first)


def _says_nothing(cell: str, column: Column) -> bool:
    return bool(_NOTHING.fullmatch(cell)) or (column.label.casefold(), cell.casefold()) in _NOT_ENTERED


def _assembled(single: Mapping[str, list[str]], several: Mapping[str, Slots], *, month_first: bool | None) -> Person:
    texts = {field: _JOINED_BY.get(field, " ").join(dict.fromkeys(cells)) for field, cells in single.items()}
    if "birthday" in texts:
        texts["birthday"] = _birthday(texts["birthday"], month_first=month_first)
    emails = _labelled(several.get("emails", {}), _emails_in)
    exchange = [Labelled(item.value, "Exchange address") for item in emails if item.value.startswith("/o=")]
    return Person(
        **texts,
        emails=tuple(item for item in emails if not item.value.startswith("/o=")),
        phones=_labelled(several.get("phones", {}), _phones_in),
        urls=_labelled(several.get("urls", {}), lambda cell: cell.split(":::")),
        addresses=tuple(map(_address, several.get("addresses", {}).values())),
        tags=tuple(_tags(several.get("tags", {}))),
        custom=(*exchange, *(_custom(parts) for parts in several.get("custom", {}).values() if "value" in parts)),
    )


def _labelled(slots: Slots, values_in: Callable[[str], list[str]]) -> tuple[Labelled, ...]:
    """The values of all slots, preferred ones first: Google marks them with an asterisk before the label."""
    preferred: list[Labelled] = []
    others: list[Labelled] = []
    for parts in slots.values():
        label = _label(parts)
        kept = preferred if label.startswith("* ") else others
        kept += (
            Labelled(value.strip(), label.removeprefix("* "))
            for cell in parts.get("value", [])
            for value in values_in(cell)
        )
    return (*preferred, *others)


def _label(parts: Parts) -> str:
    return parts.get("label", parts["default label"])[0]


def _emails_in(cell: str) -> list[str]:
    parts = re.split(r":::|[;,\n]", cell)
    return parts if all(part.count("@") == 1 for part in parts if part.strip()) else cell.split(":::")


def _phones_in(cell: str) -> list[str]:
    return re.split(r":::|;(?!ext=)|\n", cell)


def _address(parts: Parts) -> PostalAddress:
    def text(part: str) -> str:
        return ", ".join(parts.get(part, []))

    whole = _with_number(text("street")) or ("" if text("city") or text("postcode") else text("formatted"))
    return PostalAddress(whole, text("city"), text("region"), text("postcode"), text("country"), _label(parts))


def _with_number(street: str) -> str:
    """Join a house number from its own column with the street: "12, High Street" becomes "12 High Street"."""
    return _NUMBER_AFTER.sub(r" \1", _NUMBER_BEFORE.sub(r"\1 ", street))


def _tags(slots: Slots) -> Iterator[str]:
    for cell in (cell for parts in slots.values() for cell in parts.get("value", [])):
        separator = next((sign for sign in (":::", ";", ",") if sign in cell), ",")
        for tag in cell.split(separator):
            if (bare := tag.strip().removeprefix("* ")).casefold() not in _EVERY_CONTACT:
                yield bare


def _custom(parts: Parts) -> Labelled:
    kind, own = parts["default label"][0], parts.get("label", [""])[0]
    name = f"{kind} ({own})" if kind and own and kind != "Custom Field" else own or kind
    return Labelled("\n".join(parts["value"]), name)


def _birthday(text: str, *, month_first: bool | None) -> str:
    match = SLASHED.fullmatch(text)
    if not match or month_first is None:
        return text
    first, second = int(match[1]), int(match[2])
    month, day = (first, second) if month_first else (second, first)
    return f"{match[3]}-{month:02}-{day:02}"
