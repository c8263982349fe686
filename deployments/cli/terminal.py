"""What all commands share: options, errors without tracebacks, tables for people and JSON for scripts."""

import errno
import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DatabaseError, OperationalError

from storage import schema
from storage.backup import CannotBackUp
from storage.campaign.campaigns import CampaignIsOver, UnknownCampaign
from storage.campaign.mails import UnknownMail
from storage.campaign.segments import UnknownSegment
from storage.campaign.templates import UnknownTemplate
from storage.crypto import CannotDecrypt
from storage.deciding import CannotDecide
from storage.hash_keys import HashKeyMissing
from storage.organization import tenants
from storage.organization.connections import UnknownConnection
from storage.organization.organization_settings import BadSetting
from storage.organization.schedules import UnknownSchedule
from storage.organization.tenants import AlreadyThere, UnknownTenant
from storage.people.contacts import UnknownContact
from storage.people.merging import CannotMerge, CannotUnmerge
from storage.people.twins import UnknownTwins
from storage.records import BadSurvivorship
from storage.reporting.notices import UnknownTarget
from storage.row_security import UnfitRole
from storage.scope import NotAllowed, Scope
from storage.session import Session, Store, open_store
from storage.settings import SettingsError
from storage.sync.opening import AlreadyOpen
from storage.sync.syncs import UnknownSync

# Errors whose text is meant for the user. Those of modules that are slow to import are matched by class name.
EXPECTED: tuple[type[Exception], ...] = (
    AlreadyOpen, AlreadyThere, BadSetting, BadSurvivorship, CampaignIsOver, CannotBackUp, CannotDecide, CannotDecrypt,
    CannotMerge, CannotUnmerge, HashKeyMissing, NotAllowed, SettingsError, UnknownCampaign, UnknownConnection,
    UnknownContact, UnknownMail, UnknownSchedule, UnknownSegment, UnknownSync, UnknownTarget, UnknownTemplate,
    UnknownTenant, UnknownTwins, UnfitRole, schema.WrongSchema,
)  # fmt: skip
EXPECTED_BY_NAME = {
    "EngineError",
    "CannotStart",
    "NoSuchField",
    "PortTaken",
    "ProviderError",
    "Refused",
    "CannotPrepare",
    "BriefError",
    "NoAddress",
    "BadTiming",
    "TemplateRefused",
}


MOST_SHOWN = 1_000_000


class Refused(Exception):
    """A command cannot do what was asked. The text says why, and what to do."""


def command(
    name: str, *, examples: Sequence[str] = (), **settings: Any
) -> Callable[[Callable[..., Any]], click.Command]:
    """A click command with `--json`, which prints expected errors without traceback and exits with code 1.

    The first clause of its docstring is its short help. `examples` are command lines without `contactflow`.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        first = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        short = f"{first.partition('. ')[0].partition('; ')[0].removesuffix('.')}."
        made = click.command(name, None, short_help=short, epilog=_shown(examples), **settings)
        finished: click.Command = made(_without_traceback(function))
        finished.params.append(click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, for scripts."))
        return finished

    return decorate


def _shown(examples: Sequence[str]) -> str | None:
    return "\n".join(["\b", "Examples:", *(f"  contactflow {one}" for one in examples)]) if examples else None


def ready_store() -> Store:
    return schema.make_ready(open_store())


def reviewer_of(session: Session, scope: Scope, owner_id: str, email: str | None) -> str:
    """The reviewer's e-mail: `email`, or else the run's owner's. Raises Refused if `email` is no user's."""
    users = {user.id: user.email for user in tenants.users_of(session, scope)}
    if email is None:
        return users[owner_id]
    if email.strip().lower() not in users.values():
        raise Refused(f"{email} is no user of this organization")
    return email.strip().lower()


def text_of(path: Path) -> str:
    """Read a text file. Raises Refused if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise Refused(f"{path} cannot be read: {wrong.strerror}") from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not text in UTF-8") from None


def show(as_json: bool, value: Any, text: Callable[[], None]) -> None:  # noqa: FBT001 (the option itself)
    if as_json:
        # Escape non-ASCII characters where the output encoding may not have them.
        is_wide = sys.stdout.encoding.lower().startswith("utf")
        click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=not is_wide))
    else:
        text()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    from rich.console import Console  # noqa: PLC0415 (slow import, only to print tables)
    from rich.table import Table  # noqa: PLC0415 (as above)
    from rich.text import Text  # noqa: PLC0415 (as above)

    drawn = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column == "id")  # ids are copied, so keep them in one piece
    for row in rows:
        drawn.add_row(*(Text(str(_plain(cell))) for cell in row))
    if drawn.row_count:
        # A pipe has no width; a wide default avoids wrapping.
        Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(drawn)
    elif empty:
        click.echo(empty)


def numbers_told(numbers: Mapping[str, int], *, nothing: str = "") -> str:
    return ", ".join(f"{name} {number:,}" for name, number in numbers.items() if number) or nothing


def when(moment: datetime | None) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def _without_traceback(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        _demand_text(kwargs)
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not (text := _sentence(error)):
                raise
            click.echo(f"error: {text}", err=True)
            sys.exit(1)

    return guarded


def _demand_text(given: Mapping[str, Any]) -> None:
    """Refuse arguments that are not UTF-8: Python decodes them to lone surrogates, which neither database nor JSON
    accepts. Paths are exempt.
    """
    for value in given.values():
        words = value if isinstance(value, tuple) else (value,)
        if any(isinstance(word, str) and not _is_text(word) for word in words):
            raise click.UsageError("what was typed is not in UTF-8")


def _is_text(word: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in word)


def _sentence(error: Exception) -> str:
    """The message of an error that the user can fix; empty for a bug, which keeps its traceback."""
    if is_expected(error):
        return str(error)
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"what was asked for cannot be written whole: {error.strerror}"
    # Unreachable, full, locked, read-only or not a database; SQL mistakes raise other types.
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        cause = " ".join(str(error.orig).split())
        return f"the database cannot be used: {cause}; check CONTACTFLOW_DATABASE_URL, `contactflow doctor` tells more"
    return ""


def is_expected(error: Exception) -> bool:
    return isinstance(error, EXPECTED) or any(kind.__name__ in EXPECTED_BY_NAME for kind in type(error).__mro__)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value if value is not None else ""


organization_option = click.option(
    "--org", "organization", required=True, metavar="NAME", help="The organization's short name."
)
user_option = click.option("--user", required=True, metavar="EMAIL", help="The user's e-mail address.")


def limit_option(default: int, what: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--limit`, how many rows a list shows. Bounded, since the integers of databases are."""
    shown = f"How many {what} to show." if what else "How many to show."
    return click.option("--limit", type=click.IntRange(0, MOST_SHOWN), default=default, show_default=True, help=shown)
