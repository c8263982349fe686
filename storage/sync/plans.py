"""Plans: one row for every source record that a run saw, under one digest.

What a row would do is sealed with the run's preview key; what restores it, with its undo key. The kinds, states,
reasons and names of fields stay readable for ever; the values go with the keys.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, bindparam, func, insert, select, update

from storage.crypto import Key, bound_to
from storage.documents import encode, typed
from storage.records import Change, ChangeKind, ChangeState, Edits, Proposal, Undo
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.sync import plan_texts
from storage.tables import contact_sync_changes as table

BATCH = 1000
UNDECIDED = (ChangeState.PROPOSED, ChangeState.APPROVED)  # approved by a draft, while the plan as a whole waits

_proposal = msgspec.json.Decoder(Proposal)
_undo = msgspec.json.Decoder(Undo)
_edits = msgspec.json.Decoder(Edits)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one row ended, with what is needed to take it back."""

    change_id: str
    state: ChangeState
    object_id: str = ""
    applied_version: int = 0
    undo: Undo | None = None
    error: str = ""


@scoped
def save(session: Session, scope: Scope, sync_id: str, key: Key, changes: Sequence[Change]) -> str:
    """Store a plan and return its digest."""
    digest = hashlib.sha256()
    for start in range(0, len(changes), BATCH):
        rows = [_row(scope, sync_id, key, digest, change) for change in changes[start : start + BATCH]]
        session.execute(insert(table), rows)
    plan_texts.keep(session, scope, sync_id, key, changes)
    return digest.hexdigest()


@scoped
def digest(session: Session, scope: Scope, sync_id: str, key: Key) -> str:
    """The digest of the plan as it stands now: a row changed, added or taken away since gives another one."""
    found = hashlib.sha256()
    query = _rows(scope, sync_id).order_by(table.c.ordinal).execution_options(yield_per=BATCH)
    for row in session.execute(query):
        # The bytes that were sealed are the canonical ones: nothing need be read to be counted in.
        found.update(_canonical(_change(scope, row, None), _payload(scope, row, key) or encode(None)))
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
    """Rows in the plan's order, those behind ordinal `after`; without a key, without what they would do."""
    query = _rows(scope, sync_id).where(table.c.ordinal > after).order_by(table.c.ordinal).limit(limit)
    if kinds is not None:
        query = query.where(table.c.kind.in_(list(kinds)))
    if states is not None:
        query = query.where(table.c.state.in_(list(states)))
    if ordinals is not None:
        query = query.where(table.c.ordinal.in_(ordinals))
    return [_change(scope, row, key) for row in session.execute(query).all()]


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
        .where(_of(scope, sync_id))
        .group_by(table.c.kind, table.c.state)
    )
    return Counter({(ChangeKind(kind), ChangeState(state)): number for kind, state, number in groups})


@scoped
def decide(
    session: Session,
    scope: Scope,
    sync_id: str,
    state: ChangeState,
    *,
    kinds: Iterable[ChangeKind] | None = None,
    change_ids: Sequence[str] | None = None,
    states: Sequence[ChangeState] = (ChangeState.PROPOSED,),
) -> int:
    """Approve or reject what is still proposed: all of it, some kinds, or single rows. Returns how many."""
    query = update(table).where(_of(scope, sync_id), table.c.state.in_(states)).values(state=state)
    if kinds is not None:
        query = query.where(table.c.kind.in_(list(kinds)))
    if change_ids is None:
        return session.execute(query).rowcount
    return sum(session.execute(query.where(table.c.id.in_(batch))).rowcount for batch in _batches(change_ids))


@scoped
def absent(session: Session, scope: Scope, sync_id: str, change_ids: Sequence[str]) -> list[str]:
    """Those that are no rows of this plan."""
    there: set[str] = set()
    for batch in _batches(change_ids):
        there |= set(session.execute(select(table.c.id).where(_of(scope, sync_id), table.c.id.in_(batch))).scalars())
    return [change_id for change_id in change_ids if change_id not in there]


@scoped
def withdraw(session: Session, scope: Scope, sync_id: str) -> int:
    """What was approved and is not yet written will not be."""
    left = update(table).where(_of(scope, sync_id), table.c.state == ChangeState.APPROVED)
    return session.execute(left.values(state=ChangeState.REJECTED)).rowcount


@scoped
def edit(
    session: Session, scope: Scope, sync_id: str, key: Key, *, change_id: str, edits: Edits,
    states: Sequence[ChangeState] = (ChangeState.PROPOSED,),
) -> bool:  # fmt: skip
    """Keep what a reviewer changed of a row; False if the row is no longer open to decision."""
    sealed = key.seal(encode(edits), _place(scope, change_id, "edits"))
    edited = session.execute(
        update(table)
        .where(_of(scope, sync_id), table.c.id == change_id, table.c.state.in_(states))
        .values(edits=sealed)
    )
    return edited.rowcount == 1


@scoped
def edits(
    session: Session, scope: Scope, sync_id: str, key: Key, *, change_ids: Sequence[str] | None = None
) -> dict[str, Edits]:
    query = select(table.c.id, table.c.edits).where(_of(scope, sync_id), table.c.edits.is_not(None))
    rows = session.execute(query if change_ids is None else query.where(table.c.id.in_(change_ids)))
    opened = {row.id: _edits.decode(key.open(row.edits, _place(scope, row.id, "edits"))) for row in rows}
    return {change_id: replace(edits, values=tuple(map(typed, edits.values))) for change_id, edits in opened.items()}


@scoped
def settle(session: Session, scope: Scope, sync_id: str, undo_key: Key | None, outcomes: Sequence[Outcome]) -> None:
    values = [
        {
            "row": outcome.change_id,
            "state": outcome.state,
            "object_id": outcome.object_id or None,
            "applied_version": outcome.applied_version or None,
            "error": outcome.error,
            "undo": undo_key.seal(encode(outcome.undo), _place(scope, outcome.change_id, "undo"))
            if undo_key and outcome.undo
            else None,
        }
        for outcome in outcomes
    ]
    if values:
        session.execute(
            update(table)
            .where(_of(scope, sync_id), table.c.id == bindparam("row"))
            .values({name: bindparam(name) for name in ("state", "object_id", "applied_version", "error", "undo")}),
            values,
        )


@scoped
def settle_idle(session: Session, scope: Scope, sync_id: str) -> int:
    """Approved rows that ask for no work, such as unchanged records, are done at once."""
    idle = (table.c.kind == ChangeKind.SKIP) & table.c.seen_version.is_(None)
    return session.execute(
        update(table)
        .where(_of(scope, sync_id), idle, table.c.state == ChangeState.APPROVED)
        .values(state=ChangeState.APPLIED)
    ).rowcount


@scoped
def undoable(session: Session, scope: Scope, sync_id: str, key: Key) -> list[tuple[Change, Undo]]:
    """Applied rows with what takes them back, in the order in which they were applied."""
    return list(undo_data(session, scope, sync_id, key))


@scoped
def undo_data(
    session: Session, scope: Scope, sync_id: str, key: Key, *, of: Sequence[str] | None = None
) -> Iterator[tuple[Change, Undo]]:
    """As `undoable`, few at a time; `of` names the contacts that it is about."""
    query = _rows(scope, sync_id).where(table.c.state == ChangeState.APPLIED, table.c.undo.is_not(None))
    if of is not None:
        query = query.where(table.c.object_id.in_(of))
    for row in session.execute(query.order_by(table.c.ordinal).execution_options(yield_per=BATCH)):
        yield _change(scope, row, None), _undo.decode(key.open(row.undo, _place(scope, row.id, "undo")))


@scoped
def mark_undone(
    session: Session, scope: Scope, sync_id: str, undone: Sequence[Change], refused: Sequence[Change], *, why: str
) -> None:
    for rows, values in ((undone, {"state": ChangeState.UNDONE, "undo": None}), (refused, {"error": why})):
        if rows:
            session.execute(
                update(table).where(_of(scope, sync_id), table.c.id == bindparam("row")).values(**values),
                [{"row": change.id} for change in rows],
            )


@scoped
def clear_previews(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(update(table).where(_of(scope, sync_id)).values(payload=None, edits=None))
    plan_texts.clear(session, scope, sync_id)


@scoped
def clear_undo(session: Session, scope: Scope, sync_id: str) -> None:
    session.execute(update(table).where(_of(scope, sync_id)).values(undo=None))


def _row(scope: Scope, sync_id: str, key: Key, running: "hashlib._Hash", change: Change) -> dict[str, Any]:
    proposal = encode(change.proposal)
    running.update(_canonical(change, proposal))
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
        "payload": key.seal(proposal, _place(scope, change.id, "payload")),
    }


def _canonical(change: Change, proposal: bytes) -> bytes:
    """What the digest covers of a row: all that a decision depends on, and nothing that deciding or writing changes."""
    about = "" if change.kind is ChangeKind.CREATE else change.object_id  # a new contact's id is known once written
    return b"%s\n%s\n" % (
        encode((change.ordinal, change.id, change.kind, about, change.seen_version, change.reason)),
        proposal,
    )


def _change(scope: Scope, row: Row[Any], key: Key | None) -> Change:
    payload = _payload(scope, row, key) if key else None
    return Change(
        id=row.id,
        ordinal=row.ordinal,
        kind=ChangeKind(row.kind),
        state=ChangeState(row.state),
        object_id=row.object_id or "",
        seen_version=row.seen_version or 0,
        reason=row.reason,
        fields=tuple(row.fields),
        proposal=_opened(payload) if payload else None,
        applied_version=row.applied_version or 0,
        error=row.error,
        mark_id=row.mark_id or "",
    )


def _payload(scope: Scope, row: Row[Any], key: Key) -> bytes | None:
    """Canonical JSON of what the row would do; None once it was cleared."""
    return key.open(row.payload, _place(scope, row.id, "payload")) if row.payload else None


def _opened(plain: bytes) -> Proposal:
    raw = _proposal.decode(plain)
    return replace(raw, cells=tuple(map(typed, raw.cells)), conflicts=tuple(map(typed, raw.conflicts)))


def _batches(change_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """A statement has room for so many values only."""
    return (change_ids[start : start + BATCH] for start in range(0, len(change_ids), BATCH))


def _rows(scope: Scope, sync_id: str) -> Select[Any]:
    return select(table).where(_of(scope, sync_id))


def _of(scope: Scope, sync_id: str) -> ColumnElement[bool]:
    return of_sync(table, scope, sync_id)


def _place(scope: Scope, change_id: str, column: str) -> str:
    return bound_to(scope.organization_id, table.name, change_id, column)
