"""The CRM's contacts: list, search, import, export."""

import csv
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import click

from deployments.cli.terminal import Refused, command, limit_option, organization_option, ready_store, show, table
from deployments.cli.values import spreadsheet_cell
from storage.documents import FIELDS, document
from storage.organization import tenants
from storage.people import contacts
from storage.records import Contact
from storage.scope import Scope
from storage.session import Session
from tasks.rules.wording import as_text

only_organization_option = click.option(
    "--org", "organization", help="The organization's short name, if there are several."
)


@command("contacts")
@organization_option
@click.option("--search", default="", help="Parts of a name, an address, a number, a company, a job, a place or a tag.")
@limit_option(100)
def contacts_command(organization: str, search: str, limit: int, *, as_json: bool) -> None:
    """List or search contacts."""
    with ready_store().read() as session:
        scope = tenants.whole_organization(session, organization)
        found = contacts.search(session, scope, search, limit=limit)
        total = contacts.count(session, scope)
    rows = [(one.id, one.person.display_name, as_text(one.person.emails[:1]), one.person.company) for one in found]

    def text() -> None:
        nobody = (
            f"none of {total:,} contacts has all these words" if total else "no contact: `contactflow sync` brings some"
        )
        table("", ["id", "name", "e-mail", "company"], rows, empty=nobody)
        if found:
            click.echo(f"{len(found):,} shown, {total:,} in all")

    show(as_json, [as_data(one) for one in found], text)


@command("export")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@only_organization_option
def export_command(path: Path, organization: str | None, *, as_json: bool) -> None:
    """Write all contacts to FILE: .json whole, .csv with several values of a field in one cell."""
    with ready_store().read() as session:
        found = contacts.everyone(session, _scope(session, organization))
        write = _write_json if path.suffix.lower() == ".json" else _write_csv
        try:
            with _in_place_of(path) as half:
                written = write(half, found)
        except OSError as wrong:
            raise Refused(f"{path} cannot be written: {wrong.strerror}") from None
    show(as_json, {"contacts": written, "file": str(path)}, lambda: click.echo(f"{written} contacts written to {path}"))


@command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@only_organization_option
@click.option("--user", default="", help="Whose edit this is.")
@click.option("--by-their-wish", is_flag=True, help="Let people come back who were erased, for they asked for it.")
def import_command(
    path: Path, organization: str | None, user: str, *, by_their_wish: bool, as_json: bool
) -> None:  # fmt: skip
    """Read an exported FILE back: a row with an id changes that contact, one without makes a new one.

    To bring in contacts of others, use `contactflow sync --file`, which compares and lets you review.
    """
    from deployments.cli.importing import read_back  # noqa: PLC0415 (slow import: parsers)

    if not path.is_file():
        raise Refused(f"there is no file {path}")
    with ready_store().begin() as session:
        scope = _scope(session, organization)
        done = read_back(session, scope, path, _editor(session, scope, user), by_their_wish=by_their_wish)
    show(as_json, done, lambda: click.echo(", ".join(f"{name} {number}" for name, number in done.items())))


def _scope(session: Session, organization: str | None) -> Scope:
    """The organization named, or the only one. Raises Refused if none is named and there is not exactly one."""
    if organization is None:
        there = tenants.organizations_all(session)
        if len(there) != 1:
            raise Refused(f"there are {len(there)} organizations: say which one with --org")
        organization = there[0].slug
    return tenants.whole_organization(session, organization)


def _editor(session: Session, scope: Scope, user: str) -> str:
    """The editor for provenance and history: a user's e-mail, or "terminal". Raises Refused for an unknown user."""
    email = user.strip().lower()
    if email and email not in {one.email for one in tenants.users_of(session, scope)}:
        raise Refused(f"{user} is no user of this organization: nothing was read in")
    return email or "terminal"


@contextmanager
def _in_place_of(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside `path` that replaces it on success; after an error `path` is unchanged."""
    if path.exists() and not path.is_file():  # such as /dev/stdout
        yield path
        return
    there = path.resolve()  # a symlink's target is replaced, not the link
    half = there.with_name(f".{there.name}.{os.getpid()}")
    try:
        yield half
        if there.exists():
            half.chmod(stat.S_IMODE(there.stat().st_mode))
        half.replace(there)
    finally:
        half.unlink(missing_ok=True)


def _write_json(path: Path, found: Iterable[Contact]) -> int:
    everyone = [as_data(one) for one in found]
    path.write_text(json.dumps(everyone, ensure_ascii=False, indent=1, default=_as_dict), encoding="utf-8")
    return len(everyone)


def _write_csv(path: Path, found: Iterable[Contact]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", *FIELDS))
        for count, one in enumerate(found, 1):  # noqa: B007 (the count is wanted after the loop)
            writer.writerow((one.id, *(spreadsheet_cell(getattr(one.person, name)) for name in FIELDS)))
    return count


def as_data(one: Contact) -> dict[str, Any]:
    return {
        "id": one.id, "version": one.version, "subtype": one.subtype, "pipeline": one.pipeline, "stage": one.stage,
        "properties": json.loads(json.dumps(document(one.person), default=_as_dict)), "updated_at": one.updated_at,
    }  # fmt: skip


def _as_dict(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat()
