"""The queries that people live on go by the indexes that the user named, under row-level security too."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from storage.campaign import campaign_standing, campaigns
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import syncs
from tests import postgres
from tests.conftest import opened, past_row_security
from tests.many_runs import admin, fill, member

ORGANIZATIONS, RUNS = 40, 20_000
HIS = {"org": "o7", "user": "u7-1"}


@pytest.fixture(scope="module")
def store(postgres_databases: postgres.Databases) -> Iterator[Store]:
    with postgres_databases.lent() as url, opened(postgres.as_role(url, postgres.APP)) as store:
        fill(store, organizations=ORGANIZATIONS, runs=RUNS)
        yield store


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (
            "contact_syncs_by_org_user",
            "contact_syncs WHERE organization_id = :org AND user_id = :user ORDER BY created_at DESC LIMIT 20",
        ),
        # The second begins with the same column, and costs the same to the page.
        ("contact_syncs_by_(organization|provider)", "contact_syncs WHERE organization_id = :org"),
        ("contact_syncs_by_status", "contact_syncs WHERE status = 'failed'"),
        ("contact_syncs_by_provider", "contact_syncs WHERE organization_id = :org AND provider = 'google'"),
        ("email_campaigns_by_org", "email_campaigns WHERE organization_id = :org"),
        ("email_campaigns_by_user", "email_campaigns WHERE user_id = :user"),
        ("email_campaigns_by_status", "email_campaigns WHERE status = 'sending'"),
        ("email_campaigns_by_org_status", "email_campaigns WHERE organization_id = :org AND status = 'sending'"),
    ],
)
def test_each_named_index_serves_its_query(store: Store, index: str, query: str) -> None:
    with past_row_security(store) as session:
        plan = session.execute(text(f"EXPLAIN SELECT * FROM {query}"), HIS).scalars().all()
    assert re.search(index, "\n".join(plan)), plan


@pytest.mark.parametrize(
    ("index", "look", "scope"),
    [
        ("contact_syncs_by_org_user", lambda s, me: syncs.syncs(s, me, limit=20), member(7)),
        ("contact_syncs_newest", syncs.syncs, admin(7)),
        ("contact_syncs_by_", syncs.open_syncs, admin(7)),
        ("email_campaigns_by_", campaign_standing.live_campaigns, admin(7)),
        ("email_campaigns_newest", campaigns.campaigns, admin(7)),
    ],
)
def test_what_the_pages_ask_goes_by_them_behind_the_wall(
    store: Store, index: str, look: Callable[[Session, Scope], list[object]], scope: Scope
) -> None:
    with store.read() as session:
        asked = statements(session.connection, lambda: look(session, scope))
        cursor = session.connection.connection.cursor()
        plans = [cursor.execute(f"EXPLAIN {statement}", values).fetchall() for statement, values in asked]
    assert "Seq Scan" not in str(plans)
    assert index in str(plans)


def statements(connection: Connection, look: Callable[[], list[object]]) -> list[tuple[str, Any]]:
    heard: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith(("SELECT contact_syncs", "SELECT email_campaigns")):
            heard.append((statement, values))

    event.listen(connection, "before_cursor_execute", hear)
    assert look()
    return heard
