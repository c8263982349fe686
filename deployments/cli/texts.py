"""Saved templates, saved segments, and who must not be written to."""

from dataclasses import asdict
from pathlib import Path

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store, show, table, user_option, when
from storage import audit
from storage.campaign import segments, suppressions, templates
from storage.campaign.templates import NewTemplate
from storage.organization import tenants
from storage.records import Criteria, SuppressionReason
from tasks.rules.audience import canonical
from tasks.rules.briefs import read_brief
from tasks.rules.templates import check_template


@click.group("template")
def template_command() -> None:
    """Texts that mails are made from without a language model."""


@command("save")
@click.argument("name")
@organization_option
@user_option
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="Subject and text, as a brief.")
def _template_save(name: str, organization: str, user: str, path: Path, *, as_json: bool) -> None:
    """Save a template; a changed one becomes the next version."""
    if not path.is_file():
        raise Refused(f"there is no file {path}")
    brief = read_brief(path.read_text(encoding="utf-8"))
    check_template(brief.subject, brief.text)
    with ready_store().begin() as session:
        scope = tenants.scope_of(session, organization, user)
        new = NewTemplate(name, brief.subject, brief.text, brief.language, brief.links)
        kept = templates.save(session, scope, new, author=user)
    show(as_json, asdict(kept), lambda: click.echo(f"{kept.name} version {kept.version}"))


@command("list")
@organization_option
def _template_list(organization: str, *, as_json: bool) -> None:
    """List templates, each in its newest version."""
    with ready_store().read() as session:
        found = templates.templates(session, tenants.whole_organization(session, organization))
    rows = [(one.name, one.version, one.subject, one.created_by, when(one.created_at)) for one in found]
    columns = ["name", "version", "subject", "by", "since"]
    empty = "no template yet: `contactflow template save NAME --file …` keeps one"
    show(as_json, [asdict(one) for one in found], lambda: table("", columns, rows, empty=empty))


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
@click.option("--limit", default=100, show_default=True, help="How many to show.")
def _suppression_list(organization: str, limit: int, *, as_json: bool) -> None:
    """List who must not be written to; addresses are kept as hashes only."""
    with ready_store().read() as session:
        scope = tenants.whole_organization(session, organization)
        found = suppressions.everyone(session, scope, limit=limit)
    rows = [(one.address_hash[:16], one.reason, one.campaign_id, when(one.created_at)) for one in found]
    empty = "nobody is on the list"
    data = [asdict(one) for one in found]
    show(as_json, data, lambda: table("", ["hash of the address", "why", "campaign", "since"], rows, empty=empty))


template_command.add_command(_template_save)
template_command.add_command(_template_list)
segment_command.add_command(_segment_save)
segment_command.add_command(_segment_list)
segment_command.add_command(_segment_remove)
suppression_command.add_command(_suppression_add)
suppression_command.add_command(_suppression_lift)
suppression_command.add_command(_suppression_list)
