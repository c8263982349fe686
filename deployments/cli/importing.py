"""Import an edited export: changes made by hand, in a spreadsheet or a script."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deployments.cli.sheets import rows_of
from deployments.cli.terminal import Refused
from deployments.cli.values import SEPARATOR, spreadsheet_cell, unmarked
from storage.campaign import suppressions
from storage.documents import FIELDS, new_id, now
from storage.people import actions, contacts
from storage.people.actions import Action
from storage.privacy import erasures
from storage.records import MANUAL, Cell, Contact, Labelled, Person, PostalAddress
from storage.scope import Scope
from storage.session import Session
from tasks.rules import normalise, provenance
from tasks.rules.identity import KNOWN_BY

LABELLED = re.compile(r"^(?P<value>.*?)(?: \((?P<label>[^()]*)\))?$", re.DOTALL)


def read_back(session: Session, scope: Scope, path: Path, user: str, *, by_their_wish: bool = False) -> dict[str, int]:
    """Update only the fields that the file names; returns how many contacts were created, updated, unchanged.

    Raises Refused, and writes nothing, for unknown ids and, unless `by_their_wish`, for people who were erased.
    """
    erasures.lock_erasures(session, scope)
    rows = rows_of(path)
    there = contacts.contacts(session, scope, [row_id for row_id, _ in rows if row_id], lock=True)
    if unknown := [row_id for row_id, _ in rows if row_id and row_id not in there]:
        raise Refused(
            f"{len(unknown)} ids are no contacts of this organization, first {unknown[0]}: nothing was read in"
        )
    written = [(there.get(row_id), _touched(there.get(row_id), values)) for row_id, values in rows]
    new = [_person(before, values) for before, values in written if before is None or "emails" in values]
    _let_in(session, scope, new, by_their_wish=by_their_wish)
    done: Counter[str] = Counter(created=0, updated=0, unchanged=0)
    for before, values in written:
        done[_take(session, scope, before, values, user)] += 1
    return dict(done)


def _let_in(session: Session, scope: Scope, people: Sequence[Person], *, by_their_wish: bool) -> None:
    erased = erasures.known(session, scope)
    gone = [person for person in people if erased.holds(KNOWN_BY, person)]
    if gone and not by_their_wish:
        raise Refused(
            f"{len(gone)} rows are people who were erased at their own wish: leave them out, or say --by-their-wish "
            "if they asked to come back; nothing was read in"
        )
    if gone:
        keys = {key for person in gone for key in erasures.keys_of(session, scope, KNOWN_BY, person)}
        erasures.lift(session, scope, keys)
        suppressions.no_longer_for_good(session, scope, sorted(keys))


def _person(before: Contact | None, values: dict[str, Any]) -> Person:
    return normalise.person(replace(before.person if before else Person(), **values))


def _touched(before: Contact | None, values: dict[str, Any]) -> dict[str, Any]:
    """Parse spreadsheet cells. Unchanged ones are left out, since a cell's text can hold less than the value."""
    return {
        name: _value(name, given) if isinstance(given, str) else given
        for name, given in values.items()
        if before is None or given != spreadsheet_cell(getattr(before.person, name))
    }


def _take(session: Session, scope: Scope, before: Contact | None, values: dict[str, Any], user: str) -> str:
    was, person = before.person if before else Person(), _person(before, values)
    changed = tuple(name for name in FIELDS if getattr(person, name) != getattr(was, name))
    if not changed:
        return "unchanged"
    mark = {"source": MANUAL, "by": user, "at": now().isoformat()}
    cells = [Cell(name, getattr(was, name), getattr(person, name)) for name in changed]
    whence = provenance.written(was, before.provenance if before else {}, cells, lambda _field, _value: mark)
    if before is None:
        contact = Contact(new_id(), 1, person, whence)
        contacts.create(session, scope, [contact])
    else:
        contact = replace(before, version=before.version + 1, person=person, provenance=whence)
        contacts.overwrite(session, scope, [contact])
    actions.note(session, scope, [Action(contact.id, "edited" if before else "created", user, fields=changed)])
    return "updated" if before else "created"


def _value(field: str, text: str) -> Any:
    text = unmarked(text)
    if isinstance(getattr(Person(), field), str):
        return text
    parts = [part.strip() for part in text.split(SEPARATOR.strip()) if part.strip()]
    if field == "tags":
        return tuple(parts)
    if field == "addresses":
        return tuple(PostalAddress(street=part) for part in parts)
    return tuple(_labelled(part) for part in parts)


def _labelled(text: str) -> Labelled:
    found = LABELLED.match(text)
    return Labelled(found["value"], found["label"] or "") if found else Labelled(text)
