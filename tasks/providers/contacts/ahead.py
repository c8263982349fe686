"""Prefetch: request the next pages while the current one is processed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")
_TURNS = 10  # iterations of the event loop, so that the next request is sent before the reader blocks the loop
_Waiting = asyncio.Queue[T | Exception | None]


async def read_ahead(source: AsyncIterator[T], *, by: int = 1) -> AsyncGenerator[T, None]:
    """The same items, fetched ahead of the reader with up to `by` of them buffered.

    An error is raised after the items that were fetched before it.
    """
    waiting: _Waiting[T] = asyncio.Queue(maxsize=by)
    fetching = asyncio.create_task(_fetch(source, waiting))
    try:
        while (item := await waiting.get()) is not None:
            if isinstance(item, Exception):
                raise item
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            yield item
    finally:
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)


async def _fetch(source: AsyncIterator[T], waiting: _Waiting[T]) -> None:
    try:
        async for item in source:
            await waiting.put(item)
    except Exception as trouble:  # noqa: BLE001 - raised in the reader
        await waiting.put(trouble)
    else:
        await waiting.put(None)
