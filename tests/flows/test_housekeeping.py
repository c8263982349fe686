"""What is done now and then: each chore by itself, counted, harmless when done twice, and no other's downfall."""

import logging
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.campaign import campaigns
from storage.documents import new_id, now
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import CampaignStatus, ConnectionStatus, Provider, SyncStatus
from storage.sync import landing, opening, syncs
from storage.sync.opening import NewSync
from tasks.providers.flow_runs.engine import Engine
from tasks.upkeep.chores import Chores, ChoresLeft
from tasks.upkeep.follow_up import NotFollowedUp, follow_up
from tasks.upkeep.prune import prune
from tasks.upkeep.purge import purge
from tasks.upkeep.refresh_tokens import refresh_tokens
from tasks.upkeep.verify_audit import AuditBroken, verify_audit
from tests.flows.book import Book
from tests.flows.house import House
from tests.flows.pipeline import Pipeline
from tests.storage.campaign_examples import waiting

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
MONTHS_AGO = datetime.now(UTC) - timedelta(days=60)


def tampered_with(house: House) -> None:
    for (name,) in house.sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"):
        house.sql(f"DROP TRIGGER {name}")
    house.sql("UPDATE audit_log SET actor = 'mallory' WHERE sequence = 2")


async def test_a_chore_that_fails_keeps_no_other_from_being_done_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    noted: list[str] = []
    chores, done = Chores(logging.getLogger("chores"), note=noted.append), list[str]()

    async def later() -> Counter[str]:
        done.append("later")
        return Counter(swept=2)

    def broken() -> int:
        raise RuntimeError("the roof is leaking")

    def at_night() -> int:
        done.append("windows")
        return 7

    with caplog.at_level(logging.INFO):
        await chores.do("roof", broken)
        await chores.do("floor", later)
        await chores.nightly("windows", at_night)
    assert done == ["later", "windows"]
    assert noted == ["floor", "windows"]
    assert (chores.done, chores.failed) == ({"floor": {"swept": 2}, "windows": 7}, ["roof"])
    assert "the roof is leaking" in caplog.text
    with pytest.raises(ChoresLeft, match="1 of 3 chores failed: roof;"):
        chores.close()
    hasty = Chores(logging.getLogger("chores"), thorough=False)
    await hasty.nightly("windows", broken)
    hasty.close()


def test_the_run_does_what_it_can_and_ends_failed_with_the_name_of_what_it_could_not(
    house: House, pipeline: Pipeline, connection: str, book: Book, driver: Any
) -> None:
    del book
    late = pipeline.run(connection)
    expired = pipeline.preview(connection, full=True)
    house.sql("UPDATE contact_syncs SET undo_until = '2020-01-01 00:00:00.000000' WHERE id = :id", id=late.id)
    house.sql("UPDATE contact_syncs SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = :id", id=expired.id)
    assert driver.run(driver.start("housekeeping"), "housekeeping") == "Completed"
    assert pipeline.sync(expired.id).status is SyncStatus.EXPIRED
    with house.store.read() as session:
        assert syncs.undo_key(session, house.scope, late.id) is None
    tampered_with(house)
    run = driver.start("housekeeping")
    assert driver.run(run, "housekeeping") == "Failed"
    assert "1 of" in driver.read(run).state.message
    assert "audit entries verified" in driver.read(run).state.message
    hasty = driver.start("housekeeping", thorough=False)
    assert driver.run(hasty, "housekeeping") == "Completed"


def test_an_audit_log_that_was_tampered_with_is_told_of(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("tasks.upkeep.verify_audit.notify", lambda *said, **more: told.append((*said, more)))
    assert verify_audit(house.store) >= 3
    assert told == []
    tampered_with(house)
    with pytest.raises(AuditBroken, match="of acme at entry 2"):
        verify_audit(house.store)
    assert told[0] == ("chain-broken", "acme", {"entry": 2}, {"about": "audit"})


@both
def test_what_runs_left_behind_is_cleared_away_and_nothing_that_is_needed(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    first = pipeline.preview(connection)
    pipeline.approve(first, refused=[pipeline.rows(first)[0].id])
    book.edit("s1", notes="changed")
    reading = pipeline.open(connection)
    ended = pipeline.open(file="people.csv")
    with house.store.begin() as session:
        for sync_id in (reading, ended):
            key = syncs.demand_preview_key(session, house.scope, sync_id)
            landing.land(session, house.scope, sync_id, key, number=1, body=b"page", position="1")
        syncs.move(session, house.scope, ended, expected=SyncStatus.EXTRACTING, to=SyncStatus.FAILED)
    assert prune(house.store) == {"pages": 1, "records": 0, "calls": 0}
    with house.store.begin() as session:
        connections.disconnect(session, house.scope, connection)
    assert prune(house.store) == {"pages": 0, "records": 1, "calls": 0}
    assert prune(house.store).total() == 0


@both
async def test_permissions_that_nobody_used_for_long_are_used(house: House, simulators: Simulators) -> None:
    idle, refused = (house.connect(simulators, "microsoft", size=1) for _ in range(2))
    fresh, _ = house.connect(simulators, "google", size=1)
    for connection, _ in (idle, refused):
        aged(house, connection)
    simulators.world.tokens.revoke("microsoft", refused[1].email)
    assert await refresh_tokens(house.store) == {"refreshed": 1, "need_reconnecting": 1}
    with house.store.read() as session:
        told = {one.id: one.status for one in connections.connections(session, house.scope)}
        kept = connections.tokens(session, house.scope, idle[0])
        untouched = connections.tokens(session, house.scope, fresh)
    assert told[refused[0]] is ConnectionStatus.NEEDS_RECONNECT
    assert told[idle[0]] is ConnectionStatus.ACTIVE
    assert kept
    assert (kept.expires_at or MONTHS_AGO) > now()
    assert untouched
    assert untouched.access_token == ""
    assert await refresh_tokens(house.store) == {}, "twice is once"


async def test_a_service_that_does_not_answer_is_asked_the_next_time(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "microsoft", size=1)
    aged(house, connection)
    simulators.world.faults.add(Fault("status", route="/token", status=400, code="invalid_client", times=0))
    assert await refresh_tokens(house.store) == {"not_reached": 1}
    simulators.start_over(contacts=0, seed=1)
    with house.store.read() as session:
        assert connections.connection(session, house.scope, connection).status is ConnectionStatus.ACTIVE


async def test_a_service_that_asked_for_quiet_is_left_alone_until_then(house: House, simulators: Simulators) -> None:
    connection, _ = house.connect(simulators, "microsoft", size=1)
    aged(house, connection)
    with house.store.begin() as session:
        connections.keep_quiet(session, house.scope, connection, now() + timedelta(minutes=5))
    assert await refresh_tokens(house.store) == {}


def aged(house: House, connection: str) -> None:
    with house.store.begin() as session:
        kept = connections.tokens(session, house.scope, connection)
        assert kept
        old = StoredTokens(kept.refresh_token, "an old one", MONTHS_AGO, kept.version)
        connections.keep_tokens(session, house.scope, connection, old, scopes=())


def test_prefect_forgets_runs_that_ended_long_ago_and_no_others(
    house: House, simulators: Simulators, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, _ = house.connect(simulators, "google", size=3)
    ended = driver.start(connection=connection)
    driver.run(ended)
    driver.resume(ended)
    assert driver.run(ended) == "Completed"
    asleep = driver.start(connection=connection, full=True)
    assert driver.run(asleep) == "Suspended"
    engine = Engine(str(driver.client.api_url))
    made = {"artifacts": {"flow_run_id": {"any_": [str(ended)]}}}
    assert engine.ask("POST", "artifacts/filter", made)
    assert purge(house.store, engine, days=30) == 0
    monkeypatch.setattr("tasks.upkeep.purge.now", lambda: now() + timedelta(days=31))
    assert purge(house.store, engine, days=30) >= 1
    assert engine.state(str(ended)) == ""
    assert engine.ask("POST", "artifacts/filter", made) == []
    assert engine.state(str(asleep)) == "Suspended"
    assert purge(house.store, engine, days=30) == 0


def test_of_more_runs_than_one_night_forgets_the_oldest_go_first_and_open_ones_stay(
    house: House, driver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(str(driver.client.api_url))
    monkeypatch.setattr("tasks.upkeep.purge.now", lambda: now() + timedelta(days=31))
    purge(house.store, engine, days=30)  # those of other tests
    oldest, *others = [ended_run(engine) for _ in range(6)]
    with house.store.begin() as session:
        opening.open_sync(session, house.scope, NewSync(new_id(), oldest, Provider.GOOGLE))
    monkeypatch.setattr("tasks.providers.flow_runs.engine.PAGE", 2)
    monkeypatch.setattr("tasks.providers.flow_runs.engine.BULK", 1)
    monkeypatch.setattr("tasks.upkeep.purge.MOST", 3)
    assert purge(house.store, engine, days=30) == 3
    assert [run for run in (oldest, *others) if engine.state(run)] == [oldest, *others[3:]]
    assert purge(house.store, engine, days=30) == 2
    assert [run for run in (oldest, *others) if engine.state(run)] == [oldest]


def ended_run(engine: Engine) -> str:
    flow = engine.ask("POST", "flows/", {"name": "undo-sync"})
    run = str(engine.ask("POST", "flow_runs/", {"flow_id": flow["id"]})["id"])
    for state in ("RUNNING", "COMPLETED"):
        engine.ask("POST", f"flow_runs/{run}/set_state", {"state": {"type": state}, "force": True})
    return run


@both
async def test_one_campaign_that_cannot_be_looked_at_keeps_no_other_from_it(house: House) -> None:
    with house.store.begin() as session:
        old, unlucky, lucky = (waiting(session, house.scope, 1).id for _ in range(3))
        for campaign_id, moment in ((old, MONTHS_AGO), (unlucky, now()), (lucky, now())):
            campaigns.move(
                session, house.scope, campaign_id, expected=[CampaignStatus.REVIEW], to=CampaignStatus.COMPLETED,
                completed_at=moment,
            )  # fmt: skip
    looked_at = []

    async def reconcile(campaign_id: str) -> dict[str, int]:
        looked_at.append(campaign_id)
        if campaign_id == unlucky:
            raise RuntimeError("no mailbox")
        return {"replied": 1}

    with pytest.raises(NotFollowedUp, match="1 campaigns"):
        await follow_up(house.store, reconcile, days=3)
    assert looked_at == [unlucky, lucky]
    unlucky = ""
    assert await follow_up(house.store, reconcile, days=90) == {"replied": 3}
