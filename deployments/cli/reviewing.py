"""Reviews in the terminal: approve, reject, undo."""

import sys

import click

from deployments.cli.looking import KINDS, as_data, found, tell_outcome
from deployments.cli.terminal import Refused, command, ready_store, reviewer_of, show, table
from deployments.cli.waiting import follow, wait_for_run
from storage.deciding import Choice
from storage.records import Change, ChangeKind, ChangeState, SyncStatus
from storage.scope import Scope
from storage.session import Session, Store
from storage.settings import settings
from storage.sync import plans, reviews
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine, EngineError

as_option = click.option("--as", "reviewer", metavar="EMAIL", help="Who decides; the sync's own user without it.")


@command("approve", examples=("approve ID --only create --only update", "approve ID --reject 12 --reject 15:job_title"))
@click.argument("sync_id", metavar="ID")
@click.option("--only", "kinds", multiple=True, type=click.Choice(KINDS), help="Approve these kinds of rows alone.")
@click.option(
    "--reject", "refused", multiple=True, metavar="RECORD", help="Leave out a row, or a field of it: 12, 12:job_title."
)
@click.option("--comment", default="", help="For the audit trail.")
@click.option("--digest", default="", help="Approve only if the plan is still this one.")
@click.option("--wait", is_flag=True, help="Wait until all of it is written.")
@as_option
def approve_command(
    sync_id: str, kinds: tuple[str, ...], refused: tuple[str, ...], comment: str, digest: str, reviewer: str | None,
    *, wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Approve a sync's plan, or part of it; what is left out is offered again next time."""
    store = ready_store()
    with store.begin() as session:
        scope, sync = found(session, sync_id)
        rows, edits = reviews.chosen(_named(session, scope, sync, refused), refused)
        decision = Decision(
            Choice.APPROVE, reviewer_of(session, scope, sync.user_id, reviewer), comment, digest=digest or sync.digest,
            kinds=tuple(ChangeKind(kind) for kind in kinds), refused=rows, edits=edits,
        )  # fmt: skip
        reviews.decide(session, scope, sync_id, decision)
    _go_on(store, sync, decision, wait=wait, as_json=as_json)


@command("reject")
@click.argument("sync_id", metavar="ID")
@click.option("--comment", default="", help="For the audit trail.")
@as_option
def reject_command(sync_id: str, comment: str, reviewer: str | None, *, as_json: bool) -> None:
    """Reject a sync's plan: nothing is written, and the next sync offers it again."""
    store = ready_store()
    with store.begin() as session:
        scope, sync = found(session, sync_id)
        decision = Decision(Choice.REJECT, reviewer_of(session, scope, sync.user_id, reviewer), comment)
        reviews.decide(session, scope, sync_id, decision)
    _go_on(store, sync, decision, wait=False, as_json=as_json)


@command("undo")
@click.argument("sync_id", metavar="ID")
@as_option
def undo_command(sync_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Take a completed sync back; contacts that were edited since are left alone, and listed."""
    store = ready_store()
    with store.read() as session:
        scope, sync = found(session, sync_id)
        who = reviewer_of(session, scope, sync.user_id, reviewer)
    if sync.status is not SyncStatus.COMPLETED:
        raise Refused(f"sync {sync_id} is {sync.status}: only a completed one can be taken back")
    _run_undo(Engine(settings().prefect_url), sync_id, who)
    with store.read() as session:
        counts = plans.counts(session, scope, sync_id)
        rows = plans.every(session, scope, sync_id, None, states=[ChangeState.APPLIED])
        left = [row for row in rows if row.error]
    undone = sum(number for (_, state), number in counts.items() if state is ChangeState.UNDONE)
    refused = [{"contact": row.object_id, "row": row.ordinal, "why": row.error} for row in left]
    show(as_json, {"id": sync_id, "undone": undone, "refused": refused}, lambda: _print_undo(undone, refused))


def _run_undo(engine: Engine, sync_id: str, reviewer: str) -> None:
    run_id = engine.start("undo-sync", {"sync": sync_id, "reviewer": reviewer})
    try:
        wait_for_run(engine, run_id)
    except Refused as failed:
        raise Refused(f"nothing was taken back: {failed}") from None


def _go_on(store: Store, sync: Sync, decision: Decision, *, wait: bool, as_json: bool) -> None:
    """Resume the run. If Prefect fails, the decision is stored, and the sweeper resumes the run later."""
    engine = Engine(settings().prefect_url)
    answer = {"decision": decision.choice.value, "reviewer": decision.reviewer, "comment": decision.comment[:2000]}
    try:
        engine.resume(sync.flow_run_id, answer)
    except EngineError as error:
        click.echo(f"the decision is kept, and carried out when Prefect is back ({error})", err=True)
        wait = False
    ended = (SyncStatus.COMPLETED, SyncStatus.REJECTED, SyncStatus.FAILED)
    if wait:
        sync = follow(store, engine, sync.id, sync.flow_run_id, until=ended)
    else:
        with store.read() as session:
            _, sync = found(session, sync.id)
    show(as_json, as_data(sync), lambda: tell_outcome(sync))
    if wait and sync.status is not SyncStatus.COMPLETED:
        sys.exit(1)


def _named(session: Session, scope: Scope, sync: Sync, words: tuple[str, ...]) -> list[Change]:
    return list(plans.every(session, scope, sync.id, None)) if words else []


def _print_undo(undone: int, refused: list[dict[str, object]]) -> None:
    click.echo(f"{undone} rows taken back, {len(refused)} left as they are")
    table("", ["contact", "row", "why"], [(r["contact"], r["row"], r["why"]) for r in refused], empty="")
