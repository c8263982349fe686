"""Synchronise Prefect's schedules of contact-sync with ours, which are authoritative.

Prefect creates the next runs of each schedule in advance. When a schedule changes it deletes the future runs of all
schedules and recreates them within a minute; when a schedule is deleted, also the runs that are due and wait for a
worker. At nine o'clock that could be hundreds of other organizations' syncs. So runs are recreated immediately, and no
schedule is deleted while runs wait.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage.documents import now
from storage.organization import connections, schedules, tenants
from storage.organization.schedules import Schedule
from storage.records import ConnectionStatus
from storage.scope import Scope
from storage.session import Session, Store
from tasks.providers.flow_runs.engine import Engine, EngineRefused
from tasks.rules.timing import anchor, spread

FLOW = "contact-sync"
Terms = dict[str, Any]


def schedule(store: Store, engine: Engine) -> Counter[str]:
    """Returns counts of schedules created, changed and removed in Prefect. Idempotent, and safe to run concurrently."""
    done: Counter[str] = Counter()
    deployment = engine.deployment(FLOW)
    place = f"deployments/{deployment}/schedules"
    wanted, begun = _wanted(store), now()
    for there in engine.ask("GET", place) or []:
        terms = wanted.pop(there["slug"] or "", None)
        if terms is None:
            done["removed"] += _retire(engine, deployment, there)
        elif not _agrees(there, terms):
            engine.ask("PATCH", f"{place}/{there['id']}", {**terms, "slug": there["slug"]})
            done["changed"] += 1
    for slug, terms in wanted.items():
        done["created"] += _create(engine, place, {**terms, "slug": slug})
    if done["removed"] or done["changed"]:
        engine.ask("POST", f"deployments/{deployment}/schedule", {"start_time": begun.isoformat()})
    return +done


def _retire(engine: Engine, deployment: str, there: Mapping[str, Any]) -> bool:
    """Deactivate a schedule, or delete it if no runs wait. True if anything changed."""
    due = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": now().isoformat()}}
    waiting = engine.ask("POST", "flow_runs/count", {"flow_runs": due, "deployments": {"id": {"any_": [deployment]}}})
    place = f"deployments/{deployment}/schedules/{there['id']}"
    if not waiting:
        engine.ask("DELETE", place)
    elif there["active"]:
        engine.ask("PATCH", place, {"active": False})
    return not waiting or bool(there["active"])


def _create(engine: Engine, place: str, terms: Terms) -> bool:
    try:
        engine.ask("POST", place, [terms])
    except EngineRefused:
        if terms["slug"] in {there["slug"] for there in engine.ask("GET", place) or []}:
            return False  # created concurrently by another process
        raise
    return True


def _wanted(store: Store) -> dict[str, Terms]:
    with store.read() as session:
        return {
            one.id: _terms(session, scope, tenants.slug_of_scope(session, scope), one)
            for scope in schedules.with_any(session)
            for one in schedules.schedules(session, scope)
        }


def _terms(session: Session, scope: Scope, organization: str, one: Schedule) -> Terms:
    source = connections.connection(session, scope, one.connection_id)
    owner = next(user.email for user in tenants.users_of(session, scope) if user.id == one.user_id)
    asked = {"organization": organization, "user": owner, "connection": one.connection_id, "schedule": one.id}
    is_active = one.is_active and source.status is not ConnectionStatus.DISCONNECTED
    return {"active": is_active, "schedule": timetable(one), "parameters": asked}


def timetable(one: Schedule) -> Terms:
    """In Prefect's form: a cron with its seconds in the last field, or an interval with an anchor date."""
    if one.timing.every:
        begun = anchor(one.timing, one.id, one.created_at).isoformat()
        return {"interval": one.timing.every.total_seconds(), "anchor_date": begun, "timezone": "UTC"}
    cron, second = spread(one.timing.cron, one.id)
    return {"cron": f"{cron} {second}", "timezone": one.timing.time_zone}


def _agrees(there: Mapping[str, Any], terms: Terms) -> bool:
    same = all(there[name] == terms[name] for name in ("active", "parameters"))
    return same and all(_told(there["schedule"].get(name)) == _told(said) for name, said in terms["schedule"].items())


def _told(value: Any) -> Any:
    """Parse timestamps, which Prefect formats in several ways, so that equal ones compare equal."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
