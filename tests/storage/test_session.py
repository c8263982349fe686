"""Transactions: what is written durably is on the disk before anybody goes on; whose the files are; moments in UTC."""

import os
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from storage import schema
from storage.documents import now
from storage.organization import tenants
from storage.session import Session, Store
from storage.tables import organizations
from tests.conftest import opened

FULL, NORMAL = 2, 1


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    with opened(sqlite_url) as store:
        yield store


def synchronous(session: Session) -> int:
    return int(session.connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_what_is_about_to_leave_is_written_so_that_a_power_cut_does_not_undo_it(sqlite_store: Store) -> None:
    with sqlite_store.begin_durable() as session:
        assert synchronous(session) == FULL
    with sqlite_store.begin() as session:
        assert synchronous(session) == NORMAL


def test_one_that_fails_leaves_the_connection_as_it_was(sqlite_store: Store) -> None:
    with pytest.raises(OperationalError), sqlite_store.begin_durable() as session:
        session.connection.exec_driver_sql("SELECT nothing")
    with sqlite_store.read() as session:
        assert synchronous(session) == NORMAL


def test_whoever_else_is_on_the_machine_reads_none_of_its_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # as an administrator may have made it
    before = os.umask(0o022)
    try:
        with opened(f"sqlite:///{tmp_path}/contactflow.db") as store:
            schema.upgrade(store)
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("contactflow.db", "contactflow.db-wal", "contactflow.db-shm"), 0o600)


def test_moments_are_in_utc_wherever_the_server_lives(postgres_url: str) -> None:
    with opened(f"{postgres_url}?options=-c%20TimeZone%3DAsia%2FTokyo") as store, store.begin() as session:
        tenants.add_organization(session, "Acme")
        told = session.execute(select(organizations.c.created_at)).scalar_one()
    assert told.tzinfo is UTC
    assert abs(told - now()) < timedelta(minutes=5)
