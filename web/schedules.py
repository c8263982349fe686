"""Schedules of syncs: next runs, review policy, and changing them."""

import re
from collections.abc import Callable
from zoneinfo import available_timezones

from starlette.responses import Response

from storage.documents import now
from storage.organization import connections, schedules
from storage.records import ConnectionStatus, ReviewPolicy, Timing
from storage.session import Session
from tasks.providers.flow_runs.engine import EngineError
from tasks.rules.timing import BadTiming, next_runs, spelt, timing_of
from tasks.upkeep.schedule import schedule as keep_in_step
from web.visits import Refusal, Visit

RHYTHMS = {
    "weekdays": "every weekday, at",
    "daily": "every day, at",
    "weekly": "every Monday, at",
    "every": "again and again, every",
    "cron": "as a cron expression says",
}
DAYS = {"weekdays": "MON-FRI", "daily": "*", "weekly": "MON"}
ZONES = tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))

_TIME_OF_DAY = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})")


def show(visit: Visit) -> Response:
    return _page(visit)


def add(visit: Visit) -> Response:
    form = visit.form
    connection_id = form.one("connection")

    def added(session: Session, timing: Timing, policy: ReviewPolicy) -> None:
        schedules.add(session, visit.scope, connection_id, timing, policy, actor=visit.email)

    return _kept(visit, added)


def change(visit: Visit) -> Response:
    schedule_id = visit.part("schedule_id")

    def changed(session: Session, timing: Timing, policy: ReviewPolicy) -> None:
        schedules.change(session, visit.scope, schedule_id, timing, policy, actor=visit.email)

    with visit.context.store.read() as session:
        schedules.schedule(session, visit.scope, schedule_id)  # checks access before the form
    return _kept(visit, changed)


def pause(visit: Visit) -> Response:
    return _set_active(visit, active=False)


def resume(visit: Visit) -> Response:
    return _set_active(visit, active=True)


def remove(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        schedules.remove(session, visit.scope, visit.part("schedule_id"), actor=visit.email)
    return _told(visit)


def _set_active(visit: Visit, *, active: bool) -> Response:
    with visit.context.store.begin() as session:
        schedules.set_active(session, visit.scope, visit.part("schedule_id"), active=active, actor=visit.email)
    return _told(visit)


def _kept(visit: Visit, deed: Callable[[Session, Timing, ReviewPolicy], None]) -> Response:
    try:
        timing = _timing(visit)
    except BadTiming as trouble:
        return _page(visit, error=str(trouble), status=422)
    if visit.form.one("policy") not in set(ReviewPolicy):
        raise Refusal(400, "Not like this", "Say who looks at the plans.")
    with visit.context.store.begin() as session:
        deed(session, timing, ReviewPolicy(visit.form.one("policy")))
    return _told(visit)


def _timing(visit: Visit) -> Timing:
    """The timing from the fields of the chosen kind of schedule; others are ignored."""
    form = visit.form
    rhythm, zone = form.one("rhythm"), form.one("time_zone")
    if rhythm in DAYS:
        if not (at := _TIME_OF_DAY.fullmatch(form.one("at"))):
            raise BadTiming("write the time of day like 09:00")
        return timing_of(f"{int(at['minute'])} {int(at['hour'])} * * {DAYS[rhythm]}", "", zone)
    return timing_of(form.one("cron"), "", zone) if rhythm == "cron" else timing_of("", form.one("every"), zone)


def _told(visit: Visit) -> Response:
    """Update Prefect's schedules at once; if Prefect does not answer, housekeeping does."""
    try:
        keep_in_step(visit.context.store, visit.context.engine)
    except EngineError:
        return visit.go("/schedules?kept=later")
    return visit.go("/schedules?kept=now")


def _page(visit: Visit, *, error: str = "", status: int = 200) -> Response:
    with visit.context.store.read() as session:
        accounts = connections.connections(session, visit.scope)
        found = schedules.schedules(session, visit.scope)
    moment = now()
    coming = {
        one.id: next_runs(one.timing, one.id, since=one.created_at, after=moment) for one in found if one.is_active
    }
    return visit.page(
        "schedules.html", status=status, schedules=found, coming=coming, rhythms=RHYTHMS, zones=ZONES, error=error,
        names={one.id: one.account for one in accounts}, told=spelt, in_words=in_words,
        kept=visit.asked("kept"), form=visit.form,
        accounts=[one for one in accounts if one.status is not ConnectionStatus.DISCONNECTED],
    )  # fmt: skip


def in_words(timing: Timing) -> str:
    """A schedule in words, if it is of a kind that the form offers."""
    if timing.every is not None:
        return f"every {spelt(timing)}"
    minute, hour, *days = timing.cron.split()
    rhythm = next((name for name, day in DAYS.items() if days == ["*", "*", day]), None)
    if rhythm is None or not (minute.isdigit() and hour.isdigit()):
        return timing.cron
    return f"{RHYTHMS[rhythm].removesuffix(', at')} at {int(hour):02}:{int(minute):02}"
