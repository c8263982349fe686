"""Row 11: what a page asks of a database that has seen a million syncs and a million campaigns."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Select, TextualSelect, text

from storage import row_security, schema
from storage.campaign import campaign_standing, campaigns
from storage.scope import Scope
from storage.session import ENTER, Session, Store
from storage.sync import syncs
from tests import postgres
from tests.benchmarks.measuring import Row
from tests.conftest import opened
from tests.many_runs import admin, fill, member

ORGANIZATIONS = 1000
TIMES = 400
Ask = Callable[[Session, Scope], object]
SYNCS, CAMPAIGNS = syncs.shape.where(), campaigns.shape.where()  # the columns that ours fetches
HIS = "organization_id = :organization AND user_id = :user ORDER BY created_at DESC LIMIT 20"
LIVE = "organization_id = :organization AND status IN ('draft', 'generating', 'review', 'sending', 'paused')"
NEWEST = "organization_id = :organization ORDER BY created_at DESC LIMIT 100"
ASKED: tuple[tuple[str, str, Callable[[int], Scope], Ask, Select[Any], str], ...] = (
    ("recent syncs of a user", "< 10 ms", member, lambda s, me: syncs.syncs(s, me, limit=20), SYNCS, HIS),
    ("live campaigns", "< 20 ms", admin, campaign_standing.live_campaigns, CAMPAIGNS, LIVE),
    ("100 syncs of history", "< 50 ms", admin, syncs.syncs, SYNCS, NEWEST),
    ("100 campaigns of history", "< 50 ms", admin, campaigns.campaigns, CAMPAIGNS, NEWEST),
)


def rows(home: Path, size: int) -> Iterator[Row]:
    runs = size * 10
    for database, lent in (("SQLite", _on_sqlite(home)), ("Postgres", _on_postgres())):
        try:
            with lent as store:
                fill(store, organizations=ORGANIZATIONS, runs=runs)
                yield from _asked(store, f"of {runs:,}, {database}")
        except postgres.NoPostgres as missing:
            print(f"  skipped: {missing}")


@contextmanager
def _on_sqlite(home: Path) -> Iterator[Store]:
    with opened(f"sqlite:///{home / 'queries.db'}") as store:
        schema.upgrade(store)
        yield store


@contextmanager
def _on_postgres() -> Iterator[Store]:
    with (
        postgres.running() as server,
        postgres.Databases(server).migrated_once(_migrate).lent() as url,
        opened(postgres.as_role(url, postgres.APP)) as store,
    ):
        yield store


def _asked(store: Store, where: str) -> Iterator[Row]:
    for what, goal, scope_of, ask, shape, condition in ASKED:
        ours, least, core = _in_turns(store, scope_of, ask, shape, condition)
        for name, at in (("p50", 0.5), ("p99", 0.99)):
            yield Row(
                11,
                f"{what} {where}, {name}",
                _at(ours, at),
                f"{goal}, <= 2 x Core",
                _at(least, at),
                _at(core, at),
                "bare Core",
                unit="ms",
            )


def _in_turns(
    store: Store, scope_of: Callable[[int], Scope], ask: Ask, shape: Select[Any], condition: str
) -> tuple[list[float], ...]:
    """Ours, bare SQL and bare Core: all begin a transaction, enter the organization and fetch the same columns.

    Another organization each time, as it is in life: what was asked last is no help.
    """
    chosen = random.Random(11)
    query = f"{shape} WHERE {condition}"
    asked: tuple[Ask, ...] = (ask, partial(_bare, query), partial(_core, text(query).columns(*shape.selected_columns)))
    spent: tuple[list[float], ...] = ([], [], [])
    for _ in range(TIMES):
        for one, times in zip(asked, spent, strict=True):
            me = scope_of(chosen.randrange(ORGANIZATIONS))
            with store.read() as session:
                times.append(_spent(partial(one, session, me)))
    return spent


def _bare(query: str, session: Session, me: Scope) -> list[Any]:
    """By the driver: on SQLite we open transactions ourselves, on Postgres it does so."""
    cursor = session.connection.connection.cursor()
    if session.is_postgres:
        cursor.execute(ENTER, me.names)
        query = re.sub(r":(\w+)", r"%(\1)s", query)
    else:
        cursor.execute("BEGIN")
    cursor.execute(query, me.names)
    return list(cursor.fetchall())


def _core(statement: TextualSelect, session: Session, me: Scope) -> list[Any]:
    session.enter(me.organization_id)
    return list(session.execute(statement, me.names).all())


def _spent(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    assert work()
    return time.perf_counter() - started


def _at(times: list[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * sorted(times)[int(share * len(times))]


def _migrate(url: str) -> None:
    with opened(url) as store:
        schema.upgrade(store)
        with store.begin() as session:
            row_security.admit(session.connection, postgres.APP)
