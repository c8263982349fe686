"""A person goes from plans: what waits shows that somebody was there, what is over is a number without a person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, update

from storage.crypto import Key
from storage.organization import suggestions
from storage.privacy.traces import Traces
from storage.records import (
    Change,
    ChangeKind,
    ChangeState,
    Proposal,
    Run,
    RunKind,
    SourceLink,
    Statistics,
    SyncStatus,
    Whom,
)
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.sync import plan_texts, plan_values, plans, syncs
from storage.sync.plan_verdicts import UNDECIDED
from storage.tables import change_values as values
from storage.tables import contact_sync_changes as table

ERASED = "erased at their own wish; nothing of this person is kept"
OVERTAKEN = "the contact that it was compared with was erased; the next sync looks again"
BATCH = 500
_NOBODY: dict[str, Any] = {
    "object_id": None, "fields": [], "mark_id": None, "state_before": None,
}  # fmt: skip


@scoped
def empty(
    session: Session, scope: Scope, whom: Whom, traces: Traces,
    forecast: Callable[[Mapping[tuple[ChangeKind, ChangeState], int]], Statistics],
) -> int:  # fmt: skip
    """Returns how many rows. A plan that is open gets its numbers and its digest anew."""
    emptied, past = 0, sorted(traces.past)
    for start in range(0, len(past), BATCH):
        batch = past[start : start + BATCH]
        these = of_organization(table, scope) & table.c.id.in_(batch)
        emptied += session.execute(update(table).where(these).values(**_NOBODY, reason=ERASED)).rowcount
        _empty_values(session, scope, batch)
    for sync_id, changes in traces.waiting.items():
        sync, key = syncs.sync(session, scope, sync_id), syncs.demand_preview_key(session, scope, sync_id)
        left = [left_of(change, _of_others(sync.account, change, whom, traces), sync.status) for change in changes]
        _write(session, scope, sync_id, key, left)
        plan_texts.clear(session, scope, sync_id)
        suggestions.take_out(session, scope, Run(RunKind.SYNC, sync_id), (change.ordinal for change in changes))
        counted = plans.counts(session, scope, sync_id)
        numbers = forecast(counted).by_name() | {"maybe": plans.maybes(counted)}
        syncs.note(session, scope, sync_id, digest=plans.digest(session, scope, sync_id, key), **numbers)
    return emptied + sum(map(len, traces.waiting.values()))


def _empty_values(session: Session, scope: Scope, change_ids: Sequence[str]) -> None:
    these = of_organization(values, scope) & values.c.id.in_(change_ids)
    session.execute(update(values).where(these).values(payload=None, edits=None, undo=None))


def left_of(change: Change, others: Sequence[SourceLink], status: SyncStatus) -> Change:
    """What stays of a row. Somebody else's record that was held against this person is handed back."""
    proposal = Proposal(others[0].person.display_name if others else "", links=tuple(others))
    emptied = replace(change, object_id="", fields=(), reason=OVERTAKEN if others else ERASED, proposal=proposal)
    if change.state not in UNDECIDED:
        return emptied
    done = ChangeState.APPLIED if status is SyncStatus.EXECUTING else ChangeState.PROPOSED
    state = ChangeState.STALE if others else done
    return replace(emptied, kind=ChangeKind.SKIP, state=state, seen_version=0)


def _of_others(account: str, change: Change, whom: Whom, traces: Traces) -> Sequence[SourceLink]:
    """All records of a row are one person: if one of them is theirs, all are."""
    links = change.proposal.links if change.proposal else ()
    return () if any(traces.is_theirs(account, link, whom) for link in links) else links


def _write(session: Session, scope: Scope, sync_id: str, key: Key, left: Sequence[Change]) -> None:
    one = update(table).where(of_organization(table, scope), table.c.id == bindparam("row"))
    rows = [
        {
            "row": change.id, "kind": change.kind, "state": change.state, "seen_version": change.seen_version or None,
            "reason": change.reason,
        }
        for change in left
    ]  # fmt: skip
    named: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "row"}
    session.execute(one.values(**_NOBODY, **named), rows)
    _empty_values(session, scope, [change.id for change in left])
    sealed = {one.id: plan_values.sealed(scope, key, one.id, "payload", one.proposal) for one in left}
    plan_values.put(session, scope, sync_id, "payload", sealed)
