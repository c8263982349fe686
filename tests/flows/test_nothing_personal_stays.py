"""After the runs, nobody's name or address is anywhere but in the CRM's own tables and in sealed values.

Prefect's database is searched as it lies on the disk, with what it has deleted; so are logs and all our files.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from prefect.utilities.asyncutils import run_coro_as_sync
from sqlalchemy import MetaData, select

from deployments.simulators.mailbox import Mailbox
from deployments.simulators.server import Simulators
from storage.records import SyncStatus
from tests.conftest import HOME, past_row_security
from tests.flows.house import House
from tests.flows.prefect_server import Driver, Server, drained

CRM = ("objects", "object_links")
LEAST = 5  # letters; shorter names are found by chance in digests and ids


def personal(mailbox: Mailbox) -> set[str]:
    words: set[str] = set()
    for entry in mailbox.entries.values():
        card = entry.card
        words |= {value for _, value in (*card.emails, *card.phones)} | {card.display_name, card.family, card.notes}
    return {word for word in words if len(word) >= LEAST}


def found_in(text: bytes, words: Iterable[str]) -> list[str]:
    low = text.lower()
    spellings = {
        word: (word.lower().encode(), word.lower().encode("unicode-escape"), word.lower().encode("utf-16-le"))
        for word in words
    }
    return sorted(word for word, written in spellings.items() if any(one in low for one in written))


def test_search_everything_after_completion(
    house: House, driver: Driver, simulators: Simulators, prefect_server: Server,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words: set[str] = set()
    with caplog.at_level(logging.DEBUG):
        for provider in ("microsoft", "google"):
            connection, mailbox = house.connect(simulators, provider, size=40)
            words |= personal(mailbox)
            for decision in ("reject", "approve"):
                run = driver.start(connection=connection)
                driver.run(run)
                driver.resume(run, decision)
                assert driver.run(run) == "Completed"
        undo = driver.start("undo-sync", sync=driver.sync_of(run).id, reviewer="ann@acme.example")
        driver.run(undo, "undo-sync")
    assert driver.sync_of(run).status is SyncStatus.COMPLETED
    run_coro_as_sync(drained())

    assert found_in(caplog.text.encode(), words) == []
    assert found_in("".join(capfd.readouterr()).encode(), words) == []
    for place in (prefect_server.home, HOME / "prefect", house.home):
        for path in place.rglob("*"):
            if path.is_file():
                assert found_in(path.read_bytes(), words) == [], path
    assert found_in(everything_but_the_crm(house), words) == []
    # The search does find what is there.
    assert found_in(crm(house), words)
    prefects = b"".join(path.read_bytes() for path in (prefect_server.home / "prefect").glob("*.db*"))
    assert driver.sync_of(run).id.encode() in prefects


def everything_but_the_crm(house: House) -> bytes:
    return rows(house, lambda name: name not in CRM)


def crm(house: House) -> bytes:
    return rows(house, lambda name: name in CRM)


def rows(house: House, wanted: Callable[[str], bool]) -> bytes:
    with past_row_security(house.store) as session:
        known = MetaData()
        known.reflect(session.connection)
        # As tuples: a row that shows itself leaves out the middle of what is long.
        told = [
            repr([*map(tuple, session.execute(select(table)))]) for table in known.sorted_tables if wanted(table.name)
        ]
    assert told
    return "\n".join(told).encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("answer", ["", "reject"])
def test_nobody_is_on_the_disk_in_clear_while_a_plan_waits_or_after_it_was_rejected(
    house: House, driver: Driver, simulators: Simulators, answer: str
) -> None:
    """SQLite keeps what was deleted in free pages, unless told otherwise."""
    connection, mailbox = house.connect(simulators, "google", size=30)
    run = driver.start(connection=connection)
    driver.run(run)
    if answer:
        driver.resume(run, answer)
        driver.run(run)
    database = Path(str(house.store.engine.url.database))
    for path in database.parent.glob(f"{database.name}*"):
        assert found_in(path.read_bytes(), personal(mailbox)) == [], path
