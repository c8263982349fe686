"""A plan that waits goes back to the release before and comes up to date again, with all that was decided of it."""

from sqlalchemy import text

from storage import schema
from storage.records import Change, ChangeKind, Deed, Edits
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import marks, plan_verdicts, plans, syncs
from storage.sync.syncs import Sync
from tests.flows.house import ANN
from tests.storage.schema_differences import differences
from tests.web.plans_to_review import SMALL, waiting_plan

BEFORE = "0013"


def all_of(session: Session, scope: Scope, sync: Sync) -> tuple[list[Change], dict[str, Edits], str]:
    key = syncs.demand_preview_key(session, scope, sync.id)
    found = list(plans.every(session, scope, sync.id, key))
    return found, plan_verdicts.edits(session, scope, sync.id, key), plans.digest(session, scope, sync.id, key)


def test_its_rows_values_and_edits_are_what_they_were_and_its_doubtful_matches_are_counted(
    owned_store: Store, scope: Scope
) -> None:
    with owned_store.begin() as session:
        sync = waiting_plan(session, scope)
        rows, _, _ = all_of(session, scope, sync)
        update, maybe = (
            next(row for row in rows if row.kind is kind) for kind in (ChangeKind.UPDATE, ChangeKind.MAYBE)
        )
        edits = Edits(refused=update.fields[:1])
        marks.mark_row(session, scope, sync.id, Deed.EDITED, actor=ANN, change_id=update.id, seen="", edits=edits)
        marks.mark_row(session, scope, sync.id, Deed.REJECTED, actor=ANN, change_id=maybe.id, seen="")
        before = all_of(session, scope, sync)
    schema.downgrade(owned_store, BEFORE)
    with owned_store.read() as session:
        session.enter(scope.organization_id)
        there = text("SELECT count(payload), count(edits), count(undo) FROM contact_sync_changes")
        assert tuple(session.execute(there).one()) == (sum(SMALL.values()), 1, 0)
    schema.upgrade(owned_store)
    with owned_store.read() as session:
        assert all_of(session, scope, sync) == before
        assert before[1] == {update.id: edits}
        assert syncs.sync(session, scope, sync.id).maybe == SMALL["maybe"]
    assert differences(owned_store) == []
