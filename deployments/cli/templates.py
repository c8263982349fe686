"""Saved templates."""

from dataclasses import asdict
from pathlib import Path

import click

from deployments.cli.terminal import command, organization_option, ready_store, show, table, text_of, user_option, when
from storage.campaign import templates
from storage.campaign.templates import NewTemplate
from storage.organization import tenants
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
    brief = read_brief(text_of(path))
    check_template(brief.subject, brief.text, brief.links)
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


template_command.add_command(_template_save)
template_command.add_command(_template_list)
