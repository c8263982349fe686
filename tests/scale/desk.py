"""A desk at which everything is approved, for a site at work: all syncs of many organizations, and campaigns too."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from storage.campaign import campaign_reviews
from storage.deciding import Choice
from storage.documents import new_id
from storage.sync import reviews
from storage.sync.reviews import Decision
from tasks.providers.flow_runs.engine import EngineError
from tests.scale import auditor
from tests.scale.crowd import Member
from tests.scale.site import Site, until

MINUTE = 60.0
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
    least_memory: float = field(default_factory=lambda: memory_left())  # noqa: PLW0108 (defined below)
    told: float = 0.0

    def look(self) -> None:
        self.approved["contact_syncs"] += self._approve("contact-sync", "contact_syncs", "preview")
        self.approved["email_campaigns"] += self._approve("email-campaign", "email_campaigns", "review")
        self.least_memory = min(self.least_memory, memory_left())
        if time.monotonic() - self.told > MINUTE:
            self.told = time.monotonic()
            self.tell()

    def tell(self) -> None:
        url = self.site.superuser_url
        syncs, campaigns = (dict(auditor.standings(url, one)) for one in ("contact_syncs", "email_campaigns"))
        spent = {name: round(seconds) for name, seconds in self.site.cpu().items()}
        print(f"{time.monotonic() - self.begun:6.0f} s  syncs {syncs}  campaigns {campaigns}  CPU {spent}", flush=True)

    def _approve(self, flow: str, table: str, waiting: str) -> int:
        engine, done = self.site.engine, 0
        asleep = {run.id for run in engine.runs(flow, "Suspended")}
        with psycopg.connect(self.site.superuser_url.replace("+psycopg", "")) as database:
            query = f"SELECT id, organization_id, digest, flow_run_id FROM {table} WHERE status = %s"
            found = database.execute(query, [waiting]).fetchall()
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


def all_done(
    site: Site, members: list[Member], *, campaigns: int, meanwhile: Callable[[], None] = lambda: None
) -> Desk:
    """Syncs of everybody, and campaigns of the first ones once their contacts are there."""
    desk = Desk(site, {one.scope.organization_id: one for one in members})
    with ThreadPoolExecutor(4) as starters:
        list(starters.map(lambda one: site.engine.start("contact-sync", _sync_of(one), key=new_id()), members))
    waiting = members[:campaigns]

    def over() -> bool:
        meanwhile()
        with suppress(EngineError):  # another server is asked the next time
            desk.look()
        ready = _completed(site)
        for one in [one for one in waiting if one.scope.organization_id in ready]:
            site.engine.start("email-campaign", _campaign_of(one), key=new_id())
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


def memory_left() -> float:
    """What the machine has left, in MB."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 1024
