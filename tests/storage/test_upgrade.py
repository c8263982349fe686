"""A database of the first release, with what its own code left there, comes up to date under load and loses nothing.

`tests/data/first_release.json` was written by the first release: a sync that was completed, and one that waits.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from prefect.logging import disable_run_logger
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import OperationalError

from storage import audit, rotation, row_security, schema
from storage.organization import tenants
from storage.people import contacts
from storage.records import SyncStatus
from storage.session import Session, Store, open_store
from storage.settings import settings
from storage.sync import syncs
from tests.flows.house import ANN, SECRET, House
from tests.flows.pipeline import Pipeline
from tests.storage.schema_differences import differences

LEFT: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "first_release.json").read_text(encoding="utf-8")
)
NEW = "a new action"
ACME = LEFT["objects"][0]["organization_id"]
LATE = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def old(owned_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """At the first release's version, filled as it left it."""
    monkeypatch.setenv("CONTACTFLOW_HOME", str(tmp_path / "home"))
    url = owned_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CONTACTFLOW_DATABASE_URL", url)
    monkeypatch.setenv("CONTACTFLOW_SECRET_KEYS", SECRET)
    settings.cache_clear()
    store = open_store()
    schema.downgrade(store)
    schema.upgrade(store, "0001")
    tables = reflected(store)
    with store.begin() as session:
        for name, rows in LEFT.items():
            for row in rows:
                session.execute(tables.tables[name].insert().values(opened(row)))
    yield store
    store.engine.dispose()
    settings.cache_clear()


class Load:
    """One thread looks, one writes, and neither is told that anything happens."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.stop = threading.Event()
        self.begun = threading.Barrier(3)
        self.written = 0
        self.seen: set[int] = set()
        self.threads = [threading.Thread(target=self._looking), threading.Thread(target=self._writing)]

    def __enter__(self) -> Self:
        for one in self.threads:
            one.start()
        self.begun.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for one in self.threads:
            one.join(60)

    def _looking(self) -> None:
        self.begun.wait(60)
        while not self.stop.is_set():
            with suppress(OperationalError), self.store.read() as session:
                session.enter(ACME)
                self.seen.add(session.execute(text("SELECT count(*) FROM objects")).scalar_one())

    def _writing(self) -> None:
        self.begun.wait(60)
        row = LEFT["object_actions"][0]
        into = "INSERT INTO object_actions (id, organization_id, object_id, action, actor, fields, created_at) VALUES "
        values = "(:id, :organization_id, :object_id, :action, 'me', '[]', :now)"
        touch = text("UPDATE objects SET pipeline = :now WHERE id = :id")
        while not self.stop.is_set():
            now = datetime.now(UTC).isoformat()
            wanted = {**row, "id": f"w{self.written}", "action": NEW, "now": now}
            with suppress(OperationalError), self.store.begin() as session:  # a deadlock: it is tried again
                session.enter(ACME)
                session.execute(text(into + values), wanted)
                session.execute(touch, {"id": row["object_id"], "now": now})
                session.connection.commit()
                self.written += 1


def test_nothing_is_lost_while_others_read_and_write(old: Store) -> None:
    with Load(old) as load:
        schema.upgrade(old)
        during = load.written
    assert schema.version(old) == schema.newest()
    assert differences(old) == []
    assert load.seen == {len(LEFT["objects"])}
    assert load.written >= during
    tables = reflected(old)
    with old.read() as session:
        row_security.lift(session.connection)
        for name, rows in LEFT.items():
            if name != "objects":
                there = stored(session, tables, name)
                for row in rows:
                    assert {key: plain(there[row["id"]][key]) for key in row} == {
                        key: plain(value) for key, value in opened(row).items()
                    }
        news = select(func.count()).where(tables.tables["object_actions"].c.action == NEW)
        assert session.execute(news).scalar_one() == load.written
        assert rotation.readable(session, tenants.whole_organization(session, "acme")) > 0
        for slug in ("acme", "rival"):
            found = audit.verify(session, tenants.whole_organization(session, slug))
            assert found.broken_at is None
            assert found.entries


def test_two_who_upgrade_at_once_do_it_once(old: Store) -> None:
    troubles: list[BaseException] = []

    def upgrading() -> None:
        try:
            schema.upgrade(old)
        except BaseException as trouble:  # noqa: BLE001 (whatever it is, the test shows it)
            troubles.append(trouble)

    threads = [threading.Thread(target=upgrading) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert troubles == []
    assert differences(old) == []


def test_what_waited_is_approved_and_what_was_written_is_taken_back(
    old: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    schema.upgrade(old)
    with old.read() as session:
        house = House(tmp_path, old, {ANN: tenants.scope_of(session, "acme", ANN)})
        waiting, done = syncs.syncs(session, house.scope)
        before = contacts.count(session, house.scope)
    with disable_run_logger():
        pipeline = Pipeline(house, monkeypatch)
        assert {change.proposal is not None for change in pipeline.rows(waiting)} == {True}
        approved = pipeline.approve(waiting)
        assert (approved.status, approved.statistics.created, approved.statistics.failed) == (
            SyncStatus.COMPLETED,
            1,
            0,
        )
        assert len(house.crm()) == before + 1
        taken = pipeline.undo(done)
    assert taken.undone + len(taken.refused) == done.statistics.created
    assert len(house.crm()) < before


def reflected(store: Store) -> MetaData:
    found = MetaData()
    found.reflect(store.engine)
    return found


def stored(session: Session, tables: MetaData, name: str) -> dict[str, dict[str, Any]]:
    """What the first release kept in one table may be kept in two."""
    found = {row.id: dict(row._mapping) for row in session.execute(select(tables.tables[name]))}
    if name == "contact_sync_changes":
        for row_id, values in stored(session, tables, "change_values").items():
            found[row_id] |= values
    return found


def opened(row: dict[str, Any]) -> dict[str, Any]:
    """As it was, but that there is time to decide and to undo whenever the tests run."""
    late = {name: LATE for name in ("expires_at", "undo_until") if row.get(name)}
    return {name: read(value) for name, value in row.items()} | late


def read(value: Any) -> Any:
    match value:
        case {"bytes": encoded}:
            return base64.b64decode(encoded)
        case {"moment": written}:
            return datetime.fromisoformat(written)
    return value


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
