"""Two Prefect servers over one Postgres and one Redis, set as docs/production.md says: one of them dies, and one of
the two that do their chores; everything finishes, and is told of.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.simulators.server import Simulators, serve
from tests import postgres, redis
from tests.crash.conftest import addresses
from tests.scale import auditor, crowd
from tests.scale.desk import all_done
from tests.scale.site import Site, built, until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]
ORGANIZATIONS, CAMPAIGNS = 4, 2


@pytest.fixture
def simulators() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def redis_url() -> Iterator[str]:
    try:
        with redis.running() as url:
            yield url
    except redis.NoRedis as missing:
        pytest.skip(str(missing))


@pytest.fixture
def site(
    postgres_databases: postgres.Databases,
    superuser_url: str,
    redis_url: str,
    simulators: Simulators,
    tmp_path: Path,
) -> Iterator[Site]:
    extra = {**settings_for(redis_url), **addresses(simulators)}
    with built(postgres_databases, superuser_url, tmp_path, servers=2, services=2, extra=extra) as site:
        for engine in site.engines:
            site.add_worker(engine, 2)
        until(lambda: site.online() == 2, "both workers are there")
        yield site


def settings_for(url: str) -> dict[str, str]:
    """Whatever the guide says of Redis, with this one in the place of its example."""
    guide = (Path(__file__).parents[2] / "docs" / "production.md").read_text()
    told = dict(re.findall(r"^    (PREFECT_\w+)=(\S*redis\S*)", guide, re.MULTILINE))
    return {name: re.sub(r"^redis://.+/", f"{url}/", value) for name, value in told.items()}


def test_everything_finishes_whichever_server_dies(site: Site, simulators: Simulators) -> None:
    members = crowd.settled(site.store, simulators.world, ORGANIZATIONS + 2)[2:]  # without the large ones
    doomed = [random.choice(site.servers), random.choice(site.services)]
    print("dies:", [one.name for one in doomed])

    def kill() -> None:
        begun = auditor.standings(site.superuser_url, "contact_syncs").total()
        if begun == ORGANIZATIONS and doomed:
            doomed.pop().end_family()

    all_done(site, members, campaigns=CAMPAIGNS, meanwhile=kill)
    assert not doomed
    kept = auditor.contacts(site.superuser_url)
    assert {one.scope.organization_id: one.people for one in members} == kept
    assert len(simulators.world.delivered) == CAMPAIGNS * crowd.PEOPLE
    until(lambda: _told(site) == CAMPAIGNS, "the campaigns' ends are told to whoever listens at a server")
    found = auditor.audit(site.superuser_url)
    assert (found.foreign, found.crossing) == ({}, {})


def _told(site: Site) -> int:
    wanted = {"filter": {"event": {"name": ["contactflow.campaign.completed"]}}, "limit": 50}
    return len(
        {one["resource"]["prefect.resource.id"] for one in site.engine.ask("POST", "events/filter", wanted)["events"]}
    )
