"""Write the approved rows to the CRM, and nothing else: in batches, each contact only at the version reviewed.

A batch and the state of its rows are committed in one transaction, so that a crash neither repeats nor loses a write.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect import get_run_logger, task
from sqlalchemy.exc import SQLAlchemyError

from storage.crypto import Key
from storage.documents import fingerprint, new_id, now
from storage.organization import tenants
from storage.people import actions, contacts, decisions, links
from storage.people.actions import Action
from storage.records import Change, ChangeKind, ChangeState, Contact, Edits, StoredLink, SyncStatus, Undo, Verdict
from storage.scope import Scope
from storage.session import Session, Store, open_store
from storage.settings import settings
from storage.sync import plan_outcomes, plan_verdicts, plans, syncs
from storage.sync.plan_outcomes import Outcome
from storage.sync.syncs import Sync
from tasks.rules.carrying_out import Origin, Stale, Written, carry_out


class PlanTamperedWith(Exception):
    """The stored plan does not match the digest that was approved. Nothing is written."""


@dataclass(frozen=True, slots=True)
class Work:
    """The context of writing one sync's batches. `taken`: e-mail addresses added to the CRM since the comparison."""

    scope: Scope
    sync: Sync
    key: Key
    undo_key: Key | None
    edits: dict[str, Edits]
    origin: Origin
    taken: set[str]


@task
def apply(sync_id: str) -> None:
    store = open_store()
    work = _work(store, sync_id)
    if work is None:
        return
    _apply_all(store, work, settings().apply_batch)


def _work(store: Store, sync_id: str) -> Work | None:
    """None if there is nothing to write: the sync was rejected, expired or already applied."""
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        key = syncs.preview_key(session, scope, sync_id)
        if sync.status is not SyncStatus.EXECUTING or key is None:
            return None
        if plans.digest(session, scope, sync_id, key) != sync.digest:
            raise PlanTamperedWith(f"the plan of sync {sync_id} is not the one that was approved")
        edits = plan_verdicts.edits(session, scope, sync_id, key)
        undo_key = syncs.undo_key(session, scope, sync_id)
        taken = contacts.addresses_since(session, scope, sync.compared_at or sync.created_at, but_for=sync_id)
    origin = Origin(sync.provider, sync.account, sync.id, sync.decided_by, now())
    return Work(scope, sync, key, undo_key, edits, origin, taken)


def _apply_all(store: Store, work: Work, size: int) -> None:
    with store.begin() as session:
        plan_outcomes.settle_idle(session, work.scope, work.sync.id)
    while True:
        try:
            done = _apply_batch(store, work, size)
        except SQLAlchemyError as error:
            if size == 1:
                _set_aside(store, work, error)
                continue
            # A row that the database refuses must not fail the others of its batch.
            get_run_logger().warning("a batch was refused (%s): its rows go one by one", type(error).__name__)
            _apply_singly(store, work, size)
            continue
        if not done:
            return


def _apply_singly(store: Store, work: Work, count: int) -> None:
    for _ in range(count):
        try:
            _apply_batch(store, work, 1)
        except SQLAlchemyError as error:
            _set_aside(store, work, error)


def _apply_batch(store: Store, work: Work, size: int) -> int:
    with store.begin() as session:
        # Also locks the sync's row: a second process that took this one for dead waits, and finds the rows written.
        if not syncs.is_at(session, work.scope, work.sync.id, SyncStatus.EXECUTING):
            return 0
        rows = _approved(session, work, size)
        if rows:
            _write(session, work, rows)
    return len(rows)


def _approved(session: Session, work: Work, size: int) -> list[Change]:
    return plans.changes(session, work.scope, work.sync.id, work.key, states=[ChangeState.APPROVED], limit=size)


def _set_aside(store: Store, work: Work, error: SQLAlchemyError) -> None:
    with store.begin() as session:
        row = _approved(session, work, 1)[0]
        why = f"the database refused it: {type(error).__name__}"
        plan_outcomes.settle(
            session, work.scope, work.sync.id, None, [Outcome(row.id, ChangeState.FAILED, row.object_id, error=why)]
        )


def _write(session: Session, work: Work, rows: Sequence[Change]) -> None:
    there = contacts.contacts(session, work.scope, [row.object_id for row in rows if row.object_id], lock=True)
    before = links.links(session, work.scope, work.sync.account, _source_ids(rows))
    results: list[tuple[Change, Written | Stale, Contact | None]] = []
    for row in rows:
        was = there.get(row.object_id)
        result = carry_out(row, was, work.edits.get(row.id), work.origin, new_id(), taken=work.taken)
        results.append((row, result, was))
        if isinstance(result, Written) and result.contact:
            there[result.contact.id] = result.contact  # a second row for the same contact applies on top
    done = [(row, result, was) for row, result, was in results if isinstance(result, Written)]
    _write_contacts(session, work, done)
    _write_links(session, work, done)
    actions.note(session, work.scope, (_action(work, row, result) for row, result, _ in done))
    plan_outcomes.settle(session, work.scope, work.sync.id, work.undo_key, [_outcome(*one, before) for one in results])


def _write_contacts(session: Session, work: Work, done: Sequence[tuple[Change, Written, Contact | None]]) -> None:
    contacts.create(session, work.scope, [result.contact for _, result, was in done if result.contact and was is None])
    changed = [result.contact for _, result, was in done if result.contact and was is not None]
    if contacts.overwrite(session, work.scope, changed) != len(changed):
        raise RuntimeError("a contact moved although it was locked")


def _write_links(session: Session, work: Work, done: Sequence[tuple[Change, Written, Contact | None]]) -> None:
    account, gone, kept = work.sync.account, [], []
    for row, result, _ in done:
        object_id = result.contact.id if result.contact else row.object_id
        for link in result.links:
            gone += (
                [link.source_id] if row.kind is ChangeKind.REMOVED else [link.previous_id] if link.previous_id else []
            )
            if row.kind is not ChangeKind.REMOVED:
                kept.append(
                    StoredLink(link.source_id, object_id, work.sync.provider, account, link.person, link.version)
                )
            if row.kind is ChangeKind.MAYBE:
                decisions.remember(
                    session, work.scope, account=account, source_id=link.source_id, object_id=object_id,
                    verdict=Verdict.SURE, decided_by=work.sync.decided_by,
                )  # fmt: skip
    links.unlink(session, work.scope, account, gone)
    links.write(session, work.scope, kept)


def _outcome(row: Change, result: Written | Stale, was: Contact | None, before: dict[str, StoredLink]) -> Outcome:
    if isinstance(result, Stale):
        return Outcome(row.id, ChangeState.STALE, row.object_id, error=result.reason)
    object_id = result.contact.id if result.contact else row.object_id
    version = result.contact.version if result.contact else was.version if was else 0
    known = tuple(
        before[name] for link in result.links for name in (link.previous_id or link.source_id,) if name in before
    )
    left = result.contact or was
    undo = Undo(was, fingerprint(left.person) if left else "", known, result.links)
    return Outcome(row.id, ChangeState.APPLIED, object_id, version, undo)


def _action(work: Work, row: Change, result: Written) -> Action:
    deed = {ChangeKind.CREATE: "created", ChangeKind.REMOVED: "unlinked"}.get(
        row.kind, "updated" if result.contact else "linked"
    )
    object_id = result.contact.id if result.contact else row.object_id
    return Action(object_id, deed, work.sync.decided_by, work.sync.id, result.fields)


def _source_ids(rows: Sequence[Change]) -> list[str]:
    return [
        name
        for row in rows
        if row.proposal
        for link in row.proposal.links
        for name in (link.source_id, link.previous_id)
        if name
    ]
