"""One contact in full: its values, the provenance of each, and its history."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from deployments.cli.crm import as_data
from deployments.cli.terminal import command, ready_store, show, table, when
from storage.documents import document
from storage.organization import connections, tenants
from storage.people import actions, contacts, links
from storage.people.actions import Action
from storage.records import Contact, Labelled, StoredLink
from tasks.rules import provenance
from tasks.rules.wording import as_text


@command("contact")
@click.argument("contact_id", metavar="ID")
def contact_command(contact_id: str, *, as_json: bool) -> None:
    """Show one contact, where its values came from and what happened to it."""
    with ready_store().read() as session:
        scope = tenants.scope_of_contact(session, contact_id)
        found = contacts.contact(session, scope, contact_id)
        tied = links.links_of(session, scope, contact_id)
        deeds = actions.actions(session, scope, contact_id)
        accounts = {one.id: one.account for one in connections.connections(session, scope)}
    data = whole(found, tied, deeds)
    show(as_json, data, lambda: _print(found, deeds, accounts))


def whole(found: Contact, tied: Sequence[StoredLink], deeds: Sequence[Action]) -> dict[str, Any]:
    return as_data(found) | {
        "provenance": _provenance(found),
        "sources": [{"provider": one.provider, "account": one.account, "source_id": one.source_id} for one in tied],
        "history": [
            {"at": one.created_at, "action": one.action, "by": one.actor, "sync": one.sync_id, "fields": one.fields}
            for one in deeds
        ],
    }


def _provenance(found: Contact) -> dict[str, Any]:
    """The origin of each field; for a field with several values, the origin of each value too."""
    told: dict[str, Any] = {}
    for name, given in document(found.person).items():
        told[name] = provenance.origin(found.provenance, name)
        if isinstance(given, tuple):
            told[name]["values"] = [
                {"value": _as_plain(value), **provenance.origin(found.provenance, name, value)} for value in given
            ]
    return told


def _as_plain(value: Any) -> Any:
    return value.value if isinstance(value, Labelled) else as_text(value)


def _print(found: Contact, deeds: Sequence[Action], accounts: Mapping[str, str]) -> None:
    person = found.person
    values = [
        (name if nth == 0 else "", as_text(value), _origin(provenance.origin(found.provenance, name, value), accounts))
        for name, given in document(person).items()
        for nth, value in enumerate(given if isinstance(given, tuple) else (given,))
    ]
    table(f"{person.display_name} (version {found.version})", ["field", "value", "from"], values, empty="nothing known")
    history = [(when(one.created_at), one.action, one.actor, ", ".join(one.fields)) for one in deeds]
    table("\nHistory", ["when", "what", "by", "fields"], history, empty="")


def _origin(where: Mapping[str, Any], accounts: Mapping[str, str]) -> str:
    """One line: source, account, date, sync, and who approved it."""
    told = [
        where.get("source"),
        accounts.get(where.get("account", "")),
        str(where.get("at", ""))[:10],
        f"sync {where['sync']}" if where.get("sync") else "",
        f"approved by {where['by']}" if where.get("by") else "",
    ]
    return ", ".join(filter(None, told))
