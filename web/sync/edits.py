"""A reviewer's choices and typed values for one row, read from the form."""

import re
from typing import Any

from storage.records import Cell, Change, Edits, Labelled, Person
from tasks.rules import normalise
from tasks.rules.changes import SEVERAL
from web.sync.record import TYPEABLE
from web.visits import Posted, Refusal
from web.words import FIELDS

WITH_LABEL = re.compile(r"(?P<value>.*\S)\s+\((?P<label>[^()]*)\)$")


def edits_of(form: Posted, change: Change, *, region: str) -> Edits:
    if change.proposal is None:
        raise Refusal(409, "The values are no longer there", "This plan was decided meanwhile.")
    cells = {cell.field: cell for cell in change.proposal.cells}
    conflicts = {cell.field: cell for cell in change.proposal.conflicts}
    typed = form.under("own")
    refused: list[str] = []
    values: list[Cell] = []
    for name, choice in form.under("choose").items():
        if name not in cells and name not in conflicts:
            raise Refusal(400, "No such field", "Load the page again.")
        before = (cells.get(name) or conflicts[name]).before
        if choice == "crm" and name in cells:
            refused.append(name)
        elif choice == "source" and name in conflicts:
            values.append(Cell(name, before, conflicts[name].after))
        elif choice == "own":
            values.append(Cell(name, before, typed_value(name, typed.get(name, ""), region=region)))
    return Edits(tuple(refused), tuple(values))


def typed_value(name: str, text: str, *, region: str) -> Any:
    """A typed value, normalised like a source's. Refused with a message if it is invalid."""
    if name not in TYPEABLE:
        raise Refusal(400, f"{FIELDS[name]} cannot be typed here", "Choose one of the values instead.")
    raw: Any = _several(name, text) if name in SEVERAL else text
    person = normalise.person(Person(**{name: raw}), region=region)
    value = getattr(person, name)
    if too_big := normalise.too_big(person):
        raise Refusal(400, "This value is too long", f"{too_big}.")
    if bad := _unreachable(name, value) or ("" if bool(value) == bool(text.strip()) else text.strip()):
        raise Refusal(
            400, f"{FIELDS[name]}: not understood", f"{bad!r} is no value for this field. Nothing was changed."
        )
    return value


def _several(name: str, text: str) -> tuple[Any, ...]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(lines) if name == "tags" else tuple(map(_labelled, lines))


def _labelled(line: str) -> Labelled:
    found = WITH_LABEL.fullmatch(line)
    return Labelled(found["value"], found["label"]) if found else Labelled(line)


def _unreachable(name: str, values: Any) -> str:
    judge = {"emails": normalise.is_email, "phones": normalise.is_phone}.get(name)
    return next((one.value for one in values if not judge(one.value)), "") if judge else ""
