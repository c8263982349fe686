"""When syncs of one organization run by themselves, and how a stranger would call for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from storage.organization import schedules
from storage.records import ReviewPolicy, Timing
from storage.scope import Scope
from storage.session import Session
from storage.sync import turns

if TYPE_CHECKING:
    from tests.storage.isolation import World

DAILY, HOURLY = Timing("0 9 * * *"), Timing(every=timedelta(hours=1))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
RISKY = ReviewPolicy.RISKY


def filled_schedule(session: Session, scope: Scope, connection_id: str) -> None:
    schedules.add(session, scope, connection_id, DAILY, ReviewPolicy.ALWAYS, actor=scope.user_id)


def theirs(session: Session, it: "World") -> str:
    return schedules.schedules(session, it.scope)[0].id


SCHEDULES_AS_A_STRANGER: "dict[str, Callable[[Session, Scope, World], Any]]" = {
    "schedules.add": lambda s, me, it: schedules.add(s, me, it.connection_id, HOURLY, RISKY, actor="me"),
    "schedules.change": lambda s, me, it: schedules.change(s, me, theirs(s, it), HOURLY, RISKY, actor="me"),
    "schedules.find": lambda s, me, it: schedules.find(s, me, theirs(s, it)),
    "schedules.remove": lambda s, me, it: schedules.remove(s, me, theirs(s, it), actor="me"),
    "schedules.schedule": lambda s, me, it: schedules.schedule(s, me, theirs(s, it)),
    "schedules.schedules": lambda s, me, _: schedules.schedules(s, me),
    "schedules.set_active": lambda s, me, it: schedules.set_active(s, me, theirs(s, it), active=False, actor="me"),
    "turns.begun_since": lambda s, me, it: turns.begun_since(s, me, it.connection_id, LONG_AGO),
    "turns.may_remind": lambda s, me, it: turns.may_remind(s, me, it.sync_id, last=LONG_AGO),
}
