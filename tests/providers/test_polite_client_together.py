"""Many who want something of one mailbox: one at a time, and nothing that was asked for gets lost."""

import asyncio
import time
from collections.abc import Callable

import httpx
import pytest

from tasks.providers.base import ProviderError
from tasks.providers.contacts.landed import decoder
from tasks.providers.polite_client import Chance, Patience, PoliteClient
from tests.providers.polite_world import BASE, GOOD, START, Shape, World, graph


async def _many(answer: Callable[[int], httpx.Response], *, count: int) -> tuple[list[float], int]:
    """Ask `count` things side by side in real time; when each was asked, and how many were at once."""
    asked: list[float] = []
    under_way = most = 0

    async def handle(_request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        asked.append(time.time())
        number, under_way = len(asked), under_way + 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return answer(number)

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(handle)),
    )
    async with client:
        await asyncio.gather(*(client.get(f"{BASE}/{n}", decoder(Shape)) for n in range(count)))
    return asked, most


async def test_one_at_a_time() -> None:
    _, most = await _many(lambda _n: httpx.Response(200, json=GOOD), count=20)
    assert most == 1


async def test_when_one_is_asked_to_wait_all_do() -> None:
    def first_is_refused(number: int) -> httpx.Response:
        return graph(429, "x", Retry_After="0.3") if number == 1 else httpx.Response(200, json=GOOD)

    asked, _ = await _many(first_is_refused, count=9)
    assert len(asked) == 10
    assert asked[1] >= asked[0] + 0.3


async def test_leaving_waits_for_what_is_under_way_so_that_the_next_round_does_not_overlap() -> None:
    ended: list[bool] = []

    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        ended.append(True)
        return httpx.Response(200, json=GOOD)

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(slow)),
    )
    async with client:
        asking = asyncio.create_task(client.get(f"{BASE}/x", decoder(Shape)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert ended == []
    assert ended == [True]


async def test_a_token_that_was_asked_for_is_kept_though_nobody_waits_for_it_any_more() -> None:
    kept: list[str] = []

    class Tokens:
        async def access_token(self, *, refused: str = "") -> str:
            await asyncio.sleep(0.05)
            kept.append(f"new{refused}")
            return kept[-1]

    client = PoliteClient(
        BASE,
        Tokens(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=GOOD))),
    )
    async with client:
        asking = asyncio.create_task(client.get(f"{BASE}/x", decoder(Shape)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert kept == ["new"]


async def test_a_wait_that_a_neighbour_is_asked_for_meanwhile_is_kept_too() -> None:
    world, shared = World(GOOD, GOOD), [0.0]
    client = PoliteClient(
        BASE,
        world,
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(world.answer)),
        chance=Chance(clock=lambda: world.now, sleep=world.sleep),
        quiet_until=lambda: shared[0],
    )
    async with client:
        await client.get(f"{BASE}/one", decoder(Shape))
        shared[0] = START + 9
        await client.get(f"{BASE}/two", decoder(Shape))
    assert world.asked_at == [0, 9]


async def test_an_answer_that_never_ends_is_given_up() -> None:
    async def stuck(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(stuck)),
        patience=Patience(attempts=2, answer=0.02, first_wait=0.01),
    )
    async with client:
        with pytest.raises(ProviderError, match="cannot be reached"):
            await client.get(f"{BASE}/x", decoder(Shape))
