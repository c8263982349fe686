"""A run that computes for long gives signs of life; one that is over gives none."""

import time

import pytest

from storage.records import SyncStatus
from tasks.providers.flow_runs import heartbeat
from tasks.sync.close import failing_loudly
from tests.flows.pipeline import Pipeline


async def test_a_step_that_takes_long_is_not_taken_for_dead(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.02)
    sync_id = pipeline.open(file="contacts.vcf")
    before = pipeline.sync(sync_id).updated_at
    async with failing_loudly(sync_id):
        deadline = time.monotonic() + 30
        while pipeline.sync(sync_id).updated_at == before and time.monotonic() < deadline:
            time.sleep(0.02)  # noqa: ASYNC251 (as a step that computes: it lets nothing else run)
    beaten = pipeline.sync(sync_id)
    assert beaten.updated_at > before
    assert beaten.status is SyncStatus.EXTRACTING
    time.sleep(0.1)  # noqa: ASYNC251 (nothing else runs)
    assert pipeline.sync(sync_id).updated_at == beaten.updated_at


def test_a_database_that_is_away_for_a_moment_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.001)
    beats = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 1:
            raise OSError

    with heartbeat.heartbeat(beat):
        deadline = time.monotonic() + 30
        while len(beats) < 3 and time.monotonic() < deadline:
            time.sleep(0.001)
    assert len(beats) >= 3
