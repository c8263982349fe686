"""Whether a scheduled run is due: not while a sync is open, nor if one was begun since the scheduled time."""

from dataclasses import dataclass
from datetime import timedelta

from prefect.client.schemas.objects import FlowRun

from storage.documents import now
from storage.organization import schedules
from storage.records import SyncStatus
from storage.scope import Scope
from storage.session import Session
from storage.sync import syncs, turns

REMIND_EVERY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Turn:
    """`waiting` is a sync in review, whose reviewer should be reminded."""

    is_due: bool
    schedule_id: str = ""
    waiting: str = ""


def turn_of(session: Session, scope: Scope, run: FlowRun, connection_id: str, schedule_id: str) -> Turn:
    if schedule_id:
        known = schedules.find(session, scope, schedule_id)
        if known is None or not known.is_active or known.connection_id != connection_id:
            return Turn(False)  # removed or paused a moment ago
    opened = syncs.open_for(session, scope, connection_id)
    if opened:
        asks = opened.status is SyncStatus.PREVIEW
        remind = asks and turns.may_remind(session, scope, opened.id, last=now() - REMIND_EVERY)
        return Turn(False, waiting=opened.id if remind else "")
    meant = run.expected_start_time
    if meant and connection_id and turns.begun_since(session, scope, connection_id, meant):
        return Turn(False)  # one run has been started for all that were missed
    return Turn(True, schedule_id)
