"""Plans: one row for every source record that a run saw, under one digest.

What a row would do is sealed with the run's preview key. The kinds, states, reasons and names of fields stay readable
for ever; the values go with the key.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select, update

from storage.crypto import Key
from storage.documents import encode, typed
from storage.records import Change, ChangeKind, ChangeState, Proposal
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.sync import plan_texts, plan_values
from storage.tables import change_values as values
from storage.tables import contact_sync_changes as table

BATCH = 1000

_proposal = msgspec.json.Decoder(Proposal)


@scoped
def save(session: Session, scope: Scope, sync_id: str, key: Key, changes: Sequence[Change]) -> str:
    """Store a plan and return its digest."""
    digest = hashlib.sha256()
    for start in range(0, len(changes), BATCH):
        batch = changes[start : start + BATCH]
        session.execute(insert(table), [_row(scope, sync_id, change) for change in batch])
        session.execute(insert(values), [_values(scope, sync_id, key, digest, change) for change in batch])
    plan_texts.keep(session, scope, sync_id, key, changes)
    return digest.hexdigest()


@scoped
def digest(session: Session, scope: Scope, sync_id: str, key: Key) -> str:
    """The digest of the plan as stored now; it differs if a row was changed, added or removed."""
    found = hashlib.sha256()
    query = plan_values.rows_with("payload").where(of_sync(table, scope, sync_id)).order_by(table.c.ordinal)
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        # The sealed bytes are canonical JSON already: no need to decode and encode them again.
        found.update(_canonical(change_of(row), plan_values.opened(scope, key, row, "payload") or encode(None)))
    return found.hexdigest()


@scoped
def changes(
    session: Session,
    scope: Scope,
    sync_id: str,
    key: Key | None,
    *,
    kinds: Iterable[ChangeKind] | None = None,
    states: Iterable[ChangeState] | None = None,
    ordinals: Sequence[int] | None = None,
    after: int = 0,
    limit: int = BATCH,
) -> list[Change]:
    """Rows in the plan's order, from after ordinal `after`; without a key, without proposals."""
    query = plan_values.rows_with("payload") if key else select(table)
    query = query.where(of_sync(table, scope, sync_id), table.c.ordinal > after)
    query = query.order_by(table.c.ordinal).limit(limit)
    if kinds is not None:
        query = query.where(table.c.kind.in_(list(kinds)))
    if states is not None:
        query = query.where(table.c.state.in_(list(states)))
    if ordinals is not None:
        query = query.where(table.c.ordinal.in_(ordinals))
    return [change_of(row, _proposed(scope, key, row)) for row in session.execute(query).all()]


@scoped
def every(session: Session, scope: Scope, sync_id: str, key: Key | None, **wanted: Any) -> Iterator[Change]:
    after = 0
    while batch := changes(session, scope, sync_id, key, after=after, **wanted):
        yield from batch
        after = batch[-1].ordinal


@scoped
def counts(session: Session, scope: Scope, sync_id: str) -> Counter[tuple[ChangeKind, ChangeState]]:
    groups = session.execute(
        select(table.c.kind, table.c.state, func.count())
        .where(of_sync(table, scope, sync_id))
        .group_by(table.c.kind, table.c.state)
    )
    return Counter({(ChangeKind(kind), ChangeState(state)): number for kind, state, number in groups})


def maybes(counted: Mapping[tuple[ChangeKind, ChangeState], int]) -> int:
    """How many matches wait for confirmation."""
    return sum(counted.get((ChangeKind.MAYBE, state), 0) for state in (ChangeState.PROPOSED, ChangeState.APPROVED))


@scoped
def absent(session: Session, scope: Scope, sync_id: str, change_ids: Sequence[str]) -> list[str]:
    """Ids that are not rows of this plan."""
    there: set[str] = set()
    for batch in batches(change_ids):
        named = of_sync(table, scope, sync_id) & table.c.id.in_(batch)
        there |= set(session.execute(select(table.c.id).where(named)).scalars())
    return [change_id for change_id in change_ids if change_id not in there]


@scoped
def clear_previews(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(update(values).where(of_sync(values, scope, sync_id)).values(payload=None, edits=None))
    plan_texts.clear(session, scope, sync_id)


def batches(change_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Statements are limited in their number of bound values."""
    return (change_ids[start : start + BATCH] for start in range(0, len(change_ids), BATCH))


def change_of(row: Row[Any], proposal: Proposal | None = None) -> Change:
    return Change(
        id=row.id,
        ordinal=row.ordinal,
        kind=ChangeKind(row.kind),
        state=ChangeState(row.state),
        object_id=row.object_id or "",
        seen_version=row.seen_version or 0,
        reason=row.reason,
        fields=tuple(row.fields),
        proposal=proposal,
        applied_version=row.applied_version or 0,
        error=row.error,
        mark_id=row.mark_id or "",
    )


def _row(scope: Scope, sync_id: str, change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "organization_id": scope.organization_id,
        "sync_id": sync_id,
        "ordinal": change.ordinal,
        "kind": change.kind,
        "state": change.state,
        "object_id": change.object_id or None,
        "seen_version": change.seen_version or None,
        "reason": change.reason,
        "fields": list(change.fields),
    }


def _values(scope: Scope, sync_id: str, key: Key, running: "hashlib._Hash", change: Change) -> dict[str, Any]:
    proposal = encode(change.proposal)
    running.update(_canonical(change, proposal))
    return {
        "id": change.id,
        "organization_id": scope.organization_id,
        "sync_id": sync_id,
        "payload": plan_values.sealed_bytes(scope, key, change.id, "payload", proposal),
    }


def _canonical(change: Change, proposal: bytes) -> bytes:
    """What the digest covers of a row: all that a decision depends on, nothing that deciding or writing changes."""
    about = "" if change.kind is ChangeKind.CREATE else change.object_id  # a new contact has its id only once written
    return b"%s\n%s\n" % (
        encode((change.ordinal, change.id, change.kind, about, change.seen_version, change.reason)),
        proposal,
    )


def _proposed(scope: Scope, key: Key | None, row: Row[Any]) -> Proposal | None:
    plain = plan_values.opened(scope, key, row, "payload") if key else None
    if plain is None:
        return None
    raw = _proposal.decode(plain)
    return replace(raw, cells=tuple(map(typed, raw.cells)), conflicts=tuple(map(typed, raw.conflicts)))
