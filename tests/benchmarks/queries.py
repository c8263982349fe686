"""Row 11: what a page asks of a database that has seen a million syncs and a million campaigns, on Postgres."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

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
HIS_SYNCS = "SELECT * FROM contact_syncs WHERE organization_id = %(organization)s AND user_id = %(user)s"
RECENT = f"{HIS_SYNCS} ORDER BY created_at DESC LIMIT 20"
LIVE = (
    "SELECT * FROM email_campaigns WHERE organization_id = %(organization)s"
    " AND status IN ('draft', 'generating', 'review', 'sending', 'paused')"
)
HISTORY = "SELECT * FROM contact_syncs WHERE organization_id = %(organization)s ORDER BY created_at DESC LIMIT 100"
SENT = "SELECT * FROM email_campaigns WHERE organization_id = %(organization)s ORDER BY created_at DESC LIMIT 100"
ASKED: tuple[tuple[str, str, Callable[[int], Scope], Ask, str], ...] = (
    ("recent syncs of a user", "< 10 ms", member, lambda s, me: syncs.syncs(s, me, limit=20), RECENT),
    ("live campaigns", "< 20 ms", admin, campaign_standing.live_campaigns, LIVE),
    ("100 syncs of history", "< 50 ms", admin, syncs.syncs, HISTORY),
    ("100 campaigns of history", "< 50 ms", admin, campaigns.campaigns, SENT),
)


def rows(_home: Path, size: int) -> Iterator[Row]:
    runs = size * 10
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.NoPostgres as missing:
            print(f"  skipped: {missing}")
            return
        url = stack.enter_context(postgres.Databases(server).migrated_once(_migrate).lent())
        store = stack.enter_context(opened(postgres.as_role(url, postgres.APP)))
        fill(store, organizations=ORGANIZATIONS, runs=runs)
        yield from _asked(store, runs)


def _asked(store: Store, runs: int) -> Iterator[Row]:
    for what, goal, scope_of, ask, bare in ASKED:
        ours, least, entering = _in_turns(store, scope_of, ask, bare)
        for name, at in (("p50", 0.5), ("p99", 0.99)):
            yield Row(
                11,
                f"{what} of {runs:,}, {name}",
                _at(ours, at),
                f"{goal}, <= 2 x limit",
                _at(least, at),
                _at(entering, at),
                "bare, entering too",
                unit="ms",
            )


def _in_turns(store: Store, scope_of: Callable[[int], Scope], ask: Ask, bare: str) -> tuple[list[float], ...]:
    """Another organization each time, as it is in life: what was asked last is no help.

    Ours begins the transaction and enters the organization in its time. The limit has done so before.
    """
    chosen = random.Random(11)
    ours: list[float] = []
    least: list[float] = []
    entering: list[float] = []
    for _ in range(TIMES):
        me, other, third = (scope_of(chosen.randrange(ORGANIZATIONS)) for _ in range(3))
        with store.read() as session:
            ours.append(_spent(partial(ask, session, me)))
        with store.read() as session:
            session.enter(other.organization_id)
            least.append(_spent(partial(_bare, session.connection, bare, other)))
        with store.read() as session:
            entering.append(_spent(partial(_bare, session.connection, bare, third, first=ENTER)))
    return ours, least, entering


def _bare(connection: Connection, query: str, me: Scope, *, first: str = "") -> list[object]:
    names = {"organization": me.organization_id, "user": me.user_id}
    with connection.connection.cursor() as cursor:
        if first:
            cursor.execute(first, names)
        cursor.execute(query, names)
        return cursor.fetchall()


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
