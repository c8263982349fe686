"""Random schedules of all that can go wrong: a sync ends with exactly the truth, or fails and changes nothing."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from deployments.simulators import changes
from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators, serve
from tasks.providers.base import ProviderError
from tests.providers.reading import Book, assert_true, assert_well_behaved, source_of

ROUTES = ["delta", "contactFolders", "childFolders", "connections", "contactGroups", ""]
STATUSES = [401, 403, 404, 410, 429, 500, 502, 503, 504]


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    with serve(contacts=1) as running:
        yield running


def a_fault(chance: random.Random) -> Fault:
    kind = chance.choice(["status", "status", "status", "reset", "reply_lost", "slow", "truncated", "cut", "html"])
    patient = chance.random() < 0.4
    return Fault(
        kind,
        route=chance.choice(ROUTES),
        status=chance.choice(STATUSES if kind == "status" else [200, 502, 503]),
        code=chance.choice(["", "", "", "syncStateNotFound", "rateLimitExceeded"]),
        retry_after=chance.choice([0.02, 0.1, 0.2]) if patient else None,
        http_date=patient and chance.random() < 0.1,
        ms=chance.choice([5, 50]),
        after=chance.randrange(8),
        times=chance.choice([1, 1, 2, 4, 12]),
    )


async def one_schedule(simulators: Simulators, provider: str, seed: int) -> str:
    chance, world = random.Random(seed), simulators.world
    mailbox = world.add_mailbox(provider, f"owner{len(world.mailboxes)}@example.com", seed=seed, size=40)
    mailbox.page_size = 7
    book, source = Book(), source_of(simulators, mailbox)
    for number in range(3):
        before = (dict(book.people), book.cursor)
        for _ in range(chance.randrange(4)):
            world.faults.add(a_fault(chance))
        try:
            async with asyncio.timeout(60):
                await book.sync(source)
        except ProviderError:
            assert (book.people, book.cursor) == before
            world.faults.clear()
            return "failed"
        world.faults.clear()
        assert_true(book, mailbox)
        changes.at_random(mailbox, world.now(), edit=0.1, move=0.1 * (provider == "microsoft"), seed=seed + number)
    return "completed"


@pytest.mark.parametrize("provider", ["microsoft", "google"])
async def test_every_schedule_ends_in_the_truth_or_in_a_failure_that_changes_nothing(
    simulators: Simulators, provider: str
) -> None:
    ends = [await one_schedule(simulators, provider, seed) for seed in range(5)]
    assert_well_behaved(simulators)
    assert "completed" in ends


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("provider", ["microsoft", "google"])
async def test_no_schedule_of_faults_of_a_thousand_makes_it_misbehave(simulators: Simulators, provider: str) -> None:
    ends = [await one_schedule(simulators, provider, seed) for seed in range(1000, 1500)]
    assert_well_behaved(simulators)
    assert ends.count("completed") > 100
