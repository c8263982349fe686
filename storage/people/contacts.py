"""The CRM's contacts. Every write names the version it was made for; a contact that moved on is left alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, bindparam, cast, delete, func, insert, or_, select, update

from storage.documents import document, encode, fingerprint, now, person
from storage.records import Contact, Criteria
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import object_actions
from storage.tables import objects as table

CONTACT = "contact"
_NUMBER = re.compile(r"[-+()/.\d]*\d{2}[-+()/.\d]*")
BATCH = 1000
MOST_WORDS = 8  # of a search
_COLUMNS = ("display_name", "email", "properties", "fingerprint", "provenance", "pipeline", "stage")


class UnknownContact(Exception):
    pass


@scoped
def contacts(session: Session, scope: Scope, ids: Sequence[str], *, lock: bool = False) -> dict[str, Contact]:
    """Those of `ids` that exist; with `lock`, held until the transaction ends."""
    found: dict[str, Contact] = {}
    for start in range(0, len(ids), BATCH):
        query = select(table).where(_contacts(scope), table.c.id.in_(ids[start : start + BATCH]))
        if lock:
            query = query.with_for_update()  # SQLite, which knows no row locks, holds the write lock already
        found |= {row.id: _contact(row) for row in session.execute(query).all()}
    return found


@scoped
def contact(session: Session, scope: Scope, contact_id: str) -> Contact:
    found = contacts(session, scope, [contact_id])
    if not found:
        raise UnknownContact(f"no contact {contact_id}: `contactflow contacts --org …` lists them")
    return found[contact_id]


@scoped
def everyone(session: Session, scope: Scope) -> Iterator[Contact]:
    query = select(table).where(_contacts(scope)).execution_options(yield_per=BATCH)
    return (_contact(row) for row in session.execute(query))


@scoped
def chosen(session: Session, scope: Scope, criteria: Criteria) -> Iterator[Contact]:
    """Those that criteria name, in the order in which they came into the CRM."""
    query = select(table).where(_contacts(scope)).order_by(table.c.id).execution_options(yield_per=BATCH)
    if criteria.pipeline:
        query = query.where(table.c.pipeline == criteria.pipeline)
    if criteria.stage:
        query = query.where(table.c.stage == criteria.stage)
    ids = sorted(set(criteria.contacts))
    batches = [query.where(table.c.id.in_(ids[start : start + BATCH])) for start in range(0, len(ids), BATCH)]
    wanted = {tag.casefold() for tag in criteria.tags}
    for batch in batches or [query]:
        for found in map(_contact, session.execute(batch)):
            if not wanted or wanted & {tag.casefold() for tag in found.person.tags}:
                yield found


@scoped
def count(session: Session, scope: Scope) -> int:
    return int(session.execute(select(func.count()).select_from(table).where(_contacts(scope))).scalar_one())


@scoped
def addresses_since(session: Session, scope: Scope, moment: datetime, *, but_for: str) -> set[str]:
    """E-mail addresses, case-folded, of contacts that came into the CRM after `moment` by other ways than one sync."""
    own = select(object_actions.c.object_id).where(
        of_organization(object_actions, scope), object_actions.c.sync_id == but_for
    )
    query = select(table).where(_contacts(scope), table.c.created_at > moment, table.c.id.not_in(own))
    return {email.value.casefold() for row in session.execute(query) for email in _contact(row).person.emails}


@scoped
def search(session: Session, scope: Scope, words: str = "", *, limit: int = 100, offset: int = 0) -> list[Contact]:
    """Contacts of whom each of the words tells something, in the order of their names.

    Names, addresses, numbers (however they are written), employers, roles, places and tags are looked into; notes and
    birthdays are not.
    """
    query = select(table).where(_contacts(scope)).order_by(table.c.display_name, table.c.id)
    wanted = words.lower().split()[:MOST_WORDS]
    if not wanted:
        return [_contact(row) for row in session.execute(query.limit(limit).offset(offset))]
    for word in wanted:
        query = query.where(_perhaps(session, word))
    with session.execute(query.execution_options(yield_per=BATCH)) as rows:
        found = (one for one in map(_contact, rows) if all(_tells(word, one) for word in wanted))
        return list(islice(found, offset, offset + limit))


@scoped
def create(session: Session, scope: Scope, new: Sequence[Contact]) -> None:
    moment = now()
    if new:
        session.execute(
            insert(table),
            [
                _values(contact)
                | {
                    "id": contact.id,
                    "organization_id": scope.organization_id,
                    "type": CONTACT,
                    "subtype": contact.subtype,
                    "version": contact.version,
                    "created_at": contact.created_at or moment,
                    "updated_at": contact.updated_at or moment,
                }
                for contact in new
            ],
        )


@scoped
def overwrite(session: Session, scope: Scope, changed: Sequence[Contact]) -> int:
    """Write each contact over the version before its own; returns how many still were at that version."""
    moment = now()
    rows = [
        _values(contact)
        | {"row": contact.id, "seen": contact.version - 1, "version": contact.version, "updated_at": moment}
        for contact in changed
    ]
    if not rows:
        return 0
    columns = (*_COLUMNS, "version", "updated_at")
    written = session.execute(
        update(table)
        # Not by type: Postgres, before it has statistics, would look through all contacts for every one of them.
        .where(of_organization(table, scope), table.c.id == bindparam("row"), table.c.version == bindparam("seen"))
        .values({name: bindparam(name) for name in columns}),
        rows,
    )
    return written.rowcount


@scoped
def remove(session: Session, scope: Scope, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), BATCH):
        session.execute(delete(table).where(_contacts(scope), table.c.id.in_(ids[start : start + BATCH])))


def _values(contact: Contact) -> dict[str, Any]:
    holder = contact.person
    return {
        "display_name": holder.display_name,
        "email": holder.emails[0].value if holder.emails else "",
        "properties": document(holder),
        "fingerprint": fingerprint(holder),
        "provenance": dict(contact.provenance),
        "pipeline": contact.pipeline,
        "stage": contact.stage,
    }


def _contact(row: Row[Any]) -> Contact:
    provenance: Mapping[str, Any] = row.provenance
    return Contact(
        id=row.id,
        version=row.version,
        person=person(row.properties),
        provenance=dict(provenance),
        subtype=row.subtype,
        pipeline=row.pipeline,
        stage=row.stage,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _perhaps(session: Session, word: str) -> ColumnElement[bool]:
    """Whether it stands anywhere in what is kept, be it as a label: most are told apart before they are read."""
    kept = cast(table.c.properties, Text)
    written = {encode(word).decode()[1:-1], _digits(word)} - {""}
    return or_(*(_contains(session, kept, text) for text in written))


def _contains(session: Session, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if session.is_postgres or not text.isascii():
        return column.icontains(text, autoescape=True)
    return column.contains(text, autoescape=True)  # SQLite's LIKE knows no case in ASCII, and is quick


def _tells(word: str, contact: Contact) -> bool:
    digits = _digits(word)
    return any(word in text.lower() for text in _telling(contact)) or bool(
        digits and any(digits in one.value for one in contact.person.phones)
    )


def _telling(contact: Contact) -> Iterator[str]:
    person = contact.person
    yield from (person.display_name, person.given_name, person.middle_name, person.family_name, person.nickname)
    yield from (person.company, person.department, person.job_title, *person.tags)
    for one in (*person.emails, *person.phones, *person.urls):
        yield one.value
    for place in person.addresses:
        yield from (place.city, place.region, place.country)


def _digits(word: str) -> str:
    """Of a number as people write it, what it has in common with the same one in international form."""
    return re.sub(r"\D", "", word).lstrip("0") if _NUMBER.fullmatch(word) else ""


def _contacts(scope: Scope) -> ColumnElement[bool]:
    return of_organization(table, scope) & (table.c.type == CONTACT)
