"""Emit Prefect events, for automations, and notify people. Ids and counts only."""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from storage.documents import now
from storage.organization import tenants
from storage.records import Audience, Matter, NoticeKind
from storage.scope import Scope
from storage.session import Session, open_store
from tasks.providers.notifications import tell

# Events that may recur for the same sync or campaign.
OF_EACH_DAY = (NoticeKind.SYNC_STILL_WAITS, NoticeKind.CAMPAIGN_PAUSED, NoticeKind.AUDIT_BROKEN)


def notify(event: str, run_id: str, detail: Mapping[str, Any] | None = None, *, about: str = "sync") -> None:
    """Emit `contactflow.<about>.<event>` for a sync or campaign, and notify people of urgent events."""
    emit_event(
        event=f"contactflow.{about}.{event}",
        resource={"prefect.resource.id": f"contactflow.{about}.{run_id}", "prefect.resource.name": run_id},
        payload=dict(detail or {}),
    )
    if f"{about}.{event}" in set(NoticeKind):
        _tell(NoticeKind(f"{about}.{event}"), run_id, about)


def _tell(kind: NoticeKind, named: str, about: str) -> None:
    store = open_store()
    with store.read() as session:
        scope = _scope(session, named, about)
    turn = f"{now():%Y-%m-%d}" if kind in OF_EACH_DAY else ""
    if kind is NoticeKind.AUDIT_BROKEN:
        tell(store, scope, Matter(kind, scope.organization_id, turn, Audience.ADMINS))
    else:
        tell(store, scope, Matter(kind, named, turn))


def _scope(session: Session, named: str, about: str) -> Scope:
    """The scope of a sync or campaign; for anything else, of an organization."""
    of_run = {"sync": tenants.scope_of_sync, "campaign": tenants.scope_of_campaign}
    return of_run.get(about, tenants.whole_organization)(session, named)
