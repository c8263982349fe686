"""All that is held of one person, as plain values: what they are given when they ask for it.

Whole rows, with what is sealed in them opened; left out are keys, tokens, and what is about others.
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, LargeBinary, Table, or_, select, tuple_

from storage.campaign import campaigns, mails, suppressions
from storage.organization import suggestions
from storage.people import twins
from storage.privacy.traces import Traces, traces_of
from storage.records import Change, Run, RunKind, SuppressionReason, Whom
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.sync import deferred, plan_verdicts, syncs
from storage.tables import (
    ai_usage,
    campaign_emails,
    contact_sync_changes,
    contact_twins,
    email_events,
    match_decisions,
    object_actions,
    object_links,
    objects,
    users,
)
from storage.tables import suppressions as refusals

Rows = list[dict[str, Any]]


@scoped
def holdings(session: Session, scope: Scope, whom: Whom) -> dict[str, Any] | None:
    """None where nothing is held of them; the hash that keeps an erased person away is nothing of theirs."""
    traces = traces_of(session, scope, whom)
    refused = _suppressions(session, scope, traces)
    accounts = _rows(session, scope, users, users.c.email == whom.address)
    if traces.is_empty and not accounts and all(one["reason"] == SuppressionReason.ERASED for one in refused):
        return None
    return {
        "contacts": _contacts(session, scope, traces),
        "sync_changes": _changes(session, scope, traces),
        "waiting_for_the_next_sync": _deferred(session, scope, traces),
        "suggestions": _suggestions(session, scope, traces),
        "match_decisions": _decisions(session, scope, traces),
        "twins": _twins(session, scope, traces),
        "mails": _mails(session, scope, traces),
        "suppressions": refused,
        "ai_usage": _rows(session, scope, ai_usage, ai_usage.c.email_id.in_(traces.mails)),
        "users": accounts,
    }


def _contacts(session: Session, scope: Scope, traces: Traces) -> Rows:
    """Each with the records behind it and its history; one that is gone from the CRM with what is left of it."""
    there = {row["id"]: row for row in _rows(session, scope, objects, objects.c.id.in_(traces.contacts))}
    links = _rows(session, scope, object_links, object_links.c.object_id.in_(traces.contacts))
    history = _rows(session, scope, object_actions, object_actions.c.object_id.in_(traces.contacts))
    return [
        there.get(contact_id, {"id": contact_id})
        | {"links": _of(links, contact_id), "history": _of(history, contact_id)}
        for contact_id in sorted(traces.contacts)
        if contact_id in there or _of(links, contact_id) or _of(history, contact_id)
    ]


def _of(rows: Rows, object_id: str) -> Rows:
    return [row for row in rows if row["object_id"] == object_id]


def _changes(session: Session, scope: Scope, traces: Traces) -> Rows:
    told = {row["id"]: row for row in _past(session, scope, traces)}
    for sync_id, changes in traces.waiting.items():
        key = syncs.preview_key(session, scope, sync_id)
        ids = [change.id for change in changes]
        edits = plan_verdicts.edits(session, scope, sync_id, key, change_ids=ids) if key else {}
        told |= {one.id: _waiting(sync_id, one) | {"edits": _plain(edits.get(one.id))} for one in changes}
    for change_id, undo in traces.undo.items():
        told[change_id]["undo"] = _plain(undo)
    return list(told.values())


def _past(session: Session, scope: Scope, traces: Traces) -> Rows:
    return _rows(session, scope, contact_sync_changes, contact_sync_changes.c.id.in_(traces.past))


def _waiting(sync_id: str, change: Change) -> dict[str, Any]:
    return {"sync_id": sync_id, **_plain(change)}


def _deferred(session: Session, scope: Scope, traces: Traces) -> Rows:
    return [
        {"account": account, "record": _plain(record)}
        for row_id, account, record in deferred.everything(session, scope)
        if row_id in traces.deferred
    ]


def _suggestions(session: Session, scope: Scope, traces: Traces) -> Rows:
    """What an assistant advised about their rows and mails."""
    about = {
        Run(RunKind.SYNC, sync_id): {change.ordinal for change in changes}
        for sync_id, changes in traces.waiting.items()
    }
    numbers = select(campaign_emails.c.campaign_id, campaign_emails.c.ordinal).where(
        of_organization(campaign_emails, scope), campaign_emails.c.id.in_(traces.mails)
    )
    for campaign_id, number in session.execute(numbers):
        about.setdefault(Run(RunKind.CAMPAIGN, campaign_id), set()).add(number)
    return [
        {"run": run.id, **_plain(one)}
        for run, theirs in about.items()
        for one in suggestions.suggestions(session, scope, run)
        if one.number in theirs
    ]


def _decisions(session: Session, scope: Scope, traces: Traces) -> Rows:
    return _rows(session, scope, match_decisions, said_of(traces))


def said_of(traces: Traces) -> ColumnElement[bool]:
    """What people said of one of their records or contacts, as either side of a pair."""
    table = match_decisions
    records = tuple_(table.c.account, table.c.source_id).in_(
        [*traces.sources, *((twins.OURS, i) for i in traces.contacts)]
    )
    return or_(table.c.object_id.in_(traces.contacts), records)


def _twins(session: Session, scope: Scope, traces: Traces) -> Rows:
    table = contact_twins
    pairs = or_(table.c.one_id.in_(traces.contacts), table.c.other_id.in_(traces.contacts))
    return [
        row | {"before_the_merge": _plain(twins.undo_of(session, scope, row["id"]))}
        for row in _rows(session, scope, table, pairs)
    ]


def _mails(session: Session, scope: Scope, traces: Traces) -> Rows:
    rows = {row["id"]: row for row in _rows(session, scope, campaign_emails, campaign_emails.c.id.in_(traces.mails))}
    events = _rows(session, scope, email_events, email_events.c.email_id.in_(traces.mails))
    for mail_id, campaign_id in traces.mails.items():
        key = campaigns.body_key(session, scope, campaign_id)
        mail = mails.mail(session, scope, campaign_id, mail_id, key)
        content = mails.content(session, scope, campaign_id, mail_id, key) if key else b""
        rows[mail_id] |= {
            "draft": _plain(mail.draft),
            "content": content.decode("utf-8", "replace"),
            "events": [event for event in events if event["email_id"] == mail_id],
        }
    return list(rows.values())


def _suppressions(session: Session, scope: Scope, traces: Traces) -> Rows:
    return _rows(session, scope, refusals, refusals.c.address_hash.in_(traces.hashes))


def _rows(session: Session, scope: Scope, table: Table, wanted: ColumnElement[bool]) -> Rows:
    """What is sealed is not among the columns: it is opened where there is a key to it."""
    columns = [one for one in table.c if one.name != "organization_id" and not isinstance(one.type, LargeBinary)]
    query = select(*columns).where(of_organization(table, scope), wanted).order_by(table.c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


@scoped
def known_as(session: Session, scope: Scope, whom: Whom) -> str:
    """What stands for a person where their address must not: the beginning of its keyed hash, or their contact's id."""
    return suppressions.address_hash(session, scope, whom.address)[:16] if whom.address else whom.contact_id
