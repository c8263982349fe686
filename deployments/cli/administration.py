"""Organizations, users, keys, the audit log, the database's schema."""

from dataclasses import asdict
from pathlib import Path

import click

from deployments.cli.terminal import Refused, command, limit_option, organization_option, ready_store, show, table, when
from storage import audit, rotation, row_security, schema
from storage.backup import back_up
from storage.organization import organization_settings, tenants
from storage.records import Role
from storage.session import Store, open_store


@command("migrate")
@click.option("--app-role", metavar="NAME", help="Postgres: let this role do the application's work; made if need be.")
def migrate_command(app_role: str | None, *, as_json: bool) -> None:
    """Bring the database up to date; on Postgres as the owner of its tables."""
    store = open_store()
    before = schema.version(store)
    schema.upgrade(store)
    after = schema.version(store)
    said = f"schema {before or 'empty'} → {after}"
    if app_role:
        said += f"\n{_admitted(store, app_role)}"
    show(as_json, {"from": before, "to": after, "app_role": app_role}, lambda: click.echo(said))


def _admitted(store: Store, role: str) -> str:
    with store.begin() as session:
        if not session.is_postgres:
            raise click.UsageError("--app-role is for Postgres: SQLite knows no roles")
        is_new = row_security.admit(session.connection, role)
    return f"role {role} made: give it a password with `\\password {role}` in psql" if is_new else f"role {role} let in"


@command("backup")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def backup_command(path: Path, *, as_json: bool) -> None:
    """Copy the database (SQLite) to FILE, while everything runs. The keys are not in it: keep them elsewhere."""
    size = back_up(ready_store(), path)
    show(as_json, {"file": str(path), "bytes": size}, lambda: click.echo(f"{size} bytes written to {path}"))


@click.group("org")
def org_command() -> None:
    """Organizations."""


@command("add")
@click.argument("name")
def _org_add(name: str, *, as_json: bool) -> None:
    """Add an organization; its short name is made from NAME."""
    with ready_store().begin() as session:
        made = tenants.add_organization(session, name)
    show(as_json, {"id": made.id, "slug": made.slug, "name": made.name}, lambda: click.echo(made.slug))


@command("list")
def _org_list(*, as_json: bool) -> None:
    """List organizations."""
    with ready_store().read() as session:
        found = tenants.organizations_all(session)
    show(
        as_json,
        [{"id": one.id, "slug": one.slug, "name": one.name} for one in found],
        lambda: table("", ["short name", "name"], [(one.slug, one.name) for one in found], empty="no organization yet"),
    )


@command("settings", examples=("org settings --org acme", "org settings --org acme tracking=true four_eyes_above=200"))
@organization_option
@click.option("--as", "actor", default="terminal", help="Who changes it, for the audit log.")
@click.argument("changes", nargs=-1, metavar="[NAME=VALUE]...")
def _org_settings(organization: str, actor: str, changes: tuple[str, ...], *, as_json: bool) -> None:
    """Show what an organization has set for itself, or change it; NAME= takes a setting back."""
    pairs = [word.partition("=") for word in changes]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise click.UsageError(f"{wrong[0]}: write NAME=VALUE, such as tracking=true")
    with ready_store().begin() as session:
        scope = tenants.whole_organization(session, organization)
        if pairs:
            organization_settings.change(session, scope, {name: value for name, _, value in pairs}, actor=actor)
        found = asdict(organization_settings.organization_settings(session, scope))
    show(as_json, found, lambda: table("", ["setting", "value"], list(found.items()), empty=""))


@click.group("user")
def user_command() -> None:
    """Users of an organization."""


@command("add")
@click.argument("email")
@organization_option
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="A member sees syncs and campaigns of their own, an admin all of the organization's.",
)
@click.option("--name", default="", help="How they are called.")
def _user_add(email: str, organization: str, role: str, name: str, *, as_json: bool) -> None:
    """Add a user."""
    from tasks.rules.reachable import is_email  # noqa: PLC0415 (slow import: phonenumbers)

    if not is_email(email.strip()):
        raise Refused(f"{email!r} is no e-mail address: people sign in and are told of reviews by it")
    with ready_store().begin() as session:
        made = tenants.add_user(session, organization, email, role=Role(role), name=name)
    show(
        as_json,
        {"id": made.id, "email": made.email, "role": made.role},
        lambda: click.echo(f"{made.email} ({made.role})"),
    )


@command("list")
@organization_option
def _user_list(organization: str, *, as_json: bool) -> None:
    """List users."""
    with ready_store().read() as session:
        found = tenants.users_of(session, tenants.whole_organization(session, organization))
    show(
        as_json,
        [{"id": one.id, "email": one.email, "role": one.role, "name": one.name} for one in found],
        lambda: table(
            "", ["e-mail", "role", "name"], [(one.email, one.role, one.name) for one in found], empty="no user yet"
        ),
    )


@click.group("keys")
def keys_command() -> None:
    """Encryption keys."""


@command("rotate")
def _keys_rotate(*, as_json: bool) -> None:
    """Seal everything with the first of CONTACTFLOW_SECRET_KEYS. Those between it and the last may go afterwards.

    The last stays: the hashes of who opted out or was erased are made with it.
    """
    with ready_store().begin() as session:
        moved = sum(
            rotation.rotate(session, tenants.whole_organization(session, one.slug))
            for one in tenants.organizations_all(session)
        )
    show(as_json, {"sealed_anew": moved}, lambda: click.echo(f"{moved} values sealed anew"))


@click.group("audit")
def audit_command() -> None:
    """The audit log."""


@command("verify")
@click.option("--org", "organization", help="One organization; all of them without it.")
def _audit_verify(organization: str | None, *, as_json: bool) -> None:
    """Check that no entry was changed, added or taken out since it was written."""
    with ready_store().read() as session:
        slugs = [organization] if organization else [one.slug for one in tenants.organizations_all(session)]
        found = {slug: audit.verify(session, tenants.whole_organization(session, slug)) for slug in slugs}
    rows = [
        (slug, one.entries, f"BROKEN at entry {one.broken_at}" if one.broken_at else "whole")
        for slug, one in found.items()
    ]
    show(
        as_json,
        {slug: {"entries": one.entries, "broken_at": one.broken_at} for slug, one in found.items()},
        lambda: table("", ["organization", "entries", "chain"], rows, empty="no organization yet"),
    )
    if any(one.broken_at for one in found.values()):
        raise Refused("the audit log was tampered with")


@command("log")
@organization_option
@limit_option(50)
def _audit_log(organization: str, limit: int, *, as_json: bool) -> None:
    """Show the newest entries."""
    with ready_store().read() as session:
        found = audit.entries(session, tenants.whole_organization(session, organization), limit=limit)
    rows = [(when(one.at), one.actor, one.action, one.subject) for one in found]
    show(
        as_json,
        [asdict(one) for one in found],
        lambda: table("", ["when", "who", "what", "about"], rows, empty="nothing yet"),
    )


org_command.add_command(_org_add)
org_command.add_command(_org_list)
org_command.add_command(_org_settings)
user_command.add_command(_user_add)
user_command.add_command(_user_list)
keys_command.add_command(_keys_rotate)
audit_command.add_command(_audit_verify)
audit_command.add_command(_audit_log)
