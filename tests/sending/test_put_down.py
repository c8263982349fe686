"""What is about to leave is on the disk before it does, and to take the next mails costs the same in any campaign."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from storage.records import MailState
from storage.session import Store
from tests.sending.dispatch import Dispatch

FULL = 2
ABOUT_TO_LEAVE = "submitted_at=?"  # only a mail's moment is written so; what is given back loses it as a constant


@contextmanager
def heard(store: Store) -> Iterator[list[tuple[list[tuple[str, Any]], int]]]:
    """Every transaction: what was asked in it, and how carefully SQLite committed it."""
    asked: list[tuple[str, Any]] = []
    committed: list[tuple[list[tuple[str, Any]], int]] = []

    def hear(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        asked.append((statement, values))

    def end(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        [care] = driver.execute("PRAGMA synchronous").fetchone()
        committed.append((list(asked), care))
        asked.clear()

    event.listen(store.engine, "before_cursor_execute", hear)
    event.listen(store.engine, "commit", end)
    yield committed
    event.remove(store.engine, "before_cursor_execute", hear)
    event.remove(store.engine, "commit", end)


def written(statements: list[tuple[str, Any]], what: str) -> bool:
    return any(statement.startswith("UPDATE campaign_emails") and what in statement for statement, _ in statements)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", ["smtp", "microsoft", "google"])
def test_that_a_mail_is_about_to_leave_survives_a_power_cut(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 4)
    with heard(dispatch.store) as committed:
        assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 4}
    care = [care for statements, care in committed if written(statements, ABOUT_TO_LEAVE)]
    assert care
    assert set(care) == {FULL}


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_how_a_mail_by_smtp_ended_survives_it_too(dispatch: Dispatch) -> None:
    """Nobody could be asked for it."""
    campaign = dispatch.campaign("smtp", 4)
    with heard(dispatch.store) as committed:
        assert dispatch.send(campaign) is None
    care = [care for statements, care in committed if written(statements, "sent_at=?")]
    assert care
    assert set(care) == {FULL}


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_to_take_the_next_mails_no_worker_walks_through_the_campaign(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 2)
    with heard(dispatch.store) as committed:
        assert dispatch.send(campaign) is None
    taken = [one for statements, _ in committed for one in statements if "attempts=(" in one[0]]
    assert taken
    with dispatch.store.read() as session:
        for statement, values in taken:
            plan = session.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
            assert "(id=?)" in str(plan)
