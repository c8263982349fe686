"""Possible duplicate contacts: find, list, merge, unmerge, or mark as different people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from deployments.cli.crm import as_data
from deployments.cli.terminal import Refused, command, limit_option, organization_option, ready_store, show, table
from storage.organization import tenants
from storage.organization.organization_settings import organization_settings, undo_time
from storage.people import contacts, merging, twins
from storage.people.merging import Pair
from storage.records import Contact, Twins
from storage.scope import Scope
from storage.session import Session, Store
from tasks.rules.wording import as_text

if TYPE_CHECKING:
    from tasks.rules.merging import Merged
    from tasks.sync.find_twins import Found

as_option = click.option("--as", "reviewer", metavar="EMAIL", help="Who decides.")
twins_argument = click.argument("twins_id", metavar="ID")


@command("twins")
@organization_option
@click.option("--known", is_flag=True, help="Show what was found last time; do not look anew.")
@limit_option(50)
def twins_command(organization: str, limit: int, *, known: bool, as_json: bool) -> None:
    """Find contacts that are perhaps one person, and list them with the reasons."""
    store = ready_store()
    with store.read() as session:
        scope = tenants.whole_organization(session, organization)
    if not known:
        _tell_capped(_find(store, scope))
    with store.read() as session:
        found = twins.twins(session, scope, limit=limit)
        there = contacts.contacts(session, scope, sorted({id_ for one in found for id_ in (one.one_id, one.other_id)}))
        total = twins.count(session, scope)
    shown = [one for one in found if {one.one_id, one.other_id} <= there.keys()]
    show(as_json, [_data(one, there) for one in shown], lambda: _print_all(shown, there, total))


@command("merge")
@twins_argument
@click.option("--keep", default="", metavar="CONTACT", help="Which of the two stays; the older one without it.")
@click.option("--take", multiple=True, metavar="FIELD", help="Take this field from the contact that disappears.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_option
def merge_command(
    twins_id: str, keep: str, take: tuple[str, ...], reviewer: str | None, *, yes: bool, as_json: bool
) -> None:
    """Show what two contacts would become, and make them one. `unmerge` takes it back."""
    if as_json and not yes:
        raise Refused("say --yes: with --json nobody is asked")
    store = ready_store()
    with store.read() as session:
        scope = tenants.scope_of_twins(session, twins_id)
        who = _reviewer(session, scope, reviewer)
        pair, outcome = _outcome(session, scope, twins_id, keep, take)
    if not yes:
        _print_outcome(pair, outcome)
        click.confirm("Make them one?", abort=True)
    with store.begin() as session:
        # Computed again under lock; raises CannotMerge if either contact has changed since the pair was found.
        pair, outcome = _outcome(session, scope, twins_id, keep, take, lock=True)
        merging.merge(session, scope, pair, outcome.contact, by=who, undo_for=undo_time(session, scope))
    told = f"{pair.gone.id} is now part of {pair.kept.id}; `contactflow unmerge {twins_id}` takes it back"
    show(
        as_json, {"id": twins_id, "kept": pair.kept.id, "gone": pair.gone.id, "fields": outcome.outcomes},
        lambda: click.echo(told),
    )  # fmt: skip


@command("unmerge")
@twins_argument
@as_option
def unmerge_command(twins_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Take a merge back: both contacts as they were. One that was edited since is left alone."""
    with ready_store().begin() as session:
        scope = tenants.scope_of_twins(session, twins_id)
        pair = merging.unmerge(session, scope, twins_id, by=_reviewer(session, scope, reviewer))
    told = f"{pair.kept.id} and {pair.gone.id} are two again; two people? `contactflow keep-apart {twins_id}`"
    show(
        as_json, {"id": twins_id, "contacts": [pair.kept.id, pair.gone.id]},
        lambda: click.echo(told),
    )  # fmt: skip


@command("keep-apart")
@twins_argument
@as_option
def keep_apart_command(twins_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Say that a pair is not the same person: it is not proposed again."""
    with ready_store().begin() as session:
        scope = tenants.scope_of_twins(session, twins_id)
        pair = merging.keep_apart(session, scope, twins_id, by=_reviewer(session, scope, reviewer))
    told = f"{pair.one_id} and {pair.other_id} are two people"
    show(as_json, {"id": twins_id, "apart": [pair.one_id, pair.other_id]}, lambda: click.echo(told))


def _find(store: Store, scope: Scope) -> "Found":
    from tasks.sync.find_twins import find_twins  # noqa: PLC0415 (slow import: DuckDB, numpy)

    return find_twins(store, scope, lambda text: click.echo(text, err=True))


def _tell_capped(found: "Found") -> None:
    for one in found.capped:
        click.echo(
            f"{one.people} contacts share keys of the kind {one.rule!r}: "
            f"of their {one.pairs} pairs only the likeliest were compared",
            err=True,
        )


def _outcome(
    session: Session, scope: Scope, twins_id: str, keep: str, take: Sequence[str], *, lock: bool = False
) -> tuple[Pair, "Merged"]:
    from tasks.rules.merging import merged  # noqa: PLC0415 (slow import: parsers)

    pair = merging.open_pair(session, scope, twins_id, keep=keep, lock=lock)
    return pair, merged(pair.kept, pair.gone, organization_settings(session, scope).which_survives, take=take)


def _reviewer(session: Session, scope: Scope, email: str | None) -> str:
    if email is None:
        return "terminal"
    if tenants.member(session, scope, email) is None:
        raise Refused(f"{email} is no user of this organization")
    return email.strip().lower()


def _print_all(found: Sequence[Twins], there: Mapping[str, Contact], total: int) -> None:
    rows = [
        (one.id, _who(there[one.one_id]), _who(there[one.other_id]), one.verdict, _why(one))
        for one in found
    ]  # fmt: skip
    table("", ["id", "one", "other", "verdict", "why"], rows, empty="no two contacts look like one person")
    if found:
        click.echo(f"{len(found)} shown, {total} in all; `contactflow merge ID` or `contactflow keep-apart ID`")


def _why(one: Twins) -> str:
    return f"{one.reason}; {one.opinion}" if one.opinion else one.reason


def _who(contact: Contact) -> str:
    person = contact.person
    reach = as_text((*person.emails, *person.phones)[:1])
    return ", ".join(filter(None, (person.display_name, person.company, reach)))


def _print_outcome(pair: Pair, outcome: "Merged") -> None:
    rows = [
        (one.field, as_text(one.kept), as_text(one.gone), as_text(one.after), one.why)
        for one in outcome.outcomes
    ]  # fmt: skip
    click.echo(_why(pair.twins))
    head = ["field", f"{pair.kept.id} (stays)", f"{pair.gone.id} (goes)", "will be", "because"]
    table("", head, rows, empty="both say the same")


def _data(one: Twins, there: Mapping[str, Contact]) -> dict[str, Any]:
    return asdict(one) | {"contacts": [as_data(there[one.one_id]), as_data(there[one.other_id])]}
