"""`contactflow doctor`: is everything as it should be, and if not, what to do."""

import importlib.metadata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deployments.cli.terminal import Refused, command, show, table
from storage import audit, connections, rotation, schema, tenants
from storage.records import ConnectionStatus
from storage.session import Store, open_store
from storage.settings import PREFIX, Settings
from tasks.providers.engine import Engine


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    told: str
    mend: str = ""


@command("doctor")
def doctor_command(*, as_json: bool) -> None:
    """Check settings, database, keys, Prefect and connections, and say how to mend them."""
    found = list(examine())
    rows = [("ok" if one.fine else "NOT OK", one.what, one.told, one.mend) for one in found]
    show(
        as_json,
        [{"what": one.what, "fine": one.fine, "told": one.told, "mend": one.mend} for one in found],
        lambda: table("", ["", "what", "is", "to mend it"], rows, empty=""),
    )
    if not all(one.fine for one in found):
        raise Refused("something wants mending")


def examine() -> Iterator[Finding]:
    yield _checked("settings", lambda: f"home is {Settings.load().home}", "correct the setting named")
    chosen = Settings.load()
    yield _checked(
        "keys", lambda: f"{len(chosen.keys())} known", f"set {PREFIX}SECRET_KEYS, or put {chosen.home}/secret_keys back"
    )
    database = _checked(
        "database", lambda: _reached(open_store(chosen)), f"check {PREFIX}DATABASE_URL, or the rights on {chosen.home}"
    )
    yield database
    if database.fine:
        yield from _inside(open_store(chosen))
    yield _prefect(chosen)
    yield _pins()


def _inside(store: Store) -> Iterator[Finding]:
    here, newest = schema.version(store), schema.newest()
    yield Finding(
        "schema",
        here == newest,
        f"version {here or 'none'} of {newest}",
        "" if here == newest else "contactflow migrate",
    )
    if here != newest:
        return
    with store.read() as session:
        scopes = {one.slug: tenants.whole_organization(session, one.slug) for one in tenants.organizations_all(session)}
        for slug, scope in scopes.items():
            verified = audit.verify(session, scope)
            told = (
                f"{verified.entries} entries" if verified.broken_at is None else f"broken at entry {verified.broken_at}"
            )
            yield Finding(
                f"audit log of {slug}",
                verified.broken_at is None,
                told,
                "" if verified.broken_at is None else "restore a backup and find out who wrote to it",
            )
            yield _checked(
                f"sealed values of {slug}",
                lambda scope=scope: f"{rotation.readable(session, scope)} open",
                "put the missing key back into CONTACTFLOW_SECRET_KEYS",
            )
            for one in connections.connections(session, scope):
                fine = one.status is not ConnectionStatus.NEEDS_RECONNECT
                yield Finding(
                    f"{one.provider} account {one.account}",
                    fine,
                    one.cause or one.status,
                    "" if fine else f"contactflow connect {one.provider} --org {slug} --user …",
                )


def _prefect(chosen: Settings) -> Finding:
    engine = Engine(chosen.prefect_url)
    if not engine.is_up():
        return Finding("Prefect", fine=False, told=f"no answer at {engine.url}", mend="make up")
    served = engine.is_served("contact-sync")
    return Finding(
        "Prefect",
        served,
        f"answers at {engine.url}{'' if served else ', but nobody runs contact-sync'}",
        "" if served else "make up",
    )


def _pins() -> Finding:
    """With newer ones the server does not start, or starts and schedules nothing."""
    found = {name: importlib.metadata.version(name) for name in ("prefect", "fastapi", "sqlalchemy")}
    fine = (
        found["prefect"] == "3.8.8"
        and found["sqlalchemy"].startswith("2.0.")
        and found["fastapi"].split(".")[1] < "150"
    )
    return Finding(
        "libraries",
        fine,
        ", ".join(f"{name} {version}" for name, version in found.items()),
        "" if fine else "install from requirements.lock",
    )


def _reached(store: Store) -> str:
    with store.read() as session:
        return f"{session.connection.dialect.name} answers"


def _checked(what: str, look: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(what, fine=True, told=look())
    except Exception as error:  # noqa: BLE001 (whatever it is, the doctor reports it and goes on)
        return Finding(what, fine=False, told=f"{type(error).__name__}: {str(error).splitlines()[0]}", mend=mend)
