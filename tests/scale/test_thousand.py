"""A thousand organizations, a sync each and a campaign in ten, over several workers: all right, and nothing crosses.

ORGANIZATIONS=1000 WORKERS=4 pytest -m soak -s tests/scale/test_thousand.py
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from deployments.simulators import control
from deployments.simulators.server import Simulators, serve
from storage.campaign import campaign_reviews
from storage.deciding import Choice
from storage.documents import new_id
from storage.sync import reviews
from storage.sync.reviews import Decision
from tests import postgres
from tests.crash.conftest import addresses
from tests.scale import auditor, crowd
from tests.scale.crowd import Member
from tests.scale.site import Site, built, until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
ORGANIZATIONS = int(os.environ.get("ORGANIZATIONS", "1000"))
WORKERS = int(os.environ.get("WORKERS", "4"))
AT_ONCE = int(os.environ.get("AT_ONCE", "2"))  # runs in one worker
MINUTE = 60.0
MOST_A_MINUTE = {"microsoft": 30, "google": 6_000 // 110}
LETTER = """---
subject: {mark} asks {{{{ given_name }}}}
---
Dear {{{{ given_name }}}},

{mark} has built an engine that {{{{ company }}}} may like.
"""


@dataclass
class Desk:
    """Somebody who approves whatever waits, once its run sleeps; and who watches how it all goes."""

    site: Site
    members: dict[str, Member]
    approved: Counter[str] = field(default_factory=Counter)
    begun: float = field(default_factory=time.monotonic)
    least_memory: float = field(default_factory=lambda: _memory())  # noqa: PLW0108 (defined below)
    told: float = 0.0

    def look(self) -> None:
        self.approved["contact_syncs"] += self._approve("contact-sync", "contact_syncs", "preview")
        self.approved["email_campaigns"] += self._approve("email-campaign", "email_campaigns", "review")
        self.least_memory = min(self.least_memory, _memory())
        if time.monotonic() - self.told > MINUTE:
            self.told = time.monotonic()
            self.tell()

    def tell(self) -> None:
        url = self.site.superuser_url
        syncs, campaigns = (dict(auditor.standings(url, one)) for one in ("contact_syncs", "email_campaigns"))
        spent = {name: round(seconds) for name, seconds in self.site.cpu().items()}
        print(f"{time.monotonic() - self.begun:6.0f} s  syncs {syncs}  campaigns {campaigns}  CPU {spent}", flush=True)

    def _approve(self, flow: str, table: str, waiting: str) -> int:
        engine, done = self.site.engines[0], 0
        asleep = {run.id for run in engine.runs(flow, "Suspended")}
        with psycopg.connect(self.site.superuser_url.replace("+psycopg", "")) as database:
            query = f"SELECT id, organization_id, digest, flow_run_id FROM {table} WHERE status = %s"
            found = database.execute(query, [waiting]).fetchall()  # type: ignore[call-overload]
        for sync_id, organization, digest, run_id in found:
            if run_id in asleep:
                member = self.members[organization]
                with self.site.store.begin() as session:
                    if flow == "contact-sync":
                        decision = Decision(Choice.APPROVE, member.user, digest=digest)
                        reviews.decide(session, member.scope, sync_id, decision)
                    else:
                        agreed = campaign_reviews.Decision(Choice.APPROVE, member.user, digest=digest)
                        campaign_reviews.decide(session, member.scope, sync_id, agreed)
                done += engine.resume(run_id, {"decision": "approve", "reviewer": member.user, "comment": ""})
        return done


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


def all_done(site: Site, members: list[Member], *, campaigns: int) -> Desk:
    """Syncs of everybody, and campaigns of the first ones once their contacts are there."""
    engine = site.engines[0]
    desk = Desk(site, {one.scope.organization_id: one for one in members})
    with ThreadPoolExecutor(4) as starters:
        list(starters.map(lambda one: engine.start("contact-sync", _sync_of(one), key=new_id()), members))
    waiting = members[:campaigns]

    def over() -> bool:
        desk.look()
        ready = _completed(site)
        for one in [one for one in waiting if one.scope.organization_id in ready]:
            engine.start("email-campaign", _campaign_of(one), key=new_id())
            waiting.remove(one)
        syncs, mailed = (auditor.standings(site.superuser_url, one) for one in ("contact_syncs", "email_campaigns"))
        return syncs == {"completed": len(members)} and mailed == Counter(completed=campaigns)

    until(over, "all is completed", patience=600 + 30 * len(members), every=2)
    return desk


def _sync_of(one: Member) -> dict[str, object]:
    return {"organization": one.mark, "user": one.user, "connection": one.connection}


def _campaign_of(one: Member) -> dict[str, object]:
    letter = LETTER.format(mark=one.mark)
    return _sync_of(one) | {"name": f"{one.mark} engines", "brief": letter}


def _completed(site: Site) -> set[str]:
    with psycopg.connect(site.superuser_url.replace("+psycopg", "")) as database:
        query = "SELECT organization_id FROM contact_syncs WHERE status = 'completed'"
        return {organization for (organization,) in database.execute(query).fetchall()}


def test_all_is_right_and_nothing_crosses(site: Site, simulators: Simulators) -> None:
    members = crowd.settled(site.store, simulators.world, ORGANIZATIONS)
    for _ in range(WORKERS):
        site.add_worker(site.engines[0], AT_ONCE)
    memory = _memory()
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
    count = min(ORGANIZATIONS, 24 * workers)
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


def _memory() -> float:
    """What the machine has left, in MB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1024
