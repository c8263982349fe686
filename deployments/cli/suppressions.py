"""The suppression list: addresses that get no mail."""

from dataclasses import asdict

import click

from deployments.cli.terminal import Refused, command, limit_option, organization_option, ready_store, show, table, when
from storage import audit
from storage.campaign import suppressions
from storage.organization import tenants
from storage.records import SuppressionReason
from tasks.rules.audience import canonical


@click.group("suppression")
def suppression_command() -> None:
    """Who must not be written to."""


@command("add")
@click.argument("email")
@organization_option
def _suppression_add(email: str, organization: str, *, as_json: bool) -> None:
    """Never write to this address again."""
    with ready_store().begin() as session:
        scope = tenants.whole_organization(session, organization)
        hashed = suppressions.address_hash(session, scope, canonical(email))
        new = suppressions.suppress(session, scope, [hashed], SuppressionReason.MANUAL)
        audit.record(session, scope, actor="terminal", action="suppression.added", subject=hashed[:16])
    show(as_json, {"new": bool(new)}, lambda: click.echo("added" if new else "it was on the list already"))


@command("lift")
@click.argument("email")
@organization_option
def _suppression_lift(email: str, organization: str, *, as_json: bool) -> None:
    """Let an address be written to again, because its owner asked for it."""
    with ready_store().begin() as session:
        scope = tenants.whole_organization(session, organization)
        hashed = suppressions.address_hash(session, scope, canonical(email))
        if not suppressions.allow_again(session, scope, hashed):
            raise Refused("this address is not on the list, or was erased for good")
        audit.record(session, scope, actor="terminal", action="suppression.lifted", subject=hashed[:16])
    show(as_json, {"lifted": True}, lambda: click.echo("it may be written to again"))


@command("list")
@organization_option
@limit_option(100)
def _suppression_list(organization: str, limit: int, *, as_json: bool) -> None:
    """List who must not be written to; addresses are kept as hashes only."""
    with ready_store().read() as session:
        scope = tenants.whole_organization(session, organization)
        found = suppressions.everyone(session, scope, limit=limit)
    rows = [(one.address_hash[:16], one.reason, one.campaign_id, when(one.created_at)) for one in found]
    empty = "nobody is on the list"
    data = [asdict(one) for one in found]
    show(as_json, data, lambda: table("", ["hash of the address", "why", "campaign", "since"], rows, empty=empty))


suppression_command.add_command(_suppression_add)
suppression_command.add_command(_suppression_lift)
suppression_command.add_command(_suppression_list)
