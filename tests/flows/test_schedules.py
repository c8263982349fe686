"""Syncs that begin by themselves: whose turn it is, what a policy decides alone, and Prefect's schedules as well."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import audit
from storage.documents import now
from storage.organization import schedules
from storage.organization.schedules import Schedule
from storage.records import ReviewPolicy, SyncStatus, Timing
from tasks.providers.flow_runs.engine import Engine
from tasks.upkeep.schedule import schedule as keep_in_step
from tests.flows.book import Book, somebody
from tests.flows.by_hand import by_hand
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline

DAILY = Timing("0 9 * * *", None, "Europe/Berlin")
Plan = Callable[..., Schedule]


@pytest.fixture
def plan(house: House, connection: str) -> Plan:
    def planned(policy: ReviewPolicy = ReviewPolicy.ALWAYS, timing: Timing = DAILY) -> Schedule:
        with house.store.begin() as session:
            return schedules.add(session, house.scope, connection, timing, policy, actor=ANN)

    return planned


@pytest.fixture
def risky(plan: Plan) -> Schedule:
    return plan(ReviewPolicy.RISKY)


def remarks(house: House, action: str) -> list[Any]:
    with house.store.read() as session:
        return [one.detail for one in audit.entries(session, house.scope) if one.action == action]


def begin(pipeline: Pipeline, one: Schedule, *, late: timedelta = timedelta()) -> str:
    return pipeline.open(one.connection_id, schedule=one.id, due=now() - late)


def test_new_people_and_plain_updates_are_approved_by_the_policy_in_the_name_of_who_set_it(
    house: House, pipeline: Pipeline, book: Book, risky: Schedule
) -> None:
    sync = pipeline.to_review(begin(pipeline, risky))
    assert sync.status is SyncStatus.EXECUTING
    assert (sync.decision, sync.decided_by) == ("approve_safe", f"the schedule's policy, set by {ANN}")
    assert (sync.trigger, sync.schedule_id) == ("schedule", risky.id)
    (told,) = remarks(house, "sync.approved_by_policy")
    assert (told["schedule"], told["set_by"], told["policy"]) == (risky.id, ANN, "risky")
    assert [said[0] for said in pipeline.told if said[0] == "awaiting-review"] == []
    assert pipeline.finish(sync.id).status is SyncStatus.COMPLETED
    book.edit("s1", job_title="Pilot")
    again = pipeline.finish(pipeline.to_review(begin(pipeline, risky)).id)
    assert (again.status, again.statistics.updated) == (SyncStatus.COMPLETED, 1)


def removal(book: Book, house: House) -> None:
    del house
    book.remove("s1")


def conflict(book: Book, house: House) -> None:
    by_hand(house, 2, job_title="Mine")
    book.edit("s2", job_title="Theirs")


def doubt(book: Book, house: House) -> None:
    del house
    known = somebody(3)
    book.put("maybe", replace(known, given_name="Anna", display_name=f"Anna {known.family_name}"))


@pytest.mark.parametrize("risk", [removal, conflict, doubt])
def test_anything_else_waits_for_a_person(
    house: House, pipeline: Pipeline, book: Book, risky: Schedule, risk: Callable[[Book, House], None]
) -> None:
    pipeline.finish(pipeline.to_review(begin(pipeline, risky)).id)
    risk(book, house)
    book.edit("s5", job_title="Pilot")
    sync = pipeline.to_review(begin(pipeline, risky))
    assert sync.status is SyncStatus.PREVIEW
    assert [said[0] for said in pipeline.told][-1] == "awaiting-review"
    (kind,) = pipeline.kinds(sync).keys() & {"conflict", "maybe", "removed"}
    assert remarks(house, "sync.held_by_policy")[-1]["risks"] == [f"1 of kind {kind}"]


def test_without_such_a_policy_a_person_decides_and_so_for_runs_that_people_start(
    pipeline: Pipeline, book: Book, plan: Plan, risky: Schedule
) -> None:
    del book
    always = plan()
    assert pipeline.to_review(begin(pipeline, always)).status is SyncStatus.PREVIEW
    assert pipeline.preview(risky.connection_id, schedule=risky.id).status is SyncStatus.PREVIEW


def test_a_turn_that_finds_a_waiting_preview_ends_and_reminds_once_a_day(
    house: House, pipeline: Pipeline, book: Book, risky: Schedule
) -> None:
    del book
    waiting = pipeline.preview(risky.connection_id)
    pipeline.told.clear()
    assert begin(pipeline, risky) == ""
    assert pipeline.told == [("still-waiting", waiting.id)]
    assert begin(pipeline, risky) == ""
    assert len(pipeline.told) == 1
    house.sql("UPDATE contact_syncs SET reminded_at = '2026-01-01 00:00:00'")
    assert begin(pipeline, risky) == ""
    assert len(pipeline.told) == 2
    assert pipeline.sync(waiting.id).status is SyncStatus.PREVIEW


def test_turns_that_a_machine_slept_through_are_taken_once(pipeline: Pipeline, book: Book, risky: Schedule) -> None:
    del book
    pipeline.finish(pipeline.to_review(begin(pipeline, risky, late=timedelta(hours=5))).id)
    assert [begin(pipeline, risky, late=timedelta(hours=hours)) for hours in (4, 3, 2, 1)] == [""] * 4
    assert begin(pipeline, risky)


def test_a_schedule_that_was_paused_or_removed_a_moment_ago_begins_nothing(
    house: House, pipeline: Pipeline, book: Book, risky: Schedule
) -> None:
    del book
    with house.store.begin() as session:
        schedules.set_active(session, house.scope, risky.id, active=False, actor=ANN)
    assert begin(pipeline, risky) == ""
    with house.store.begin() as session:
        schedules.remove(session, house.scope, risky.id, actor=ANN)
    assert begin(pipeline, risky) == ""


def test_prefects_schedules_follow_ours_whatever_was_done_to_either(
    house: House, driver: Any, plan: Plan, connection: str
) -> None:
    engine = Engine(str(driver.client.api_url))
    place = f"deployments/{engine.deployment('contact-sync')}/schedules"
    first, hourly = plan(ReviewPolicy.RISKY), plan(timing=Timing(every=timedelta(hours=1)))
    assert keep_in_step(house.store, engine) == {"created": 2}
    assert keep_in_step(house.store, engine) == {}
    there = {one["slug"]: one for one in engine.ask("GET", place)}
    assert there.keys() == {first.id, hourly.id}
    assert there[first.id]["parameters"] == {
        "organization": "acme", "user": ANN, "connection": connection, "schedule": first.id,
    }  # fmt: skip
    with house.store.begin() as session:
        schedules.set_active(session, house.scope, first.id, active=False, actor=ANN)
    engine.ask("PATCH", f"{place}/{there[hourly.id]['id']}", {"schedule": {"interval": 60.0}})
    engine.ask("POST", place, [{"schedule": {"cron": "* * * * *"}, "slug": "somebody's own"}])
    assert keep_in_step(house.store, engine) == {"changed": 2, "removed": 1}
    engine.ask("DELETE", f"{place}/{there[hourly.id]['id']}")
    with house.store.begin() as session:
        schedules.change(session, house.scope, first.id, Timing("30 7 * * *"), ReviewPolicy.ALWAYS, actor=ANN)
    assert keep_in_step(house.store, engine) == {"created": 1, "changed": 1}
    house.sql("UPDATE oauth_connections SET status = 'disconnected'")
    assert keep_in_step(house.store, engine) == {"changed": 1}
    with house.store.begin() as session:
        for one in (first, hourly):
            schedules.remove(session, house.scope, one.id, actor=ANN)
    assert keep_in_step(house.store, engine) == {"removed": 2}
    assert not any(one["active"] for one in engine.ask("GET", place))  # gone, unless runs were just due


def test_a_change_to_one_schedule_takes_no_run_from_another(house: House, driver: Any, plan: Plan) -> None:
    """Prefect deletes the runs of all: those to come are made again at once, and those that wait are never touched."""
    engine = Engine(str(driver.client.api_url))
    deployment = f"deployments/{engine.deployment('contact-sync')}"
    mine, theirs = plan(timing=Timing(every=timedelta(hours=1))), plan(timing=Timing(every=timedelta(hours=1)))
    keep_in_step(house.store, engine)

    def runs(*, due: bool) -> set[str]:
        """Of the other schedule, by when they are to begin."""
        found = engine.ask("POST", "flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
        moments = [one["expected_start_time"] for one in found if one["parameters"].get("schedule") == theirs.id]
        return {moment for moment in moments if (datetime.fromisoformat(moment) < now()) is due}

    past = {"start_time": (now() - timedelta(hours=2)).isoformat(), "end_time": now().isoformat()}
    for span in (past, {}):
        engine.ask("POST", f"{deployment}/schedule", span)
    to_come, waiting = runs(due=False), runs(due=True)
    assert to_come
    assert waiting
    with house.store.begin() as session:
        schedules.change(
            session, house.scope, mine.id, Timing(every=timedelta(hours=2)), ReviewPolicy.ALWAYS, actor=ANN
        )
    assert keep_in_step(house.store, engine) == {"changed": 1}
    assert (runs(due=False) >= to_come, runs(due=True) >= waiting) == (True, True)
    with house.store.begin() as session:
        schedules.remove(session, house.scope, mine.id, actor=ANN)
    assert keep_in_step(house.store, engine) == {"removed": 1}
    assert keep_in_step(house.store, engine) == {}
    assert (runs(due=False) >= to_come, runs(due=True) >= waiting) == (True, True)
