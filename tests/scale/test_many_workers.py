"""Two workers on two Prefect servers over one Postgres: a server goes and comes back, a worker is killed, and every
sync finishes.
"""

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from storage.organization import tenants
from storage.people import contacts
from storage.records import Role, SyncStatus
from storage.scope import Scope
from storage.sync import syncs
from tests import postgres
from tests.scale import auditor
from tests.scale.site import Site, built, until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
ORGANIZATIONS = int(os.environ.get("SCALE", "6"))


@pytest.fixture
def site(postgres_databases: postgres.Databases, superuser_url: str, tmp_path: Path) -> Iterator[Site]:
    with built(postgres_databases, superuser_url, tmp_path, servers=2) as site:
        for engine in site.engines:
            site.add_worker(engine, 2)
        until(lambda: site.online() == 2, "both workers are there")
        yield site


def test_every_sync_finishes_through_the_death_of_a_server_and_a_worker(site: Site, tmp_path: Path) -> None:
    """The second server with what its worker has in hand, and then the first worker: the second alone goes on."""
    begun = time.monotonic()
    runs = {number: _started(site, number, tmp_path) for number in range(ORGANIZATIONS)}
    until(lambda: any(_status(site, one) for one in runs.values()), "a first sync is under way")
    gone = site.servers[1].process
    assert gone
    site.servers[1].end_family()
    gone.wait()
    for scope, run_id in runs.values():
        until(partial(_is, SyncStatus.PREVIEW, site, (scope, run_id)), "a plan waits")
    site.servers[1].start()
    until(site.engines[1].is_up, "the server is back")
    site.workers[0].end_family()
    for number, (_, run_id) in runs.items():
        answer = {"decision": "approve", "reviewer": f"ann@org-{number}.example", "comment": ""}
        until(partial(site.engines[0].resume, run_id, answer), "the run is woken")
    for one in runs.values():
        until(partial(_is, SyncStatus.COMPLETED, site, one), "a sync is completed")
    with site.store.read() as session:
        assert {contacts.count(session, scope) for scope, _ in runs.values()} == {5}
    found = auditor.audit(site.superuser_url)
    assert (found.foreign, found.crossing) == ({}, {})
    print(f"{ORGANIZATIONS} syncs through the death of a server and a worker: {time.monotonic() - begun:.0f} s")


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


def _is(status: SyncStatus, site: Site, one: tuple[Scope, str]) -> bool:
    return _status(site, one) is status


def _status(site: Site, one: tuple[Scope, str]) -> SyncStatus | None:
    scope, run_id = one
    with site.store.read() as session:
        found = syncs.of_run(session, scope, run_id)
    return found.status if found else None
