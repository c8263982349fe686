"""Reading ahead: nothing changes but the time it takes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from tasks.providers.contacts.ahead import read_ahead


async def numbers(count: int, *, started: list[int] | None = None, delay: float = 0.0) -> AsyncIterator[int]:
    for number in range(count):
        if started is not None:
            started.append(number)
        await asyncio.sleep(delay)
        yield number


async def test_the_same_items_come_in_the_same_order() -> None:
    assert [number async for number in read_ahead(numbers(50))] == list(range(50))
    assert [number async for number in read_ahead(numbers(0))] == []


async def test_a_failure_comes_after_what_was_fetched_before_it() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise ValueError("three")

    ahead = read_ahead(failing())
    assert [await anext(ahead), await anext(ahead)] == [1, 2]
    with pytest.raises(ValueError, match="three"):
        await anext(ahead)


async def test_a_slow_reader_is_never_far_behind() -> None:
    started: list[int] = []
    async for number in read_ahead(numbers(20, started=started)):
        await asyncio.sleep(0.002)
        assert len(started) <= number + 4


async def test_who_stops_reading_stops_the_fetching() -> None:
    started: list[int] = []
    async with aclosing(read_ahead(numbers(1000, started=started))) as ahead:
        await anext(ahead)
    fetched = len(started)
    await asyncio.sleep(0.01)
    assert len(started) == fetched < 10


async def test_the_next_item_is_under_way_before_a_busy_reader_holds_up_the_loop() -> None:
    started: list[int] = []
    async for number in read_ahead(numbers(5, started=started, delay=0.01)):
        assert len(started) >= min(number + 2, 5)
        time.sleep(0.001)  # noqa: ASYNC251 - a reader that computes does just this
