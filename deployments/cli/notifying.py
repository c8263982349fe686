"""Notification targets of an organization."""

import sys
from collections.abc import Mapping

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store, show, table
from storage.organization import tenants
from storage.records import Audience, NoticeKind, Target
from storage.reporting import notices
from storage.settings import settings
from tasks.providers.messages import is_address, send
from tasks.providers.notifications import house
from tasks.rules.notice_texts import message

as_option = click.option("--as", "actor", default="terminal", help="Who does it, for the audit log.")


@click.group("notify")
def notify_command() -> None:
    """Where people are told of what needs them."""


@command("add")
@organization_option
@click.option("--admins", is_flag=True, help="Only what others did not react to.")
@as_option
def _notify_add(organization: str, actor: str, *, admins: bool, as_json: bool) -> None:
    """Add an address of Apprise's kind: mailtos://…, slack://…, workflows://…, jsons://… It is read from
    a prompt or standard input, because it may hold a secret and others can see a command's arguments.
    """
    url = (click.prompt("Address", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not is_address(url):
        raise Refused("this is no address that Apprise knows: https://github.com/caronc/apprise lists them")
    with ready_store().begin() as session:
        scope = tenants.whole_organization(session, organization)
        audience = Audience.ADMINS if admins else Audience.REVIEWERS
        made = notices.add_target(session, scope, url, audience, actor=actor)
    show(as_json, _data(made), lambda: click.echo(f"{made.id}  try it: contactflow notify test --org {organization}"))


@command("list")
@organization_option
def _notify_list(organization: str, *, as_json: bool) -> None:
    """List an organization's own addresses; of each, its kind alone is shown."""
    with ready_store().read() as session:
        found = notices.targets(session, tenants.whole_organization(session, organization))
    rows = [(one.id, one.label, one.audience, one.added_by) for one in found]
    empty = f"none of its own: {len(house())} of CONTACTFLOW_NOTIFY_URLS are used"
    show(
        as_json, [_data(one) for one in found], lambda: table("", ["id", "kind", "for", "added by"], rows, empty=empty)
    )


@command("remove")
@click.argument("target_id", metavar="ID")
@organization_option
@as_option
def _notify_remove(target_id: str, organization: str, actor: str, *, as_json: bool) -> None:
    """Remove an address."""
    with ready_store().begin() as session:
        notices.remove_target(session, tenants.whole_organization(session, organization), target_id, actor=actor)
    show(as_json, {"id": target_id}, lambda: click.echo("removed"))


@command("test")
@organization_option
def _notify_test(organization: str, *, as_json: bool) -> None:
    """Send a message to each address, and say which took it."""
    with ready_store().begin() as session:
        scope = tenants.whole_organization(session, organization)
        urls = notices.addresses(session, scope, house())
        slug = tenants.slug_of_scope(session, scope)
    if not urls:
        raise Refused("nobody is told anything: `contactflow notify add`, or set CONTACTFLOW_NOTIFY_URLS")
    title, body = message(NoticeKind.TEST, "", slug, settings().public_url)
    taken = {target: send(url, title, body) for target, url in urls.items()}
    show(as_json, taken, lambda: _tell(taken))
    if not all(taken.values()):
        sys.exit(1)


def _tell(taken: Mapping[str, bool]) -> None:
    table("", ["address", ""], [(one, "taken" if fine else "NOT taken") for one, fine in taken.items()], empty="")


def _data(one: Target) -> dict[str, object]:
    return {
        "id": one.id, "kind": one.label, "for": one.audience, "added_by": one.added_by, "created_at": one.created_at,
    }  # fmt: skip


for one in (_notify_add, _notify_list, _notify_remove, _notify_test):
    notify_command.add_command(one)
