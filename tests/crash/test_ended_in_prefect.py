"""Runs that somebody ends in Prefect, and reviews that nobody makes."""

from datetime import timedelta

from storage.documents import now
from storage.records import ChangeState, SyncStatus
from tests.crash.house import House, address_book, people


def test_what_prefect_ended_ends_here_and_what_was_written_by_then_is_accounted_for(house: House) -> None:
    house.team("leavers")
    book = people(3000, "leavers")  # more than can be written before the run is deleted
    path = address_book(house.home, book)
    few = address_book(house.home, people(5, "strangers"))
    begun = [house.start_sync("leavers", file=file) for file in (few, few, path)]
    cancelled, expired, cut = (house.until(sync_id, SyncStatus.PREVIEW) for sync_id in begun)
    for sync in (cancelled, expired):
        house.asleep(sync)

    house.engine.cancel(cancelled.flow_run_id)
    house.touch(expired.id, expires_at=now() - timedelta(minutes=1))
    house.until(cancelled.id, SyncStatus.CANCELLED)
    house.until(expired.id, SyncStatus.EXPIRED)

    house.approve(cut)
    house.wait(lambda: house.rows(cut.id, ChangeState.APPLIED) > 20, "some rows are written")
    house.delete_run(cut.flow_run_id)
    ended = house.until(cut.id, SyncStatus.COMPLETED)
    written = house.rows(cut.id, ChangeState.APPLIED)
    assert 20 < written < len(book)
    assert ended.statistics.total == len(book)
    rest = house.preview("leavers", file=path)
    assert rest.statistics.created == len(book) - written
    house.wait(lambda: house.engine.state(expired.flow_run_id) == "Completed", "the expired run is ended")
