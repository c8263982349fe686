"""Requests of a data subject: export all data held about a person, or erase it."""

import json
import sys

import click

from deployments.cli.terminal import Refused, command, organization_option, ready_store, show
from storage import audit, scrubbing
from storage.organization import tenants
from storage.people import contacts
from storage.privacy import erasing, holdings
from storage.privacy.erasing import Erasure
from storage.records import Whom
from storage.scope import Scope
from storage.session import Session, Store
from tasks.rules.accounting import forecast
from tasks.rules.identity import whom, whom_of

BUSY = "the database was busy: what it had freed is overwritten by the next housekeeping"
KEPT = "Postgres's own files hold what was deleted until they are written anew: docs/operations.md says how"

user_option = click.option("--user", default="", metavar="EMAIL", help="Who asks, for the audit log: a user.")


@command("export-person")
@click.argument("person")
@organization_option
@user_option
def export_person_command(person: str, organization: str, user: str, *, as_json: bool) -> None:
    """Print all that the organization holds of a person, as JSON.

    PERSON is any e-mail address of theirs, or the id of their contact, who may have no address.
    """
    del as_json  # the output is always JSON
    with ready_store().begin() as session:
        scope, actor = _asked_by(session, organization, user)
        asked = _asked_for(session, scope, person)
        found = holdings.holdings(session, scope, asked)
        if found is None:
            raise Refused("nothing is held of a person with this address")
        counts = {name: len(rows) for name, rows in found.items()}
        subject = holdings.known_as(session, scope, asked)
        audit.record(session, scope, actor=actor, action="person.exported", subject=subject, detail=counts)
    click.echo(json.dumps({"person": person, **found}, default=str, indent=2, ensure_ascii=False))


@command("erase")
@click.argument("person")
@organization_option
@user_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_command(person: str, organization: str, user: str, *, yes: bool, as_json: bool) -> None:
    """Erase a person from everything that the organization holds, for good.

    PERSON is any e-mail address of theirs, or the id of their contact, who may have no address.
    No sync brings them back, and nobody writes to them again. `import --by-their-wish` lets them come back.
    """
    store = ready_store()
    if sys.stdin.isatty() and not (yes or as_json):
        click.confirm(f"Erase all that {organization} holds of {person}? Nothing brings it back.", abort=True)
    with store.begin() as session:
        scope, actor = _asked_by(session, organization, user)
        asked = _asked_for(session, scope, person)
        done = erasing.erase(session, scope, asked, forecast, by=actor)
        is_user = any(tenants.member(session, scope, address) for address in (person, asked.address))
    if done.found_nothing and not done.before:
        raise Refused("nothing is held of a person with this address; nothing was changed")
    left = _left_in_files(store)
    data = {"erased": not done.found_nothing, **done.counts, "scrubbed": not left, "is_user": is_user}
    show(as_json, data, lambda: _tell(done, left))
    if is_user:
        click.echo("this is a user of the organization too: users stay, with what they did", err=True)


def _asked_for(session: Session, scope: Scope, person: str) -> Whom:
    contact = contacts.contacts(session, scope, [person]).get(person)
    return whom_of(contact) if contact else whom(person)


def _left_in_files(store: Store) -> str:
    if scrubbing.keeps_deleted(store):
        return KEPT
    return "" if scrubbing.scrub(store) else BUSY


def _tell(done: Erasure, left: str) -> None:
    if done.found_nothing:
        click.echo("erased before: nothing is left of this person")
        return
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in done.counts.items() if number)
    click.echo(f"erased: {told}; no sync brings this person back, and nobody can write to them")
    if left:
        click.echo(left, err=True)


def _asked_by(session: Session, organization: str, user: str) -> tuple[Scope, str]:
    """Scope and actor: the user's, or without one the whole organization's and "terminal"."""
    if not user:
        return tenants.whole_organization(session, organization), "terminal"
    return tenants.scope_of(session, organization, user), user.strip().lower()
