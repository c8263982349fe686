"""Automatic approval by a schedule's review policy: only plans of new contacts and plain updates."""

from collections.abc import Sequence

from storage import audit
from storage.deciding import Choice
from storage.organization import schedules
from storage.records import Change, ReviewPolicy
from storage.scope import Scope
from storage.session import Session
from storage.sync import reviews, syncs
from storage.sync.reviews import Decision
from tasks.rules.risk import risks


def settle(session: Session, scope: Scope, sync_id: str, rows: Sequence[Change]) -> bool:
    """True if the schedule's policy approved the plan; otherwise a person decides."""
    sync = syncs.sync(session, scope, sync_id)
    schedule = schedules.find(session, scope, sync.schedule_id) if sync.schedule_id else None
    if schedule is None or schedule.policy is not ReviewPolicy.RISKY:
        return False
    found = risks(rows, sync.warnings)
    detail = {"policy": schedule.policy, "schedule": schedule.id, "set_by": schedule.policy_by, "risks": found}
    action = "sync.held_by_policy" if found else "sync.approved_by_policy"
    audit.record(session, scope, actor="contactflow", action=action, subject=sync_id, detail=detail)
    if not found:
        reviewer = f"the schedule's policy, set by {schedule.policy_by}"
        decision = Decision(Choice.APPROVE_SAFE, reviewer, comment="only when risky", digest=sync.digest)
        reviews.decide(session, scope, sync_id, decision)
    return not found
