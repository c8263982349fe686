"""Row 4: write approved rows with links, history and what undoes them, beside a plain insert of the contacts alone.

Every turn is rolled back, ours and theirs, so that all write into the same tables.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.orm import Session as OrmSession

from storage.documents import document, fingerprint, new_id, now
from storage.people import contacts
from storage.records import ChangeState, Contact, Person, SourceLink, SyncStatus
from storage.session import Session
from storage.sync import plan_verdicts, plans, syncs
from storage.tables import objects
from tasks.rules import planning
from tasks.sync import apply
from tests import postgres
from tests.benchmarks.comparing import Mapped, inhabited
from tests.benchmarks.household import Household, begun, household, person_at
from tests.benchmarks.measuring import Row, in_turns

COLUMNS = tuple(column.name for column in objects.columns)


class RolledBack(Exception):
    pass


def rows(home: Path, size: int) -> Iterator[Row]:
    yield _row(home / "writing", size, "SQLite", "<= 2 x limit", _executemany)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.NoPostgres as missing:
            print(f"  skipped: {missing}")
            return
        postgres.Databases(server)._administer("CREATE DATABASE benchmarks")
        url = f"{server}/benchmarks"
        yield _row(home / "writing-postgres", size, "Postgres", "<= 1.5 x limit", _copy, CONTACTFLOW_DATABASE_URL=url)


def _row(
    home: Path, size: int, name: str, goal: str, insert: Callable[[Session, list[dict[str, Any]]], None], **env: str
) -> Row:
    count = max(2, size // 10)
    with household(home, **env) as house:
        ids = inhabited(house, [person_at(at) for at in range(size)])
        work = _approved(house, ids, count)
        new = [_values(house, person_at(size * 2 + at)) for at in range(count)]
        best = in_turns({
            "ours": _undone(house, lambda session: apply._write(session, work, apply._approved(session, work, count))),
            "plain": _undone(house, lambda session: insert(session, new)),
            "mapped": _undone(house, lambda session: _flush(session, new)),
        })  # fmt: skip
    what = f"write {count:,} rows (contact, link, action, state, undo) into {size:,}, {name}"
    return Row(4, what, best["ours"], goal, best["plain"], best["mapped"], "ORM flush of the contacts alone")


def _approved(house: Household, ids: list[str], count: int) -> apply.Work:
    """A plan in which half are new and half have a new title."""
    run = begun(house)
    with house.store.begin() as session:
        there = contacts.contacts(session, house.scope, ids[: count // 2])
        changes = [_update(at, there[id_]) for at, id_ in enumerate(ids[: count // 2])]
        changes += [planning.creation([_link(len(ids) + at)]) for at in range(count - count // 2)]
        numbered = [replace(one, id=new_id(), ordinal=at) for at, one in enumerate(changes, 1)]
        key = syncs.demand_preview_key(session, house.scope, run.sync_id)
        digest = plans.save(session, house.scope, run.sync_id, key, numbered)
        for expected, to in ((SyncStatus.EXTRACTING, SyncStatus.PREVIEW), (SyncStatus.PREVIEW, SyncStatus.EXECUTING)):
            syncs.move(session, house.scope, run.sync_id, expected=expected, to=to, digest=digest)
        plan_verdicts.decide(session, house.scope, run.sync_id, ChangeState.APPROVED)
    work = apply._work(house.store, run.sync_id)
    assert work
    return work


def _link(at: int, title: str = "Engineer") -> SourceLink:
    return SourceLink(f"s{at}", replace(person_at(at), job_title=title))


def _update(at: int, contact: Contact) -> Any:
    link = replace(_link(at, "Chief"), base=contact.person)
    return planning.comparison(contact, link, reason="changed at the source")


def _undone(house: Household, write: Callable[[Session], object]) -> Callable[[], None]:
    def work() -> None:
        with suppress(RolledBack), house.store.begin() as session:
            write(session)
            raise RolledBack

    return work


def _values(house: Household, person: Person) -> dict[str, Any]:
    moment = now()
    return {
        "id": new_id(), "organization_id": house.scope.organization_id, "type": "contact", "subtype": "customer",
        "display_name": person.display_name, "email": person.emails[0].value, "pipeline": "", "stage": "",
        "properties": document(person), "fingerprint": fingerprint(person), "provenance": {}, "version": 1,
        "created_at": moment, "updated_at": moment,
    }  # fmt: skip


def _as_text(row: dict[str, Any]) -> tuple[Any, ...]:
    plain = row | {
        "properties": msgspec.json.encode(row["properties"]).decode(), "provenance": "{}",
        "created_at": str(row["created_at"]), "updated_at": str(row["updated_at"]),
    }  # fmt: skip
    return tuple(plain[name] for name in COLUMNS)


def _executemany(session: Session, new: list[dict[str, Any]]) -> None:
    marks = ", ".join("?" for _ in COLUMNS)
    statement = f"INSERT INTO objects ({', '.join(COLUMNS)}) VALUES ({marks})"
    _driver(session).executemany(statement, [_as_text(row) for row in new])


def _copy(session: Session, new: list[dict[str, Any]]) -> None:
    cursor = _driver(session).cursor()
    with cursor.copy(f"COPY objects ({', '.join(COLUMNS)}) FROM STDIN") as wire:
        for row in new:
            wire.write_row(_as_text(row))


def _flush(session: Session, new: list[dict[str, Any]]) -> None:
    with OrmSession(session.connection) as mapped:
        for row in new:
            one: Any = Mapped()
            for name, value in row.items():
                setattr(one, name, value)
            mapped.add(one)
        mapped.flush()


def _driver(session: Session) -> Any:
    return session.connection.connection.driver_connection
