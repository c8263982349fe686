"""A thousand organizations, a sync each and a campaign in ten, over several workers: all right, and nothing crosses.

ORGANIZATIONS=1000 WORKERS=4 pytest -m soak -s tests/scale/test_thousand.py -k nothing_crosses
pytest -m soak -s tests/scale/test_thousand.py -k more_workers  # some seven minutes
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.simulators import control
from deployments.simulators.server import Simulators, serve
from tests import postgres
from tests.crash.conftest import addresses
from tests.scale import auditor, crowd
from tests.scale.crowd import Member
from tests.scale.desk import MINUTE, all_done, memory_left
from tests.scale.site import Site, built, until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
ORGANIZATIONS = int(os.environ.get("ORGANIZATIONS", "1000"))
WORKERS = int(os.environ.get("WORKERS", "4"))
AT_ONCE = int(os.environ.get("AT_ONCE", "2"))  # runs in one worker
MOST_A_MINUTE = {"microsoft": 30, "google": 6_000 // 110}


@pytest.fixture
def simulators() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def site(
    postgres_databases: postgres.Databases, superuser_url: str, simulators: Simulators, tmp_path: Path
) -> Iterator[Site]:
    postgres_databases._administer("ALTER SYSTEM SET autovacuum = on")
    postgres_databases._administer("SELECT pg_reload_conf()")
    with built(postgres_databases, superuser_url, tmp_path, servers=1, extra=addresses(simulators)) as site:
        yield site


def test_all_is_right_and_nothing_crosses(site: Site, simulators: Simulators) -> None:
    members = crowd.settled(site.store, simulators.world, ORGANIZATIONS)
    for _ in range(WORKERS):
        site.add_worker(site.engines[0], AT_ONCE)
    memory = memory_left()
    desk = all_done(site, members, campaigns=max(1, ORGANIZATIONS // 10))
    took = time.monotonic() - desk.begun
    desk.tell()
    used = (memory - desk.least_memory) / 1024
    print(f"{ORGANIZATIONS} organizations, {WORKERS} workers of {AT_ONCE}: {took:.0f} s, {used:.1f} GB at most")
    _demand_right_contacts(site, members)
    _demand_right_mails(site, simulators, members[: max(1, ORGANIZATIONS // 10)])
    found = auditor.audit(site.superuser_url)
    print(f"{found.rows.total()} rows, {found.marked} with marks, {found.keys} kinds of keys: {dict(found.rows)}")
    assert found.marked > 10 * ORGANIZATIONS
    assert found.keys > 20
    assert (found.foreign, found.crossing) == ({}, {})


def _demand_right_contacts(site: Site, members: list[Member]) -> None:
    kept, links = auditor.contacts(site.superuser_url), auditor.sources(site.superuser_url)
    assert set(kept) == {one.scope.organization_id for one in members}
    for one in members:
        assert kept[one.scope.organization_id] == one.people
        assert set(links[one.scope.organization_id]) == set(control.truth(one.mailbox))


def _demand_right_mails(site: Site, simulators: Simulators, members: list[Member]) -> None:
    """By the ledger of the services: everybody once, from the right mailbox, none faster than it may."""
    world = simulators.world
    written = {mail: state for states in auditor.mails(site.superuser_url).values() for mail, state in states.items()}
    left = Counter(one.key.strip("<>").partition("@")[0] for one in world.delivered)
    assert left == Counter(dict.fromkeys(written, 1))
    assert set(written.values()) == {"sent"}
    for one in members:
        sent = world.delivered.of(one.mailbox.email)
        assert {to for mail in sent for to in mail.recipients} == set(one.people)
        assert len(sent) == len(one.people)
        assert all(one.mark in mail.subject for mail in sent)
        most = MOST_A_MINUTE[one.mailbox.provider]
        times = [mail.at for mail in sent]
        assert all(later - earlier >= MINUTE for earlier, later in zip(times, times[most:], strict=False))
    accounts = world.ledger.accounts
    assert {name: dict(page.broken) for name, page in accounts.items() if page.broken} == {}
    assert {name for name, page in accounts.items() if page.too_early or page.max_in_flight > 4} == set()
    assert {name for name, page in accounts.items() if page.statuses["429"]} == set()


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_more_workers_do_more_until_the_machine_is_full(site: Site, simulators: Simulators, workers: int) -> None:
    """Prints a row; that it grows is for a person to see, for how full the machine was is not known here."""
    count = min(ORGANIZATIONS, 6 * (workers + 1))  # two minutes of work for each number of workers
    members = crowd.settled(site.store, simulators.world, count + 2)[2:]  # without the large ones
    for _ in range(workers):
        site.add_worker(site.engines[0], 1)
    until(lambda: site.online() == workers, "all workers are there")
    before = site.cpu()
    desk = all_done(site, members, campaigns=0)
    took = time.monotonic() - desk.begun
    spent = {name: seconds - before[name] for name, seconds in site.cpu().items()}
    each = "  ".join(f"{name} {seconds / count:.2f}" for name, seconds in spent.items())
    print(
        f"{workers} workers: {count} syncs in {took:.0f} s = {count / took * MINUTE:.0f} a minute; CPU s each: {each}"
    )
