"""Rows 2 and 3: find out who changed, and read the CRM into typed values."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import registry

from storage.documents import fingerprint, new_id
from storage.people import contacts, links
from storage.records import Contact, Person, Provider, Seen, StoredLink
from storage.sync import staging, syncs
from storage.tables import objects
from tasks.sync import plan
from tests.benchmarks.household import Household, begun, household, person_at
from tests.benchmarks.measuring import Row, in_turns, is_there

CHANGED_EVERY = 33
ACCOUNT = "file"


class Mapped:
    """A CRM row as an object-relational mapper hands it out."""


registry().map_imperatively(Mapped, objects)


def inhabited(house: Household, people: list[Person]) -> list[str]:
    """Everybody is in the CRM, each with a link to the source record of the same number."""
    new = [Contact(new_id(), 1, person, {}) for person in people]
    ties = [StoredLink(f"s{at}", contact.id, Provider.FILE, ACCOUNT, contact.person) for at, contact in enumerate(new)]
    with house.store.begin() as session:
        contacts.create(session, house.scope, new)
        links.write(session, house.scope, ties)
    return [contact.id for contact in new]


def rows(home: Path, size: int) -> Iterator[Row]:
    people = [person_at(at) for at in range(size)]
    with household(home / "comparing") as house:
        inhabited(house, people)
        yield from _diff(house, people)
        yield from _reading(house, home / "comparing" / "contactflow.db", size)


def _diff(house: Household, people: list[Person]) -> Iterator[Row]:
    now = [replace(one, job_title="Chief") if at % CHANGED_EVERY == 0 else one for at, one in enumerate(people)]
    works: dict[str, Callable[[], object]] = {
        "ours": _our_diff(house, now), "join": _hash_join(people, now), "except": _sql_except(people, now)
    }  # fmt: skip
    if is_there("datacompy", "polars"):
        works["datacompy"] = _datacompy(people, now)
    best = in_turns(works)
    what = f"diff {len(people):,} x {len(people):,}, one in {CHANGED_EVERY} changed, with cells"
    yield Row(2, what, best["ours"], "<= 6 x limit", best["join"], best["except"], "SQL EXCEPT")
    if "datacompy" in best:
        yield Row(2, what, best["ours"], "<= 0.5 x peer", best["join"], best["datacompy"], "datacompy on polars")


def _our_diff(house: Household, now: list[Person]) -> Callable[[], None]:
    """From stored fingerprints to rows of a plan; the staged records are there already, as the peers' frames are."""
    run = begun(house)
    staging.begin(run.sync_id)
    staging.add(run.sync_id, [Seen(f"s{at}", person) for at, person in enumerate(now)])

    def diff() -> None:
        staging._of(run.sync_id).execute("DELETE FROM linked_before")
        with house.store.read() as session:
            sync = syncs.sync(session, house.scope, run.sync_id)
            staging.add_links(run.sync_id, links.fingerprints(session, house.scope, ACCOUNT))
            staging.classify(run.sync_id, full=True)
            rows = plan._rows(session, house.scope, sync)
        assert sum(bool(row.fields) for row in rows) == -(-len(now) // CHANGED_EVERY)

    return diff


def _hash_join(before: list[Person], now: list[Person]) -> Callable[[], object]:
    connection = duckdb.connect()
    for name, people in (("was", before), ("here", now)):
        columns = {"id": _strings(f"s{at}" for at in range(len(people))), "mark": _strings(map(fingerprint, people))}
        connection.register("arriving", columns)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    query = "SELECT id FROM was JOIN here USING (id) WHERE was.mark <> here.mark"
    return lambda: connection.execute(query).fetchall()


def _sql_except(before: list[Person], now: list[Person]) -> Callable[[], object]:
    connection = duckdb.connect()
    for name, people in (("was", before), ("here", now)):
        connection.register("arriving", {name: _strings(values) for name, values in _columns(people).items()})
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    query = "(FROM here EXCEPT FROM was) UNION ALL (FROM was EXCEPT FROM here)"
    return lambda: connection.execute(query).fetchall()


def _datacompy(before: list[Person], now: list[Person]) -> Callable[[], object]:
    import polars as pl  # noqa: PLC0415 (a peer that need not be there)
    from datacompy import PolarsCompare  # noqa: PLC0415 (as above)

    was, here = pl.DataFrame(_columns(before)), pl.DataFrame(_columns(now))
    return lambda: PolarsCompare(was, here, join_columns="id").all_mismatch()


def _columns(people: list[Person]) -> dict[str, list[str]]:
    """As a table of text, several values as JSON: what the peers compare."""
    columns = {"id": [f"s{at}" for at in range(len(people))]}
    for field in fields(Person):
        values = (getattr(person, field.name) for person in people)
        columns[field.name] = [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in values]
    return columns


def _strings(values: Any) -> Any:
    return np.array(list(values), dtype=object)


def _reading(house: Household, database: Path, size: int) -> Iterator[Row]:
    def typed() -> object:
        with house.store.read() as session:
            return list(contacts.everyone(session, house.scope))

    def marks() -> object:
        with house.store.read() as session:
            return list(links.fingerprints(session, house.scope, ACCOUNT))

    def text() -> object:
        with sqlite3.connect(database) as plain:
            return plain.execute("SELECT id, version, properties, provenance, created_at FROM objects").fetchall()

    def mapped() -> object:
        with OrmSession(house.store.engine) as session:
            return session.execute(select(Mapped)).scalars().all()

    best = in_turns({"typed": typed, "marks": marks, "text": text, "mapped": mapped})
    for work, name in (("CRM contacts as typed values", "typed"), ("CRM ids and fingerprints", "marks")):
        yield Row(3, f"{work}, {size:,}", best[name], "<= 2.5 x limit", best["text"], best["mapped"], "SQLAlchemy ORM")
