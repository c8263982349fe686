"""Schedules: when syncs of an account run automatically, and who reviews their plans."""

from datetime import datetime

import click

from deployments.cli.terminal import command, organization_option, ready_store, show, table
from storage.documents import now
from storage.organization import connections, schedules, tenants
from storage.organization.schedules import Schedule
from storage.records import ReviewPolicy, Timing
from storage.session import Store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine, EngineError
from tasks.rules.timing import next_runs, spelt, timing_of
from tasks.upkeep.schedule import schedule as keep_in_step

POLICIES = {ReviewPolicy.ALWAYS: "always", ReviewPolicy.RISKY: "only when risky"}


@click.group("schedule")
def schedule_command() -> None:
    """Let syncs of an account run by themselves."""


@command(
    "add",
    examples=(
        "schedule add --org acme --connection ID --cron '0 9 * * MON-FRI' --time-zone Europe/Berlin",
        "schedule add --org acme --connection ID --every 6h --review risky",
    ),
)
@organization_option
@click.option("--connection", required=True, metavar="ID", help="A connected account, as `connections` lists it.")
@click.option("--cron", default="", help="Minute, hour, day, month, weekday, such as '0 9 * * MON-FRI'.")
@click.option("--every", default="", help="In place of a cron expression, such as 30m, 6h or 1d.")
@click.option("--time-zone", default="UTC", show_default=True, help="Whose clocks the cron expression is read on.")
@click.option(
    "--review", type=click.Choice([one.value for one in ReviewPolicy]), default="always", show_default=True,
    help="`risky`: plans of nothing but new contacts and plain updates are approved by the schedule itself.",
)  # fmt: skip
@click.option("--as", "actor", default="terminal", help="Who sets it, for the audit log.")
def _schedule_add(
    organization: str, connection: str, cron: str, every: str, time_zone: str, review: str, actor: str, *, as_json: bool
) -> None:
    """Add a schedule. Its runs begin within ten minutes of the time named, so that not all begin at once."""
    timing, store = timing_of(cron, every, time_zone), ready_store()
    with store.begin() as session:
        scope = tenants.whole_organization(session, organization)
        made = schedules.add(session, scope, connection, timing, ReviewPolicy(review), actor=actor)
    _tell_prefect(store)
    coming = ", ".join(f"{one.astimezone():%a %d %b %H:%M}" for one in _coming(made))
    show(as_json, _data(made), lambda: click.echo(f"{made.id}  next runs: {coming}"))


@command("list")
@organization_option
def _schedule_list(organization: str, *, as_json: bool) -> None:
    """List schedules with their next runs."""
    with ready_store().read() as session:
        scope = tenants.whole_organization(session, organization)
        found = schedules.schedules(session, scope)
        names = {one.id: one.account for one in connections.connections(session, scope)}
    rows = [(one.id, names[one.connection_id], told(one.timing), POLICIES[one.policy], _next(one)) for one in found]
    columns = ["id", "account", "when", "review", "next run"]
    empty = "no schedule yet: `contactflow schedule add` makes one"
    show(as_json, [_data(one) for one in found], lambda: table("", columns, rows, empty=empty))


@command("change")
@click.argument("schedule_id", metavar="ID")
@click.option("--cron", default="", help="As with `add`; what is not named stays as it is.")
@click.option("--every", default="", help="As with `add`.")
@click.option("--time-zone", default="", help="As with `add`.")
@click.option("--review", type=click.Choice([one.value for one in ReviewPolicy]), help="As with `add`.")
@click.option("--as", "actor", default="terminal", help="Who changes it, for the audit log.")
def _schedule_change(
    schedule_id: str, cron: str, every: str, time_zone: str, review: str | None, actor: str, *, as_json: bool
) -> None:
    """Change when a schedule runs, or who looks at what its syncs would do."""
    store = ready_store()
    with store.begin() as session:
        scope = tenants.scope_of_schedule(session, schedule_id)
        before = schedules.schedule(session, scope, schedule_id)
        timing = _changed(before.timing, cron, every, time_zone)
        policy = ReviewPolicy(review or before.policy)
        kept = schedules.change(session, scope, schedule_id, timing, policy, actor=actor)
    _tell_prefect(store)
    show(as_json, _data(kept), lambda: click.echo(f"{told(kept.timing)}  next run: {_next(kept)}"))


@command("pause")
@click.argument("schedule_id", metavar="ID")
@click.option("--as", "actor", default="terminal", help="Who does it, for the audit log.")
def _schedule_pause(schedule_id: str, actor: str, *, as_json: bool) -> None:
    """Let a schedule rest until it is resumed."""
    _set_active(schedule_id, actor, active=False, as_json=as_json)


@command("resume")
@click.argument("schedule_id", metavar="ID")
@click.option("--as", "actor", default="terminal", help="Who does it, for the audit log.")
def _schedule_resume(schedule_id: str, actor: str, *, as_json: bool) -> None:
    """Let a paused schedule run again."""
    _set_active(schedule_id, actor, active=True, as_json=as_json)


@command("remove")
@click.argument("schedule_id", metavar="ID")
@click.option("--as", "actor", default="terminal", help="Who does it, for the audit log.")
def _schedule_remove(schedule_id: str, actor: str, *, as_json: bool) -> None:
    """Remove a schedule. Syncs that it began stay as they are."""
    store = ready_store()
    with store.begin() as session:
        schedules.remove(session, tenants.scope_of_schedule(session, schedule_id), schedule_id, actor=actor)
    _tell_prefect(store)
    show(as_json, {"id": schedule_id}, lambda: click.echo("removed"))


def _changed(before: Timing, cron: str, every: str, time_zone: str) -> Timing:
    if not (cron or every):
        if not time_zone:
            return before
        cron = before.cron
        every = "" if cron else spelt(before)
    return timing_of(cron, every, time_zone or before.time_zone)


def _set_active(schedule_id: str, actor: str, *, active: bool, as_json: bool) -> None:
    store = ready_store()
    with store.begin() as session:
        scope = tenants.scope_of_schedule(session, schedule_id)
        kept = schedules.set_active(session, scope, schedule_id, active=active, actor=actor)
    _tell_prefect(store)
    show(as_json, _data(kept), lambda: click.echo(f"next run: {_next(kept)}"))


def _tell_prefect(store: Store) -> None:
    """Apply the schedules to Prefect. If that fails, housekeeping does it later."""
    try:
        keep_in_step(store, Engine(settings().prefect_url))
    except EngineError as trouble:
        click.echo(f"kept, and told to Prefect as soon as it can be: {trouble}", err=True)


def told(timing: Timing) -> str:
    return f"every {spelt(timing)}" if timing.every else f"{timing.cron} ({timing.time_zone})"


def _coming(one: Schedule) -> list[datetime]:
    return next_runs(one.timing, one.id, since=one.created_at, after=now()) if one.is_active else []


def _next(one: Schedule) -> str:
    return next((f"{at.astimezone():%Y-%m-%d %H:%M}" for at in _coming(one)), "paused")


def _data(one: Schedule) -> dict[str, object]:
    return {
        "id": one.id, "connection": one.connection_id, "cron": one.timing.cron,
        "every_seconds": one.timing.every.total_seconds() if one.timing.every else None,
        "time_zone": one.timing.time_zone, "review": one.policy, "policy_by": one.policy_by, "active": one.is_active,
        "next_runs": _coming(one),
    }  # fmt: skip


schedule_command.add_command(_schedule_add)
schedule_command.add_command(_schedule_list)
schedule_command.add_command(_schedule_change)
schedule_command.add_command(_schedule_pause)
schedule_command.add_command(_schedule_resume)
schedule_command.add_command(_schedule_remove)
