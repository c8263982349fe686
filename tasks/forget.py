"""Forget what need not be kept any longer."""

from storage import audit, plans, syncs, tenants, twins
from storage.records import Role
from storage.scope import Scope
from storage.session import Store


def forget_undo(store: Store) -> int:
    """Undo data past its time, in every organization; returns of how many syncs."""
    forgotten = 0
    with store.read() as session:
        scopes = [Scope(one.id, "", Role.ADMIN) for one in tenants.organizations_all(session)]
        late = [(scope, sync_id) for scope in scopes for sync_id in syncs.past_undo(session, scope)]
    for scope, sync_id in late:
        with store.begin() as session:
            syncs.forget_undo(session, scope, sync_id)
            plans.clear_undo(session, scope, sync_id)
            audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=sync_id)
        forgotten += 1
    return forgotten


def forget_merges(store: Store) -> int:
    """What would take merges of contacts back, past its time, in every organization; returns of how many."""
    forgotten = 0
    with store.read() as session:
        scopes = [Scope(one.id, "", Role.ADMIN) for one in tenants.organizations_all(session)]
    for scope in scopes:
        with store.begin() as session:
            for twins_id in twins.past_undo(session, scope):
                twins.forget_undo(session, scope, twins_id)
                audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=twins_id)
                forgotten += 1
    return forgotten
