"""kill -9 while a person thinks: the review waits on, and the decision is carried out."""

from storage.records import SyncStatus
from tests.crash.house import House, address_book, people


def test_a_review_outlives_server_and_worker_and_a_killed_approval_is_carried_out(house: House) -> None:
    scope = house.team("readers")
    book = people(30, "readers")
    sync = house.preview("readers", file=address_book(house.home, book))
    house.asleep(sync)

    for role in ("worker", "server"):
        house.replace(role)
    assert house.engine.state(sync.flow_run_id) == "Suspended"

    command = house.begin("approve", sync.id, "--wait")
    house.until(sync.id, SyncStatus.EXECUTING, SyncStatus.COMPLETED)
    command.kill()
    command.wait()
    house.until(sync.id, SyncStatus.COMPLETED)
    house.assert_true(scope, sync.id, book)
