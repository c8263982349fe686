"""Show syncs and their plans. Read-only, so that nothing slow need be imported."""

from typing import Any

import click

from deployments.cli.advice import advice_as_data, tell_advice
from deployments.cli.terminal import (
    command,
    limit_option,
    numbers_told,
    organization_option,
    ready_store,
    show,
    table,
    when,
)
from deployments.cli.values import cell_text
from storage.documents import document
from storage.organization import suggestions, tenants
from storage.records import Cell, Change, ChangeKind, Proposal, Run, RunKind, Suggestion, SyncStatus
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from storage.sync import plans, syncs
from storage.sync.syncs import Sync
from tasks.rules.wording import as_text
from web.words import STATUSES

KINDS = [kind.value for kind in ChangeKind]


@command("syncs")
@organization_option
@limit_option(100)
def syncs_command(organization: str, limit: int, *, as_json: bool) -> None:
    """List syncs, the newest first."""
    with ready_store().read() as session:
        found = syncs.syncs(session, tenants.whole_organization(session, organization), limit=limit)
    show(as_json, [as_data(sync) for sync in found], lambda: _table(found))


@command("preview")
@click.argument("sync_id", metavar="ID")
@click.option("--only", "kinds", multiple=True, type=click.Choice(KINDS), help="Some kinds of rows.")
@limit_option(50, "rows")
def preview_command(sync_id: str, kinds: tuple[str, ...], limit: int, *, as_json: bool) -> None:
    """Look at what a sync would change, row by row."""
    wanted = [ChangeKind(kind) for kind in kinds] or list(ChangeKind)
    with ready_store().read() as session:
        scope, sync = found(session, sync_id)
        key = syncs.preview_key(session, scope, sync.id)
        shown = None if as_json else limit
        rows = (
            list(plans.every(session, scope, sync.id, key, kinds=wanted))
            if shown is None
            else plans.changes(session, scope, sync.id, key, kinds=wanted, limit=limit)
        )
        total = sum(number for (kind, _), number in plans.counts(session, scope, sync.id).items() if kind in wanted)
        advised = suggestions.suggestions(session, scope, Run(RunKind.SYNC, sync.id))
    data = {"changes": [row_as_data(row) for row in rows], "suggestions": [advice_as_data(one) for one in advised]}
    show(as_json, as_data(sync) | data, lambda: _print(sync, rows, total, advised))


def found(session: Session, sync_id: str) -> tuple[Scope, Sync]:
    scope = tenants.scope_of_sync(session, sync_id)
    return scope, syncs.sync(session, scope, sync_id)


def as_data(sync: Sync) -> dict[str, object]:
    return {
        "id": sync.id,
        "flow_run_id": sync.flow_run_id,
        "status": sync.status,
        "provider": sync.provider,
        "connection_id": sync.connection_id or None,
        "full": sync.full,
        "digest": sync.digest,
        "statistics": sync.statistics.by_name(),
        "forecast": sync.numbers if sync.is_open else None,
        "warnings": sync.warnings,
        "error": sync.error,
        "decided_by": sync.decided_by,
        "comment": sync.comment,
        "created_at": sync.created_at,
        "decided_at": sync.decided_at,
        "completed_at": sync.completed_at,
        "undone_at": sync.undone_at,
    }


def tell_outcome(sync: Sync) -> None:
    tell_numbers(sync)
    if sync.status is SyncStatus.PREVIEW:
        click.echo(f"look:    contactflow preview {sync.id}")
    _tell_how_to_decide(sync)


def tell_numbers(sync: Sync) -> None:
    has_plan = sync.status in {SyncStatus.PREVIEW, SyncStatus.COMPLETED}
    numbers = numbers_told(sync.numbers, nothing="nothing to change" if has_plan else "")
    click.echo(f"sync {sync.id} {_stands(sync)}{': ' if numbers else ''}{numbers}")
    if sync.error:
        click.echo(sync.error, err=True)
    for warning in sync.warnings:
        click.echo(f"warning: {warning}", err=True)


def _tell_how_to_decide(sync: Sync) -> None:
    if sync.status is SyncStatus.PREVIEW:
        click.echo(f"page:    {settings().public_url}/syncs/{sync.id}")
        click.echo(f"decide:  contactflow approve {sync.id}    or    contactflow reject {sync.id}")


def _stands(sync: Sync) -> str:
    told = STATUSES[sync.status]
    return told if sync.status in {SyncStatus.PREVIEW, SyncStatus.FAILED} else f"is {told}"


def _table(found: list[Sync]) -> None:
    rows = [
        (sync.id, when(sync.created_at), sync.provider, sync.status + (" (undone)" if sync.undone_at else ""),
         numbers_told(sync.numbers))
        for sync in found
    ]  # fmt: skip
    table("", ["id", "started", "from", "status", "numbers"], rows, empty="no sync yet: `contactflow sync` starts one")


def row_as_data(row: Change) -> dict[str, Any]:
    proposal = row.proposal or Proposal("")
    return {
        "id": row.id,
        "number": row.ordinal,
        "kind": row.kind,
        "state": row.state,
        "contact": row.object_id or None,
        "name": proposal.name,
        "reason": row.reason,
        "fields": row.fields,
        "changes": [_cell(cell) for cell in proposal.cells],
        "conflicts": [_cell(cell) for cell in proposal.conflicts],
        "sources": [{"id": link.source_id, "values": document(link.person)} for link in proposal.links],
        "error": row.error,
    }  # fmt: skip


def _cell(cell: Cell) -> dict[str, Any]:
    return {"field": cell.field, "before": cell.before, "after": cell.after}


def _print(sync: Sync, rows: list[Change], total: int, advised: list[Suggestion]) -> None:
    tell_numbers(sync)
    lines = [(row.ordinal, row.kind, row.state, *_told(row), row.error or row.reason) for row in rows]
    table("", ["row", "what", "state", "who", "before → after", "why"], lines, empty="no rows to show")
    if total > len(rows):
        click.echo(f"{total - len(rows)} more rows: --limit {total} shows all, --only KIND some of them")
    tell_advice(advised)
    _tell_how_to_decide(sync)


def _told(row: Change) -> tuple[str, str]:
    """The name and the changes; once the preview data is deleted, only the contact's id and the fields."""
    if row.proposal is None:
        return row.object_id, as_text(row.fields)
    return row.proposal.name, "\n".join(map(cell_text, row.proposal.cells))
