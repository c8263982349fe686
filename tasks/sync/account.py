"""Complete a sync: statistics, cursor and status in one transaction, with the preview's personal data destroyed."""

from collections import Counter
from collections.abc import Iterator

from prefect import task

from storage import audit
from storage.crypto import Key
from storage.organization import connections, tenants
from storage.organization.organization_settings import undo_time
from storage.records import ChangeKind, ChangeState, Gone, Seen, SyncStatus
from storage.scope import Scope
from storage.session import Session, open_store
from storage.sync import deferred, plan_verdicts, plans, syncs
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.events import notify
from tasks.rules.accounting import forecast

OPEN_AGAIN = (ChangeState.REJECTED, ChangeState.STALE, ChangeState.FAILED)


@task
def account(sync_id: str) -> dict[str, int]:
    """Returns the sync's statistics. Idempotent."""
    store = open_store()
    with store.begin() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        still_open = syncs.is_at(session, scope, sync_id, SyncStatus.EXECUTING)  # and locks the row
        sync = syncs.sync(session, scope, sync_id)
        if not still_open:
            return sync.statistics.by_name()
        statistics = forecast(Counter(plans.counts(session, scope, sync_id)))
        if sync.connection_id:
            _hand_over(session, scope, sync)
        plans.clear_previews(session, scope, sync_id)
        syncs.complete(session, scope, sync_id, statistics, undo_for=undo_time(session, scope))
        audit.record(
            session, scope, actor="contactflow", action="sync.completed", subject=sync_id, detail=statistics.by_name()
        )
    notify("completed", sync_id, statistics.by_name())
    return statistics.by_name()


def _hand_over(session: Session, scope: Scope, sync: Sync) -> None:
    """Advance the connection's cursor, and keep the records that this sync left open for the next one."""
    key = syncs.preview_key(session, scope, sync.id)
    deferred.replace_all(session, scope, sync.account, sync.id, _left_open(session, scope, sync, key))
    connections.advance(session, scope, sync.connection_id, syncs.kept_cursor(session, scope, sync.id))


def _left_open(session: Session, scope: Scope, sync: Sync, key: Key | None) -> Iterator[Seen | Gone]:
    for change in plans.every(session, scope, sync.id, key, states=OPEN_AGAIN):
        if change.proposal is None:
            continue
        for link in change.proposal.links:
            if change.kind is ChangeKind.REMOVED:
                yield Gone(link.source_id)
            else:
                earlier = (link.previous_id,) if link.previous_id else ()
                yield Seen(link.source_id, link.person, link.version, link.modified_at, earlier)
    partly = plan_verdicts.edits(session, scope, sync.id, key) if key else {}
    refused = {change_id for change_id, edits in partly.items() if edits.refused}
    for change in plans.every(session, scope, sync.id, key, states=[ChangeState.APPLIED]) if refused else ():
        if change.id in refused and change.proposal:
            yield from (
                Seen(link.source_id, link.person, link.version, link.modified_at) for link in change.proposal.links
            )
