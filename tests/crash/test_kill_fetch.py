"""kill -9 while a source is being read: the run goes on at the page that it had reached."""

from collections.abc import Iterator

import pytest

from deployments.simulators import control
from deployments.simulators.server import Simulators
from deployments.simulators.world import World
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import Provider, SyncStatus
from storage.scope import Scope
from tests.crash.house import FLOW, House

OWNER = "alice@gmail.example"
PAGES = 12


@pytest.fixture
def slow(simulators: Simulators) -> Iterator[World]:
    world = simulators.world
    world.mailbox("google").page_size = len(control.truth(world.mailbox("google"))) // PAGES
    world.latency_ms = 500
    world.ledger.clear()
    yield world
    world.latency_ms = 0


def test_reading_goes_on_at_its_page_and_a_newer_run_offers_the_same(house: House, slow: World) -> None:
    scope = house.team("browsers")
    account = _connect(house, scope, slow)
    first = house.start_sync("browsers", connection=account)
    house.wait(lambda: _read(slow) >= PAGES // 2, "half of the pages are read")
    assert house.kill(FLOW)
    told = _read(slow)
    planned = house.until(first, SyncStatus.PREVIEW)
    assert told < _read(slow) <= PAGES + 3  # one page may be read twice, and the other contacts have pages of their own
    everyone = len(control.truth(slow.mailbox("google")))
    assert planned.statistics.total == everyone

    slow.latency_ms = 0
    house.asleep(planned)
    newer = house.preview("browsers", connection=account)
    assert newer.statistics == planned.statistics
    house.until(first, SyncStatus.SUPERSEDED)
    house.approve(newer)
    house.until(newer.id, SyncStatus.COMPLETED)
    again = house.preview("browsers", connection=account)
    assert again.statistics.skipped == again.statistics.total
    house.wait(lambda: house.engine.state(planned.flow_run_id) == "Cancelled", "the superseded run is ended")


def _read(world: World) -> int:
    return sum(number for path, number in world.ledger.of(OWNER).paths.items() if "connections" in path)


def _connect(house: House, scope: Scope, world: World) -> str:
    with house.store.begin() as session:
        tokens = StoredTokens(world.refresh_token("google"))
        return connections.connect(session, scope, provider=Provider.GOOGLE, account=OWNER, tokens=tokens, scopes=()).id
