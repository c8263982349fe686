"""Row 13: what a reviewer waits for on the page of a plan of 10,000 changes, on each kind of database, over HTTP.

Without a network or a browser: the server's own share, of which the first paint may take 200 ms and an action 100 ms.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from starlette.testclient import TestClient

from storage import schema
from storage.organization import sign_ins, tenants
from storage.records import ChangeKind, Role
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import Settings
from storage.sync import plans, syncs
from tasks.providers.flow_runs.engine import Engine
from tests import postgres
from tests.benchmarks.measuring import Row, spent
from tests.web.plans_to_review import BIG, waiting_plan
from web.app import create_app
from web.context import AppContext
from web.cookies import SESSION, csrf_of
from web.rendering import environment

USER = "ann@acme.example"
PORT = "http://127.0.0.1:4280"
TURNS = 3


class Unwoken(Engine):
    """No Prefect: what it takes belongs to Prefect's own cost."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/api")

    def resume(self, *_: object) -> bool:
        return True


class Reviewer:
    """Somebody with a browser that runs no script."""

    def __init__(self, store: Store, scope: Scope) -> None:
        with store.begin() as session:
            token = sign_ins.start(session, scope, actor=USER, how="benchmark")
            self.plan = waiting_plan(session, scope, BIG)
            (first,) = plans.changes(session, scope, self.plan.id, None, kinds=[ChangeKind.UPDATE], limit=1)
        context = AppContext(store, Unwoken(), Settings.load(), environment())
        self.row, self.csrf = first, csrf_of(context, token)
        self.http = TestClient(create_app(context), base_url=PORT, follow_redirects=False, cookies={SESSION: token})
        self.look()  # templates are compiled once

    def look(self, more: str = "") -> str:
        answer = self.http.get(f"/syncs/{self.plan.id}{more}")
        return answer.raise_for_status().text

    def do(self, what: str, **form: str) -> None:
        answer = self.http.post(f"/syncs/{self.plan.id}/{what}", data={"csrf": self.csrf, **form})
        assert answer.status_code < 400, answer.text

    def take_back(self, known: dict[str, str]) -> None:
        self.do("marks/take-back", **known)

    def newest_mark(self) -> dict[str, str]:
        return {"mark": re.findall(r'name="mark" value="([^"]+)"', self.look())[0]}

    def before_deciding(self) -> dict[str, str]:
        page = self.look("/decide")
        return dict(re.findall(r'<input type="hidden" name="(digest|pulse)" value="([^"]*)"', page))


def rows(home: Path, _size: int) -> Iterator[Row]:
    yield from _measured(f"sqlite:///{home / 'judging.db'}", "SQLite")
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.NoPostgres as missing:
            print(f"  skipped: {missing}")
            return
        url = stack.enter_context(postgres.Databases(server).migrated_once(_migrate).lent())
        yield from _measured(url, "Postgres")


def _measured(url: str, database: str) -> Iterator[Row]:
    store = _opened(url)
    schema.upgrade(store)
    with store.begin() as session:
        slug = tenants.add_organization(session, "Acme").slug
        tenants.add_user(session, slug, USER, role=Role.ADMIN)
        scope = tenants.scope_of(session, slug, USER)
    one = Reviewer(store, scope)
    for name, goal, work in _works(one):
        yield Row(13, f"{name} ({database})", 1000 * work(), goal, unit="ms")
    with store.read() as session:
        assert syncs.sync(session, scope, one.plan.id).decision == "approve"
    store.engine.dispose()


def _works(one: Reviewer) -> Iterator[tuple[str, str, Callable[[], float]]]:
    paint, act = "<= 200 ms", "<= 100 ms"
    yield "first paint", paint, lambda: _best(one.look)
    yield "a group of 6,000", act, lambda: _best(lambda: one.look("?group=create"))
    yield "a record", act, lambda: _best(lambda: one.look(f"?group=update&row={one.row.ordinal}"))
    yield "search", act, lambda: _best(lambda: one.do("search", words="lovelace nordwind"))
    yield "search for nobody", act, lambda: _best(lambda: one.do("search", words="nobody at all"))
    yield "one row", act, lambda: spent(lambda: one.do("marks", deed="rejected", row=one.row.id))
    yield "approve 6,000", act, lambda: spent(lambda: one.do("marks", whole="approved", group="create"))
    known = one.newest_mark()
    yield "take 6,000 back", act, lambda: spent(lambda: one.take_back(known))
    yield "the look before", act, lambda: _best(one.before_deciding)
    said = one.before_deciding()
    yield "approve all 10,000", act, lambda: spent(lambda: one.do("approve", choice="approve", **said))


def _best(work: Callable[[], object]) -> float:
    return min(spent(work) for _ in range(TURNS))


def _opened(url: str) -> Store:
    return open_store(Settings.load(database_url=url, secret_keys="a secret of the benchmark's"))


def _migrate(url: str) -> None:
    store = _opened(url)
    schema.upgrade(store)
    store.engine.dispose()  # who is connected hinders the copying
