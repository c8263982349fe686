"""Start syncs."""

import sys
from pathlib import Path

import click

from deployments.cli.looking import as_data, tell_outcome
from deployments.cli.terminal import Refused, command, organization_option, ready_store, show, user_option
from deployments.cli.waiting import follow
from storage.documents import new_id
from storage.organization import connections, tenants
from storage.records import SyncStatus
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine
from tasks.rules.guards import Allow


@command(
    "sync",
    examples=(
        "sync --org acme --user ann@acme.example --connection ID --wait",
        "sync --org acme --user ann@acme.example --file contacts.csv --column Mail=emails:work",
    ),
)
@organization_option
@user_option
@click.option("--connection", help="A connected account, as `contactflow connections` lists it.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="A vCard or CSV file.")
@click.option(
    "--column", "columns", multiple=True, metavar="HEADER=FIELD", help="What a CSV's column holds: Mail=emails:work"
)
@click.option("--full", is_flag=True, help="Read everything again, not only what changed.")
@click.option("--allow-removals", is_flag=True, help="Go on although many contacts would be unlinked.")
@click.option("--allow-updates", is_flag=True, help="Go on although many contacts would change.")
@click.option("--allow-blanks", is_flag=True, help="Go on although a field would be emptied on many.")
@click.option("--allow-repeats", is_flag=True, help="Go on although one address stands on many people.")
@click.option("--wait", is_flag=True, help="Wait until the review, or the end.")
def sync_command(
    *, organization: str, user: str, connection: str | None, path: Path | None, columns: tuple[str, ...], full: bool,
    wait: bool, as_json: bool, **allowed: bool,
) -> None:  # fmt: skip
    """Start a contact sync and print its id."""
    if (connection is None) == (path is None):
        raise click.UsageError("name either --connection or --file")
    if path is not None and not path.is_file():
        raise Refused(f"there is no file {path}")
    store, sync_id = ready_store(), new_id()
    with store.read() as session:
        scope = tenants.scope_of(session, organization, user)
        if connection:
            connections.connection(session, scope, connection)
    parameters = {
        "organization": organization, "user": user,
        "connection": connection or "",
        "file": str(path.resolve()) if path else "", "full": full,
        "allow": [guard.value for guard in Allow if allowed[f"allow_{guard}"]],
        "columns": _columns(columns),
    }  # fmt: skip
    run_id = (engine := Engine(settings().prefect_url)).start("contact-sync", parameters, key=sync_id)
    if not wait:
        show(as_json, {"id": sync_id, "flow_run_id": run_id}, lambda: click.echo(sync_id))
        return
    sync = follow(store, engine, sync_id, run_id)
    show(as_json, as_data(sync), lambda: tell_outcome(sync))
    if sync.status is SyncStatus.FAILED:
        sys.exit(1)


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in given]
    if wrong := [header for header, sign, field in pairs if not (header and sign and field)]:
        raise click.UsageError(f"--column {wrong[0]}: write HEADER=FIELD, such as Mail=emails:work")
    return {header: field for header, _, field in pairs}
