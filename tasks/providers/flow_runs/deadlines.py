"""A deadline for a run between two suspensions, whatever hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

LONGEST = timedelta(days=1)


class TookTooLong(Exception):
    """Not a `TimeoutError`: Prefect takes those for its own timeout and drops their message."""


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(LONGEST.total_seconds()) as limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TookTooLong(f"not done within {LONGEST}: the run's log tells where it hung; then start again") from error
