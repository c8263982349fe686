"""Reading ahead: the wire works while the reader does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")
_TURNS = 10  # of the event loop: the next request is on the wire before the reader may keep the loop busy
_Waiting = asyncio.Queue[T | Exception | None]


async def read_ahead(source: AsyncIterator[T], *, by: int = 1) -> AsyncGenerator[T, None]:
    """The same items: while one is looked at the next are fetched, up to `by` of them waiting.

    A failure comes after what was fetched before it.
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
    except Exception as trouble:  # noqa: BLE001 - it is raised where the items are read
        await waiting.put(trouble)
    else:
        await waiting.put(None)
