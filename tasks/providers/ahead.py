"""Reading ahead: the wire works while the reader does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


async def side_by_side(
    chains: Iterable[AsyncIterator[T]], *, width: int = 3, ahead: int = 1
) -> AsyncGenerator[T, None]:
    """What the chains yield, as it comes: `width` chains at a time, up to `ahead` items waiting for the reader.

    The first failure ends all, after what had come before it was handed over.
    """
    waiting: asyncio.Queue[T | Exception | None] = asyncio.Queue(maxsize=ahead)
    left = iter(chains)
    workers = [asyncio.create_task(_drain(left, waiting)) for _ in range(width)]
    try:
        while width:
            item = await waiting.get()
            if isinstance(item, Exception):
                raise item
            if item is None:
                width -= 1
            else:
                yield item
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _drain(chains: Iterator[AsyncIterator[T]], waiting: asyncio.Queue[T | Exception | None]) -> None:
    try:
        for chain in chains:
            async for item in chain:
                await waiting.put(item)
    except Exception as trouble:  # noqa: BLE001 - it is raised where the items are read
        await waiting.put(trouble)
    else:
        await waiting.put(None)
