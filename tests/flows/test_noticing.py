"""What needs people is found by looking: what waits too long, failed, ran low or bounces, and nothing long past."""

import json
from datetime import timedelta
from typing import Any

import pytest

from storage.documents import now
from storage.organization import organization_settings
from storage.tables import metadata
from tasks.upkeep.notify import notify_people
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline
from tests.flows.sink import Sink

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services


def test_a_review_that_nobody_touches_is_told_after_a_day_and_to_admins_after_two(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    later = now() + timedelta(hours=25)
    assert "found" not in notify_people(house.store, now() + timedelta(hours=20))
    assert [notify_people(house.store, later)["told"] for _ in range(3)] == [1, 0, 0]
    assert [notify_people(house.store, later + timedelta(days=1))["told"] for _ in range(3)] == [1, 0, 0]
    assert told.titles == ["A contact sync waits for a decision, and nobody looks at it"] * 2
    assert sync.id in told.got[0]["message"]
    assert "@" not in json.dumps(told.got)


def test_an_organization_may_be_told_sooner_or_never(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    pipeline.preview(connection)
    with house.store.begin() as session:
        wanted = {"remind_hours": "0", "escalate_hours": "0"}
        organization_settings.change(session, house.scope, wanted, actor=ANN)
    assert notify_people(house.store, now() + timedelta(days=5))["told"] == 0
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, {"remind_hours": "2"}, actor=ANN)
    assert notify_people(house.store, now() + timedelta(hours=3))["told"] == 1
    assert len(told.got) == 1


def test_what_failed_ran_low_came_back_or_was_lost_is_found_by_looking(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    house.sql("UPDATE contact_syncs SET status = 'failed' WHERE id = :id", id=sync.id)
    house.sql("UPDATE oauth_connections SET status = 'needs_reconnect'")
    filled(house, "ai_budgets", subject="matching/2026-11", spending_limit=10, spent=8, reserved=0)
    filled(house, "ai_budgets", subject="matching/2026-12", spending_limit=10, spent="7.99", reserved=0)
    filled(house, "ai_budgets", subject="campaign/c-1", spending_limit=0, spent=0, reserved=0)
    assert notify_people(house.store)["told"] == 3
    assert notify_people(house.store)["told"] == 0
    assert sorted(told.titles) == [
        "A connected account must be connected again",
        "A contact sync failed",
        "Four fifths of a language model's budget are spent",
    ]


@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
@pytest.mark.parametrize(("bounced", "sent", "is_news"), [(1, 19, True), (1, 20, False), (3, 10, False)])
def test_many_bounces_are_told(house: House, told: Sink, bounced: int, sent: int, is_news: bool) -> None:  # noqa: FBT001
    campaign = filled(
        house, "email_campaigns", mailbox="smtp", user_id=house.scope.user_id, flow_run_id="r", status="sending",
    )  # fmt: skip
    for number in range(bounced + sent):
        state = "bounced" if number < bounced else "sent"
        filled(
            house, "campaign_emails", campaign_id=campaign, ordinal=number, object_id=str(number), state=state,
            mailbox="smtp", approved_hash="h", content_hash="h",
        )  # fmt: skip
    assert notify_people(house.store)["told"] == is_news
    assert told.titles == ["Many mails of a campaign bounce"] * is_news


def test_what_is_long_past_is_no_news_to_whoever_begins_to_be_told(
    house: House, told: Sink, pipeline: Pipeline, connection: str, book: Any
) -> None:
    del book
    sync = pipeline.preview(connection)
    house.sql(
        "UPDATE contact_syncs SET status = 'failed', updated_at = '2020-01-01 00:00:00' WHERE id = :id", id=sync.id
    )
    assert notify_people(house.store)["told"] == 0
    assert told.got == []


def filled(house: House, table: str, **values: Any) -> str:
    """A row made by hand, with what it cannot do without."""
    row_id = f"{table}-{now():%H%M%S%f}"
    columns = metadata.tables[table].c
    moments = {name: now() for name in ("created_at", "updated_at") if name in columns}
    with house.store.begin() as session:
        row = {"id": row_id, "organization_id": house.scope.organization_id} | moments | values
        session.enter(house.scope.organization_id)
        session.execute(metadata.tables[table].insert().values(row))
    return row_id
