"""Saved segments."""

from dataclasses import asdict

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store, show, table
from storage.campaign import segments
from storage.organization import tenants
from storage.records import Criteria


@click.group("segment")
def segment_command() -> None:
    """Criteria for an audience, kept by name."""


@command("save")
@click.argument("name")
@organization_option
@click.option("--pipeline", default="", help="Only contacts in this pipeline.")
@click.option("--stage", default="", help="Only contacts at this stage.")
@click.option("--tag", "tags", multiple=True, help="Only contacts with one of these tags.")
@click.option("--contact", "contacts", multiple=True, metavar="ID", help="Only these contacts.")
def _segment_save(
    name: str, organization: str, pipeline: str, stage: str, tags: tuple[str, ...], contacts: tuple[str, ...], *,
    as_json: bool,
) -> None:  # fmt: skip
    """Save criteria under a name, in place of earlier ones of that name."""
    criteria = Criteria(pipeline, stage, tags, contacts)
    with ready_store().begin() as session:
        segments.save(session, tenants.whole_organization(session, organization), name, criteria)
    show(as_json, {"name": name, **asdict(criteria)}, lambda: click.echo(f"{name} saved"))


@command("list")
@organization_option
def _segment_list(organization: str, *, as_json: bool) -> None:
    """List saved segments."""
    with ready_store().read() as session:
        found = segments.segments(session, tenants.whole_organization(session, organization))
    rows = [
        (name, one.pipeline, one.stage, ", ".join(one.tags), len(one.contacts) or "") for name, one in found.items()
    ]
    empty = "no segment yet: `contactflow segment save NAME …` keeps one"
    data = [{"name": name, **asdict(one)} for name, one in found.items()]
    show(as_json, data, lambda: table("", ["name", "pipeline", "stage", "tags", "contacts"], rows, empty=empty))


@command("remove")
@click.argument("name")
@organization_option
def _segment_remove(name: str, organization: str, *, as_json: bool) -> None:
    """Remove a saved segment; campaigns that were made of it stay as they are."""
    with ready_store().begin() as session:
        if not segments.remove(session, tenants.whole_organization(session, organization), name):
            raise Refused(f"no segment {name!r}: `contactflow segment list --org {organization}` lists them")
    show(as_json, {"name": name}, lambda: click.echo("removed"))


segment_command.add_command(_segment_save)
segment_command.add_command(_segment_list)
segment_command.add_command(_segment_remove)
