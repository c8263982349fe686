"""What the sweeper and housekeeping ask does not grow with the organizations that they look after."""

import asyncio
import itertools
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import event, update

from deployments import sweeper
from storage.campaign import campaign_standing, campaigns
from storage.campaign.campaigns import Campaign
from storage.documents import now
from storage.organization import tenants
from storage.records import CampaignStatus, Role, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import syncs
from storage.sync.syncs import Sync
from storage.tables import email_campaigns
from tasks.providers.flow_runs.engine import Engine, Run
from tasks.upkeep.follow_up import follow_up
from tasks.upkeep.forget import forget_mails, forget_merges, forget_sign_ins, forget_undo
from tasks.upkeep.notify import notify_people
from tasks.upkeep.prune import prune
from tasks.upkeep.sweep import sweep
from tasks.upkeep.sweep_campaigns import sweep_campaigns
from tasks.upkeep.sweeping import whole
from tests.storage.campaign_examples import opened
from tests.storage.examples import begun

MANY = 12
MINUTE = timedelta(minutes=1)


class FakeEngine(Engine):
    """Prefect as far as a sweeper asks it: the runs of each flow, every question counted, every deed noted."""

    def __init__(self, **flows: list[Run]) -> None:
        self.flows = {name.replace("_", "-"): runs for name, runs in flows.items()}
        self.asked = 0
        self.deeds: list[tuple[str, str]] = []

    def runs(self, flow: str, *states: str, **_: Any) -> list[Run]:
        self.asked += 1
        return [run for run in self.flows.get(flow, []) if run.state in states]

    def runs_called(self, run_ids: Collection[str]) -> list[Run]:
        self.asked += bool(run_ids)
        return [run for runs in self.flows.values() for run in runs if run.id in run_ids]

    def resume(self, run_id: str, _answer: Any = None) -> bool:
        self.deeds.append(("resume", run_id))
        return True

    def restart(self, run_id: str) -> None:
        self.deeds.append(("restart", run_id))

    def finish(self, run_id: str) -> None:
        self.deeds.append(("finish", run_id))


def run(one: Sync | Campaign, state: str, slug: str) -> Run:
    return Run(one.flow_run_id, state, now() - MINUTE, now() - MINUTE, 1, slug)


@pytest.fixture
def crowd(store: Store) -> dict[str, tuple[Scope, Sync, Campaign]]:
    """Organizations by their short names, each with a sync and a campaign that wait for somebody."""
    found = {}
    with store.begin() as session:
        for number in range(MANY):
            slug, email = f"team-{number}", f"ann@team-{number}.example"
            tenants.add_organization(session, slug)
            tenants.add_user(session, slug, email, role=Role.ADMIN)
            scope = tenants.scope_of(session, slug, email)
            sync, campaign = begun(session, scope), opened(session, scope)
            syncs.move(session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW)
            campaigns.move(session, scope, campaign.id, expected=list(CampaignStatus), to=CampaignStatus.REVIEW)
            found[slug] = (scope, sync, campaign)
    return found


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):  # as SQLite is told
            seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_what_is_under_way_everywhere_is_one_question(store: Store, crowd: dict[str, Any]) -> None:
    with store.read() as session, statements(store) as asked:
        waiting, live = syncs.open_everywhere(session), campaign_standing.live_everywhere(session)
        assert len(asked) == 2
    assert {one.id for one in waiting} == {sync.id for _, sync, _ in crowd.values()}
    assert {one.id for one in live} == {campaign.id for _, _, campaign in crowd.values()}
    with store.begin() as session:
        scope, sync, _ = crowd["team-3"]
        assert syncs.open_syncs(session, scope) == [one for one in waiting if one.id == sync.id]
        syncs.open_everywhere(session)
        assert [one.id for one in syncs.open_syncs(session, scope)] == [sync.id], "still within that organization"


def in_prefect(crowd: dict[str, Any], state: str) -> FakeEngine:
    return FakeEngine(
        contact_sync=[run(sync, state, slug) for slug, (_, sync, _) in crowd.items()],
        email_campaign=[run(campaign, state, slug) for slug, (_, _, campaign) in crowd.items()],
    )


def test_reviews_that_wait_cost_the_same_few_questions_however_many(store: Store, crowd: dict[str, Any]) -> None:
    engine = in_prefect(crowd, "Suspended")
    with statements(store) as asked:
        assert not sweep(store, engine, pytest.fail)
        assert not sweep_campaigns(store, engine)
    assert (len(asked), engine.asked, engine.deeds) == (2, 8, [])


def test_a_night_on_which_nothing_is_to_be_done_costs_the_same_few_questions_however_many(
    store: Store, crowd: dict[str, Any]
) -> None:
    del crowd
    with statements(store) as asked:
        assert [chore(store) for chore in (forget_undo, forget_merges, forget_sign_ins)] == [0, 0, 0]
        assert (forget_mails(store, Engine("")), notify_people(store), prune(store).total()) == (0, {}, 0)
        assert not asyncio.run(follow_up(store, pytest.fail, days=3))
    assert len(asked) == 15


def test_of_many_organizations_those_that_have_something_to_be_done_are_found(
    store: Store, crowd: dict[str, Any]
) -> None:
    (scope, sync, _), (_, other, _) = crowd["team-3"], crowd["team-8"]
    with store.begin() as session:
        for one, long_ago in ((sync, MINUTE), (other, -MINUTE)):
            whose = whole(one.organization_id)
            syncs.note(session, whose, one.id, undo_key=b"sealed", undo_until=now() - long_ago)
        assert syncs.past_undo(session) == [(whole(scope.organization_id), sync.id)]
        assert syncs.sync(session, scope, sync.id).id == sync.id, "still within an organization, or in it anew"
    assert forget_undo(store) == 1
    assert forget_undo(store) == 0


def test_a_run_that_sleeps_although_all_is_over_is_found_by_its_organization(
    store: Store, crowd: dict[str, Any]
) -> None:
    scope, sync, _ = crowd["team-7"]
    with store.begin() as session:
        syncs.move(session, scope, sync.id, expected=SyncStatus.PREVIEW, to=SyncStatus.REJECTED)
    engine = in_prefect(crowd, "Suspended")
    with statements(store) as asked:
        assert sweep(store, engine, pytest.fail) == {"woken": 1}
    assert engine.deeds == [("resume", sync.flow_run_id)]
    assert len(asked) <= 1 + 3


def test_a_run_of_nobody_we_know_that_died_is_begun_again(store: Store, crowd: dict[str, Any]) -> None:
    stray = Run("018f0000-0000-7000-8000-000000000000", "Crashed", now() - MINUTE, now() - MINUTE, 1, "team-none")
    asleep = [run(one, "Suspended", slug) for slug, (_, one, _) in crowd.items()]
    engine = FakeEngine(contact_sync=[stray, *asleep])
    assert sweep(store, engine, pytest.fail) == {"restarted": 1}
    assert engine.deeds == [("restart", stray.id)]


def test_a_review_whose_run_was_deleted_ends_as_cancelled_and_no_other(store: Store, crowd: dict[str, Any]) -> None:
    scope, sync, _ = crowd["team-2"]
    engine = in_prefect(crowd, "Suspended")
    engine.flows["contact-sync"] = [one for one in engine.flows["contact-sync"] if one.id != sync.flow_run_id]
    assert sweep(store, engine, pytest.fail) == {"cancelled": 1}
    with store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.CANCELLED
        assert len(syncs.open_everywhere(session)) == MANY - 1


def writing(campaign: Campaign, state: str, *, since: timedelta = MINUTE) -> Run:
    return Run(str(uuid4()), state, now() - since, now() - since, 1, "", campaign.id)


def quiet_for(store: Store, campaign: Campaign, quiet: timedelta) -> None:
    with store.begin() as session:
        mine = email_campaigns.c.organization_id == campaign.organization_id
        session.enter(campaign.organization_id)
        session.execute(update(email_campaigns).where(mine).values(updated_at=now() - quiet))


@pytest.mark.parametrize("state", ["Running", "Pending", "Crashed"])
def test_mails_that_were_being_written_anew_when_the_process_died_are_gone_on_with(
    store: Store, crowd: dict[str, Any], state: str
) -> None:
    _, _, campaign = crowd["team-4"]
    quiet_for(store, campaign, MINUTE)
    engine = in_prefect(crowd, "Suspended")
    engine.flows["rewrite-mails"] = [run := writing(campaign, state)]
    assert sweep_campaigns(store, engine) == {"restarted": 1}
    assert engine.deeds == [("restart", run.id)]


def test_mails_that_are_being_written_or_no_longer_wanted_are_not_written_again(
    store: Store, crowd: dict[str, Any]
) -> None:
    _, _, campaign = crowd["team-4"]
    engine = in_prefect(crowd, "Suspended")
    long_ago = writing(campaign, "Crashed", since=timedelta(hours=2))
    engine.flows["rewrite-mails"] = [writing(campaign, "Running"), long_ago]
    assert sweep_campaigns(store, engine) == {}, "the campaign gives signs of life, the other is long forgotten"
    scope, _, ended = crowd["team-5"]
    with store.begin() as session:
        campaigns.move(session, scope, ended.id, expected=[CampaignStatus.REVIEW], to=CampaignStatus.REJECTED)
    engine = in_prefect(crowd, "Completed")
    engine.flows["rewrite-mails"] = [run := writing(ended, "Running")]
    assert sweep_campaigns(store, engine) == {"finished": 1}
    assert engine.deeds == [("finish", run.id)]


@pytest.mark.parametrize(("took", "rest"), [(0.1, 5.0), (2.0, 20.0), (80.0, 30.0)])
def test_a_look_that_took_long_costs_a_rest_but_never_minutes(
    monkeypatch: pytest.MonkeyPatch, took: float, rest: float
) -> None:
    """A busy Prefect server can hold one look up for as long as it may think."""
    moments, rests = itertools.count(0.0, took), list[float]()

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            rests.append(timeout or 0.0)
            return len(rests) == 2

    monkeypatch.setattr(sweeper, "sweep_once", lambda *_: None)
    monkeypatch.setattr(sweeper, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    sweeper.sweep_until(Stop(), cast("Store", None), FakeEngine())
    assert rests == [5.0, rest]
