"""Approving, rejecting and editing rows of a plan before they are written."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import exists, update

from storage.crypto import Key
from storage.documents import typed
from storage.records import ChangeKind, ChangeState, Edits
from storage.scope import Scope, of_sync, scoped
from storage.session import Session
from storage.sync import plan_values
from storage.sync.plans import batches
from storage.tables import change_values as values
from storage.tables import contact_sync_changes as table

UNDECIDED = (ChangeState.PROPOSED, ChangeState.APPROVED)  # approved by a draft, while the plan as a whole waits

_edits = msgspec.json.Decoder(Edits)


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
    """Approve or reject proposed rows: all, those of some kinds, or single ones. Returns how many."""
    query = update(table).where(of_sync(table, scope, sync_id), table.c.state.in_(states)).values(state=state)
    if kinds is not None:
        query = query.where(table.c.kind.in_(list(kinds)))
    if change_ids is None:
        return session.execute(query).rowcount
    return sum(session.execute(query.where(table.c.id.in_(batch))).rowcount for batch in batches(change_ids))


@scoped
def withdraw(session: Session, scope: Scope, sync_id: str) -> int:
    """Reject approved rows that are not yet written."""
    return decide(session, scope, sync_id, ChangeState.REJECTED, states=[ChangeState.APPROVED])


@scoped
def edit(
    session: Session, scope: Scope, sync_id: str, key: Key, *, change_id: str, edits: Edits,
    states: Sequence[ChangeState] = (ChangeState.PROPOSED,),
) -> bool:  # fmt: skip
    """Store a reviewer's edits of a row; False if the row can no longer be decided."""
    sealed = plan_values.sealed(scope, key, change_id, "edits", edits)
    is_open = exists().where(table.c.id == values.c.id, table.c.state.in_(states))
    edited = session.execute(
        update(values).where(of_sync(values, scope, sync_id), values.c.id == change_id, is_open).values(edits=sealed)
    )
    return edited.rowcount == 1


@scoped
def edits(
    session: Session, scope: Scope, sync_id: str, key: Key, *, change_ids: Sequence[str] | None = None
) -> dict[str, Edits]:
    query = plan_values.rows_with("edits").where(of_sync(table, scope, sync_id), values.c.edits.is_not(None))
    found = session.execute(query if change_ids is None else query.where(table.c.id.in_(change_ids)))
    opened = {row.id: plan_values.opened(scope, key, row, "edits") for row in found}
    read = {change_id: _edits.decode(plain) for change_id, plain in opened.items() if plain}
    return {change_id: replace(one, values=tuple(map(typed, one.values))) for change_id, one in read.items()}
