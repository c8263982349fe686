"""A long sync under random kill -9: at the end exactly the truth, once."""

import math
import random
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from storage.records import ChangeState, SyncStatus
from tests.crash.house import FLOW, House, address_book, people, standing

KILLS = 24


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_five_thousand_contacts_arrive_once_through_two_dozen_kills(tmp_path: Path) -> None:
    chance = random.Random(7)
    with standing(tmp_path / "home", {"CONTACTFLOW_APPLY_BATCH": "1"}) as house:
        scope = house.team("pilots")
        book = people(5000, "pilots")
        started, hits = time.monotonic(), Counter[str]()
        sync_id = house.start_sync("pilots", file=address_book(house.home, book))
        while hits.total() < KILLS and _goes_on(house, sync_id):
            if chance.random() < 0.7:  # else as it comes up
                told = _written(house, sync_id)
                house.wait(partial(_moved, house, sync_id, told), "rows are written")
            else:
                house.wait(lambda: _is_busy(house) or not _goes_on(house, sync_id), "somebody works", patience=300)
            time.sleep(chance.uniform(0, 4))
            roles = chance.choice(((FLOW,), (FLOW,), ("worker",), ("server",), ("worker", "server"), ("worker", FLOW)))
            hits["+".join(roles)] += bool(house.kill(*roles))
        print(f"{hits.total()} kills in {time.monotonic() - started:.0f} s: {dict(hits)}")
        calm = time.monotonic()
        if _planned(house, sync_id):
            house.until(sync_id, SyncStatus.COMPLETED, patience=600)
        print(f"completed {time.monotonic() - calm:.0f} s after the last of them")
        house.assert_true(scope, sync_id, book)


def _is_busy(house: House) -> bool:
    return house.is_whole() and FLOW in house.processes().values()


def _written(house: House, sync_id: str) -> float:
    """Rows that were written so far; endless once the sync is over."""
    if not _goes_on(house, sync_id):
        return math.inf
    return house.rows(sync_id, ChangeState.APPLIED) if house.sync(sync_id) else 0


def _planned(house: House, sync_id: str) -> bool:
    house.until(sync_id, SyncStatus.PREVIEW, SyncStatus.EXECUTING, SyncStatus.COMPLETED, patience=600)
    return _goes_on(house, sync_id)


def _moved(house: House, sync_id: str, told: float) -> bool:
    return _written(house, sync_id) > told or not _goes_on(house, sync_id)


def _goes_on(house: House, sync_id: str) -> bool:
    """Whether there is something left to kill; a plan that waits is approved."""
    sync = house.sync(sync_id)
    if sync is not None and sync.status is SyncStatus.PREVIEW:
        house.approve(sync)
    return sync is None or sync.is_open
