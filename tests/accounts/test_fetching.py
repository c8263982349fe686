"""Fetching: what an ended run leaves running."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from storage.organization import tenants
from storage.records import SyncStatus
from storage.sync import reviews
from storage.sync.syncs import RunIsOver
from tasks.providers.base import Page
from tasks.sync.fetch import fetch
from tests.flows.house import House
from tests.flows.pipeline import Pipeline


class Endless:
    """A source whose run is ended, by somebody else, while its first page is landed."""

    is_closed = False

    def __init__(self, end: Any) -> None:
        self.end = end

    async def pages(self, **_: str) -> AsyncGenerator[Page, None]:
        try:
            while True:
                self.end()
                yield Page(b"{}", position="on")
        finally:
            self.is_closed = True


async def test_a_run_that_was_ended_stops_reading_at_once(
    house: House, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_id = pipeline.open(house.connection("google", "ann@gmail.example"))

    def end() -> None:
        with house.store.begin() as session:
            scope = tenants.scope_of_sync(session, sync_id)
            reviews.end(
                session, scope, sync_id, to=SyncStatus.FAILED, expected=[SyncStatus.EXTRACTING], why="ended in a test"
            )

    source = Endless(end)
    monkeypatch.setattr("tasks.sync.fetch.source_of", lambda *_, **__: source)
    with pytest.raises(RunIsOver):
        await fetch.fn(sync_id)
    assert source.is_closed
