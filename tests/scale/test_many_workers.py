"""Two workers and two Prefect servers over one Postgres: one of each is killed, and every sync finishes."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local import environment_of
from deployments.pools import deploy
from deployments.processes import Child
from storage.organization import tenants
from storage.people import contacts
from storage.records import Role, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.settings import Settings
from storage.sync import syncs
from tasks.providers.engine import Engine
from tests import postgres
from tests.conftest import SECRET, opened
from tests.flows.prefect_server import _free_port

pytestmark = pytest.mark.soak
ORGANIZATIONS = int(os.environ.get("SCALE", "6"))
PATIENCE = 600.0
# Rows whose organization is not that of what they hang on, in one query for each pair of tables.
CROSSING = """
    SELECT format('SELECT %L, count(*) FROM %s AS child JOIN %s AS parent ON parent.id = child.%I'
        ' WHERE parent.organization_id <> child.organization_id',
        conname, conrelid::regclass, confrelid::regclass, attname)
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND array_length(conkey, 1) = 2"""


@dataclass
class Site:
    """What runs in production, on one machine."""

    store: Store
    superuser_url: str
    engines: list[Engine]
    servers: list[Child] = field(default_factory=list)
    workers: list[Child] = field(default_factory=list)


def until(met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline, f"not yet: {what}"
        time.sleep(0.5)


@pytest.fixture
def site(postgres_databases: postgres.Databases, superuser_url: str, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        store = stack.enter_context(opened(postgres.as_role(superuser_url, postgres.APP)))
        postgres_databases._administer("DROP DATABASE IF EXISTS prefect WITH (FORCE)")
        postgres_databases._administer("CREATE DATABASE prefect")
        prefects = f"{postgres_databases.server.replace('psycopg', 'asyncpg')}/prefect"
        ports = [_free_port(), _free_port()]
        found = Site(store, superuser_url, [Engine(f"http://127.0.0.1:{port}/api") for port in ports])

        def start(name: str, engine: Engine, *command: str) -> Child:
            chosen = Settings.load(home=tmp_path)
            environment = environment_of(chosen) | {
                "PATH": os.environ["PATH"], "PREFECT_API_URL": engine.url, "PREFECT_HOME": str(tmp_path / name),
                "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefects,
                "PREFECT_WORKER_QUERY_SECONDS": "2",
                "CONTACTFLOW_DATABASE_URL": postgres.as_role(superuser_url, postgres.APP),
                "CONTACTFLOW_SECRET_KEYS": SECRET,
            }  # fmt: skip
            child = Child(name, [sys.executable, "-m", *command], environment, tmp_path / f"{name}.log")
            child.start()
            stack.callback(lambda: child.stop(time.monotonic() + 5))
            return child

        for at, (port, engine) in enumerate(zip(ports, found.engines, strict=True)):
            extra = ("--no-services",) if at else ()
            where = ("--host", "127.0.0.1", "--port", str(port))
            found.servers.append(start(f"server-{at}", engine, "prefect", "server", "start", *where, *extra))
            until(engine.is_up, f"server {at} answers")
        with temporary_settings({PREFECT_API_URL: found.engines[0].url}):
            deploy(found.engines[0], "contactflow", limit=4)
        for at, engine in enumerate((found.engines[0], found.engines[0])):
            worker = ("prefect", "worker", "start", "--pool", "contactflow")
            found.workers.append(start(f"worker-{at}", engine, *worker))
        start("sweeper", found.engines[0], "deployments.sweeper")
        yield found


def test_every_sync_finishes_through_the_death_of_a_worker_and_a_server(site: Site, tmp_path: Path) -> None:
    begun = time.monotonic()
    runs = {number: _started(site, number, tmp_path) for number in range(ORGANIZATIONS)}
    until(lambda: any(_status(site, one) for one in runs.values()), "a first sync is under way")
    site.servers[1].end_family()
    site.workers[1].end_family()
    for scope, run_id in runs.values():
        until(lambda one=(scope, run_id): _status(site, one) is SyncStatus.PREVIEW, "a plan waits")
        answer = {"decision": "approve", "reviewer": f"ann@{_slug(scope, runs)}.example", "comment": ""}
        until(lambda run=run_id, said=answer: site.engines[0].resume(run, said), "the run is woken")
    for one in runs.values():
        until(lambda one=one: _status(site, one) is SyncStatus.COMPLETED, "a sync is completed")
    with site.store.read() as session:
        assert {contacts.count(session, scope) for scope, _ in runs.values()} == {5}
    assert _crossing(site) == {}
    print(f"{ORGANIZATIONS} syncs, two workers of which one died: {time.monotonic() - begun:.0f} s")


def _started(site: Site, number: int, folder: Path) -> tuple[Scope, str]:
    slug = f"org-{number}"
    with site.store.begin() as session:
        tenants.add_organization(session, slug)
        tenants.add_user(session, slug, f"ann@{slug}.example", role=Role.ADMIN)
        scope = tenants.scope_of(session, slug, f"ann@{slug}.example")
    people = folder / f"{slug}.csv"
    rows = "".join(f"Person {at},person{at}@{slug}.example\n" for at in range(5))
    people.write_text(f"Name,E-mail\n{rows}")
    asked = {"organization": slug, "user": f"ann@{slug}.example", "file": str(people)}
    return scope, site.engines[0].start("contact-sync", asked)


def _slug(scope: Scope, runs: dict[int, tuple[Scope, str]]) -> str:
    return next(f"org-{number}" for number, (one, _) in runs.items() if one == scope)


def _status(site: Site, one: tuple[Scope, str]) -> SyncStatus | None:
    scope, run_id = one
    with site.store.read() as session:
        found = syncs.of_run(session, scope, run_id)
    return found.status if found else None


def _crossing(site: Site) -> dict[str, int]:
    """Asked of the database itself, past all of our code."""
    with psycopg.connect(site.superuser_url.replace("+psycopg", "")) as plain:
        queries = [query for (query,) in plain.execute(CROSSING).fetchall()]
        assert len(queries) > 10
        found = dict(plain.execute(query).fetchone() or ("", 0) for query in queries)
    return {name: count for name, count in found.items() if count}
