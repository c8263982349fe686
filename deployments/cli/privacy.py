"""What a person may ask of an organization: all that it holds of them, and that it be gone."""

import json

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store
from storage import audit, holdings, tenants
from storage.scope import Scope
from storage.session import Session
from tasks.rules.identity import whom

user_option = click.option("--user", default="", metavar="EMAIL", help="Who asks, for the audit log: a user.")


@command("export-person")
@click.argument("email")
@organization_option
@user_option
def export_person_command(email: str, organization: str, user: str, *, as_json: bool) -> None:
    """Print all that the organization holds of the person with this address, as JSON."""
    del as_json  # there is no other form
    with ready_store().begin() as session:
        scope, actor = _asked_by(session, organization, user)
        asked = whom(email)
        found = holdings.holdings(session, scope, asked)
        if found is None:
            raise Refused("nothing is held of a person with this address")
        counts = {name: len(rows) for name, rows in found.items()}
        subject = holdings.known_as(session, scope, asked)
        audit.record(session, scope, actor=actor, action="person.exported", subject=subject, detail=counts)
    click.echo(json.dumps({"person": email, **found}, default=str, indent=2, ensure_ascii=False))


def _asked_by(session: Session, organization: str, user: str) -> tuple[Scope, str]:
    """A user's own scope; the operator at the terminal acts for the organization."""
    if not user:
        return tenants.whole_organization(session, organization), "terminal"
    return tenants.scope_of(session, organization, user), user.strip().lower()
