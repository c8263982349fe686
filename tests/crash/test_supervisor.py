"""The supervisor: what it starts ends with it, however it ends, and the next start finds everything as it was."""

import signal
import socket
import time
from pathlib import Path

from storage.records import SyncStatus
from tests.crash.house import House, address_book, people


def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_goes_on(house: House) -> None:
    scope = house.team("owners")
    book = people(30, "owners")
    decided = house.preview("owners", file=address_book(house.home, book))
    waiting = house.preview("owners", file=address_book(house.home, people(4, "guests")))
    for sync in (decided, waiting):
        house.asleep(sync)

    house.end(signal.SIGKILL)
    _demand_free(house.port)
    said = house.run("approve", decided.id)
    assert said.returncode == 0
    assert "the decision is kept" in said.stderr

    house.start()
    written = [house.home / "contactflow.db", *house.settings.prefect_home.rglob("*"), *house.home.glob("logs/*")]
    assert [path for path in written if path.is_file() and path.stat().st_mode & 0o077] == [], "others could read it"
    second = house.run("up")
    assert (second.returncode, "is running in" in second.stderr) == (1, True)
    house.until(decided.id, SyncStatus.COMPLETED)
    house.assert_true(scope, decided.id, book)
    assert house.engine.state(waiting.flow_run_id) == "Suspended"
    house.until(waiting.id, SyncStatus.PREVIEW, patience=1)

    house.end(signal.SIGINT)
    _demand_free(house.port)


def test_a_start_that_is_ended_half_way_leaves_nothing(built_house: House) -> None:
    house = built_house
    if house.supervisor is not None:
        house.end()
    house.begin_start()
    house.wait(lambda: "server" in house.processes().values(), "Prefect is being started")
    time.sleep(1)
    house.end(signal.SIGTERM)
    _demand_free(house.port)


def test_a_taken_port_is_named_with_the_setting_that_chooses_another_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        house = House(tmp_path / "home", port)
        said = house.run("up")
        house.close()
    assert said.returncode == 1
    assert f"port {port} is taken" in said.stderr
    assert "CONTACTFLOW_PREFECT_PORT" in said.stderr
    assert "Traceback" not in said.stderr
    assert not house.processes()


def _demand_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
