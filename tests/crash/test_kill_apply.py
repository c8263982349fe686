"""kill -9 while a plan is being written: it is gone on with, nothing is doubled, nothing is lost."""

from storage.people import contacts
from storage.records import ChangeState, SyncStatus
from tests.crash.house import FLOW, House, address_book, people


def test_a_plan_is_written_once_although_flow_worker_and_server_are_killed_in_the_middle(house: House) -> None:
    scope = house.team("builders")
    book = people(700, "builders")
    sync = house.preview("builders", file=address_book(house.home, book))
    house.approve(sync)
    _applied(house, sync.id, 40)

    assert house.kill(FLOW)
    told = house.rows(sync.id, ChangeState.APPLIED)
    house.wait(lambda: house.rows(sync.id, ChangeState.APPLIED) > told, "it goes on after its own process died")

    house.kill("worker", FLOW)
    house.wait(house.is_whole, "the supervisor has started the worker again")
    told = house.rows(sync.id, ChangeState.APPLIED)
    assert told < len(book)
    house.wait(lambda: house.rows(sync.id, ChangeState.APPLIED) > told, "it goes on after worker and process died")

    house.kill("server")
    house.until(sync.id, SyncStatus.COMPLETED)
    house.assert_true(scope, sync.id, book)
    house.wait(lambda: house.is_whole() and house.engine.is_served("undo-sync"), "Prefect is back")
    assert house.ask("undo", sync.id) == {"id": sync.id, "undone": len(book), "refused": []}
    with house.store.read() as session:
        assert contacts.count(session, scope) == 0


def _applied(house: House, sync_id: str, number: int) -> None:
    house.wait(lambda: house.rows(sync_id, ChangeState.APPLIED) >= number, f"{number} rows are written")
