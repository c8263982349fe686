"""What is counted is one organization's, and of it what the user may see; each mail once, and by the day in UTC."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, update

from storage.campaign import campaigns, mail_events, mails
from storage.campaign.mail_events import Event
from storage.documents import new_id
from storage.organization import tenants
from storage.records import MailEvent, Provider, Role, Statistics, SyncStatus, Visitor
from storage.reporting import analytics
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import opening, syncs
from storage.sync.opening import NewSync
from storage.tables import campaign_emails, contact_syncs
from tests.conftest import opened
from tests.storage.campaign_examples import waiting

LATE = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
NEXT = LATE + timedelta(hours=1)
SINCE = datetime(2026, 5, 1, tzinfo=UTC)
HUMAN, MACHINE, UNKNOWN = Visitor.HUMAN, Visitor.MACHINE, Visitor.UNKNOWN


def sent_out(session: Session, scope: Scope) -> None:
    """Three mails, two of one day and one of the next; opened by all kinds of visitors, answered once."""
    campaign = waiting(session, scope, 3)
    found = mails.mails(session, scope, campaign.id, None)
    for mail, at in zip(found, (LATE, LATE, NEXT), strict=True):
        session.execute(update(campaign_emails).where(campaign_emails.c.id == mail.id).values(sent_at=at))
    visits = ((0, MACHINE), (0, HUMAN), (0, HUMAN), (1, MACHINE), (2, MACHINE), (2, UNKNOWN))
    happened = [(which, MailEvent.OPENED, who) for which, who in visits] + [(1, MailEvent.REPLIED, HUMAN)]
    for number, (which, kind, who) in enumerate(happened):
        mail_events.note(session, scope, campaign.id, Event(found[which].id, kind, str(number), NEXT, who))
    campaigns.note(session, scope, campaign.id, sent=3, replied=1, total_cost=Decimal("0.06"), created_at=NEXT)


def synced(session: Session, scope: Scope, at: datetime, **numbers: int) -> None:
    sync = opening.open_sync(session, scope, NewSync(new_id(), new_id(), Provider.FILE))
    for to in (SyncStatus.PREVIEW, SyncStatus.EXECUTING):
        syncs.move(session, scope, sync.id, expected=syncs.sync(session, scope, sync.id).status, to=to)
    syncs.complete(session, scope, sync.id, Statistics(**numbers), undo_for=timedelta(days=1))
    session.execute(update(contact_syncs).where(contact_syncs.c.id == sync.id).values(completed_at=at))


def test_mails_and_answers_are_counted_by_the_day(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sent_out(session, scope)
        assert analytics.sent(session, scope, SINCE) == {date(2026, 6, 1): 2, date(2026, 6, 2): 1}
        assert analytics.happened(session, scope, SINCE, MailEvent.REPLIED) == {date(2026, 6, 2): 1}
        assert analytics.happened(session, scope, SINCE, MailEvent.OPENED) == {date(2026, 6, 2): 3}
        assert analytics.sent(session, scope, NEXT) == {date(2026, 6, 2): 1}
        totals = analytics.totals(session, scope, SINCE)
    assert (totals.campaigns, totals.statistics.sent, totals.cost) == (1, 3, Decimal("0.06"))


def test_a_mail_counts_once_by_the_most_human_of_its_visitors(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sent_out(session, scope)
        assert analytics.openers(session, scope, SINCE) == {HUMAN: 1, MACHINE: 1, UNKNOWN: 1}


def test_syncs_are_counted_by_the_day_that_they_were_done(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        synced(session, scope, LATE, created=5, updated=2, conflicted=1)
        synced(session, scope, LATE, created=1)
        synced(session, scope, NEXT, updated=4)
        found = [(one.day.day, one.syncs, one.created, one.updated, one.conflicted) for one in
                 analytics.synced(session, scope, SINCE)]  # fmt: skip
    assert found == [(1, 2, 6, 2, 1), (2, 1, 0, 4, 0)]


@pytest.mark.parametrize("who", ["rival", "member"])
def test_nobody_is_told_numbers_that_are_not_theirs(store: Store, scope: Scope, rival: Scope, who: str) -> None:
    with store.begin() as session:
        sent_out(session, scope)
        synced(session, scope, LATE, created=5)
        tenants.add_user(session, "acme", "mia@acme.example", role=Role.MEMBER)
        other = rival if who == "rival" else tenants.scope_of(session, "acme", "mia@acme.example")
        assert analytics.totals(session, other, SINCE).campaigns == 0
        assert (
            analytics.sent(session, other, SINCE) == analytics.happened(session, other, SINCE, MailEvent.OPENED) == {}
        )
        assert analytics.synced(session, other, SINCE) == []
        assert not analytics.openers(session, other, SINCE)


def test_events_are_counted_out_of_an_index_alone(sqlite_url: str) -> None:
    """Otherwise the page would be as slow as there are events. SQLite says in words how it goes about it."""
    asked: list[tuple[str, Any]] = []
    with opened(sqlite_url) as store, store.read() as session:

        @event.listens_for(store.engine, "before_cursor_execute")
        def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
            asked.append((statement, values))

        everybody = Scope("one", "somebody", Role.ADMIN)
        analytics.happened(session, everybody, SINCE, MailEvent.REPLIED)
        analytics.openers(session, everybody, SINCE)
        analytics.sent(session, everybody, SINCE)
        for statement, values in [one for one in asked if one[0].startswith("SELECT")]:
            plan = session.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert any("COVERING INDEX" in row.detail for row in plan), statement
    assert len(asked) > 3
