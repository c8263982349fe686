"""Undo a sync: delete the contacts it created, restore those it changed, and their links.

Contacts edited since are left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from prefect import task

from storage import audit
from storage.documents import fingerprint, now
from storage.organization import tenants
from storage.people import actions, contacts, decisions, links, twins
from storage.people.actions import Action
from storage.privacy import erasures
from storage.records import Change, ChangeKind, Contact, Gone, Seen, SyncStatus, Undo
from storage.scope import Scope
from storage.session import Session, open_store
from storage.sync import deferred, plan_outcomes, syncs
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.events import notify

REFUSED = "edited since; left as it is"


class CannotUndo(Exception):
    """The sync wrote nothing, or its undo data is past its retention."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of rows undone, and the ids of contacts left alone because they were edited since."""

    undone: int
    refused: tuple[str, ...]


@task
def undo(sync_id: str, reviewer: str) -> Taken:
    """Idempotent: rows once undone are no longer `applied`."""
    store = open_store()
    with store.begin() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        key = syncs.undo_key(session, scope, sync_id)
        if sync.status is not SyncStatus.COMPLETED or key is None:
            raise CannotUndo(f"sync {sync_id} is {sync.status}: there is nothing to take back")
        if sync.undo_until and now() > sync.undo_until:
            raise CannotUndo(f"sync {sync_id} could be taken back until {sync.undo_until:%d %b %Y}")
        erasures.lock_erasures(session, scope)
        rows = plan_outcomes.undoable(session, scope, sync_id, key)
        taken = _take_back(session, scope, sync, rows, reviewer)
        syncs.note(session, scope, sync_id, undone_at=now())
        audit.record(
            session, scope, actor=reviewer, action="sync.undone", subject=sync_id,
            detail={"undone": taken.undone, "refused": len(taken.refused)},
        )  # fmt: skip
    notify("undone", sync_id, {"undone": taken.undone, "refused": len(taken.refused)})
    return taken


def _take_back(session: Session, scope: Scope, sync: Sync, rows: Sequence[tuple[Change, Undo]], reviewer: str) -> Taken:
    there = contacts.contacts(session, scope, [change.object_id for change, _ in rows], lock=True)
    grown = twins.grown_since(session, scope, list(there), sync.decided_at or sync.created_at)
    restorable, refused = [], []
    by_contact = groupby(sorted(rows, key=_place_of), key=lambda row: row[0].object_id)
    for object_id, group in ((object_id, list(group)) for object_id, group in by_contact):
        now_there = there.get(object_id)
        if now_there and object_id not in grown and fingerprint(now_there.person) == group[-1][1].left:
            restorable.append((now_there, group))
        else:
            refused += [change for change, _ in group]
    for now_there, group in restorable:
        _restore(session, scope, sync, now_there, group)
    undone = [change for _, group in restorable for change, _ in group]
    actions.note(session, scope, (Action(c.object_id, "undone", reviewer, sync.id, c.fields) for c in undone))
    plan_outcomes.mark_undone(session, scope, sync.id, undone, refused, why=REFUSED)
    # Withdraw match decisions made in this sync too, so that a wrong one can be corrected: they are asked again.
    decisions.withdraw(session, scope, sync.account, _confirmed(restorable))
    if sync.connection_id:
        deferred.add(session, scope, sync.account, sync.id, _offered_again(restorable))
    return Taken(len(undone), tuple(dict.fromkeys(change.object_id for change in refused)))


def _restore(
    session: Session, scope: Scope, sync: Sync, now_there: Contact, group: Sequence[tuple[Change, Undo]]
) -> None:
    """Restore one contact to its state before the first of the sync's changes to it."""
    before = group[0][1].before
    links.unlink(session, scope, sync.account, [link.source_id for _, undo in group for link in undo.links_written])
    if before is None:
        contacts.remove(session, scope, [now_there.id])
        return
    if before.person != now_there.person or before.provenance != now_there.provenance:
        # No sync writes the sales pipeline and stage, so undo keeps them.
        restored = replace(before, version=now_there.version + 1, pipeline=now_there.pipeline, stage=now_there.stage)
        contacts.overwrite(session, scope, [restored])
    links.write(session, scope, [link for _, undo in group for link in undo.links_before])


def _offered_again(restored: Sequence[tuple[Contact, Sequence[tuple[Change, Undo]]]]) -> list[Seen | Gone]:
    return [
        Gone(link.source_id)
        if change.kind is ChangeKind.REMOVED
        else Seen(link.source_id, link.person, link.version, link.modified_at)
        for _, group in restored
        for change, undo in group
        for link in undo.links_written
    ]


def _confirmed(restored: Sequence[tuple[Contact, Sequence[tuple[Change, Undo]]]]) -> list[tuple[str, str]]:
    return [
        (link.source_id, change.object_id)
        for _, group in restored
        for change, undo in group
        if change.kind is ChangeKind.MAYBE
        for link in undo.links_written
    ]


def _place_of(row: tuple[Change, Undo]) -> tuple[str, int]:
    return row[0].object_id, row[0].ordinal
