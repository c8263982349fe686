"""`contactflow doctor`: checks the installation, and says how to fix what is wrong."""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping

import click

from deployments.cli.findings import Finding, finding
from deployments.cli.production import examine_for_production
from deployments.cli.terminal import Refused, command, show, table
from storage import audit, hash_keys, rotation, schema
from storage.organization import connections, tenants
from storage.records import ConnectionStatus, Provider
from storage.scope import Scope
from storage.session import Session, Store, open_store
from storage.settings import PREFIX, Settings
from tasks.providers.access.applications import paused
from tasks.providers.flow_runs.engine import Engine

NEWEST_FASTAPI = 150
FEW = 20  # up to this many organizations, every finding is listed


@command("doctor")
@click.option("--production", is_flag=True, help="Also what matters only where many rely on it.")
def doctor_command(*, production: bool, as_json: bool) -> None:
    """Check settings, database, keys, Prefect and connections, and say how to mend them."""
    found = list(examine())
    if production and all(one.fine for one in found if one.what in {"settings", "database", "schema"}):
        chosen = Settings.load()
        found += examine_for_production(chosen, open_store(chosen))
    rows = [("ok" if one.fine else "NOT OK", one.what, one.told, one.mend) for one in found]
    show(
        as_json,
        [{"what": one.what, "fine": one.fine, "told": one.told, "mend": one.mend} for one in found],
        lambda: table("", ["", "what", "is", "to mend it"], rows, empty=""),
    )
    if not all(one.fine for one in found):
        raise Refused("something wants mending")


def examine() -> Iterator[Finding]:
    settings = _checked("settings", lambda: f"home is {Settings.load().home}", "correct the setting named")
    yield settings
    if not settings.fine:
        return
    chosen = Settings.load()
    mend_keys = f"set {PREFIX}SECRET_KEYS, or put {chosen.home}/secret_keys back"
    yield _checked("keys", lambda: f"{len(chosen.keys())} known", mend_keys)
    mend_database = f"check {PREFIX}DATABASE_URL, or the rights on {chosen.home}"
    database = _checked("database", lambda: _reached(open_store(chosen)), mend_database)
    yield database
    if database.fine:
        yield from _inside(open_store(chosen))
    yield _prefect(chosen)
    yield _pins()


def _inside(store: Store) -> Iterator[Finding]:
    here, newest = schema.version(store), schema.newest()
    yield finding("schema", here == newest, f"version {here or 'none'} of {newest}", "contactflow migrate")
    if here != newest:
        return
    with store.read() as session:
        pauses = paused(session)
        for provider, pause in pauses.items():
            told, _, mend = pause.partition(": ")
            yield Finding(f"registration with {provider.value.title()}", fine=False, told=told, mend=mend)
        yield from _organizations(session, pauses)


def _organizations(session: Session, pauses: Mapping[Provider, str]) -> Iterator[Finding]:
    """All findings of up to `FEW` organizations; of more, a summary and only what is wrong."""
    everybody = tenants.organizations_all(session)
    each = [told for one in everybody for told in _organization(session, one.slug, pauses)]
    wrong = [one for one in each if not one.fine]
    if len(everybody) > FEW:
        told = f"{len(each) - len(wrong)} of {len(each)} findings are fine"
        yield finding(f"{len(everybody)} organizations", not wrong, told, "as each of those below says")
    yield from wrong if len(everybody) > FEW else each


def _organization(session: Session, slug: str, pauses: Mapping[Provider, str]) -> Iterator[Finding]:
    scope = tenants.whole_organization(session, slug)
    verified = audit.verify(session, scope)
    whole = verified.broken_at is None
    told = f"{verified.entries} entries" if whole else f"broken at entry {verified.broken_at}"
    yield finding(f"audit log of {slug}", whole, told, "restore a backup, and find out who wrote to it")
    mend = f"put the missing key back into {PREFIX}SECRET_KEYS"
    yield _checked(f"sealed values of {slug}", lambda: f"{rotation.readable(session, scope)} open", mend)
    yield _checked(f"hashes of {slug}", lambda: _recognised(session, scope), mend)
    for one in connections.connections(session, scope):
        lost, pause = one.status is ConnectionStatus.NEEDS_RECONNECT, pauses.get(one.provider, "")
        told = one.cause or ("paused with its service" if pause else one.status)
        mend = f"contactflow connect {one.provider} --org {slug} --user …" if lost else ""
        yield finding(f"{one.provider} account {one.account}", not lost, told, mend)


def _prefect(chosen: Settings) -> Finding:
    engine = Engine(chosen.prefect_url)
    if not engine.is_up():
        return finding("Prefect", False, f"no answer at {engine.url}", "make up")
    served = engine.is_served("contact-sync")
    told = f"answers at {engine.url}" + ("" if served else ", but nobody runs contact-sync")
    return finding("Prefect", served, told, "make up")


def _pins() -> Finding:
    """With newer versions Prefect's server does not start, or starts and schedules nothing."""
    found = {name: importlib.metadata.version(name) for name in ("prefect", "fastapi", "sqlalchemy")}
    fine = (
        found["prefect"] == "3.8.8"
        and found["sqlalchemy"].startswith("2.0.")
        and int(found["fastapi"].split(".")[1]) < NEWEST_FASTAPI
    )
    told = ", ".join(f"{name} {version}" for name, version in found.items())
    return finding("libraries", fine, told, "install from requirements.lock")


def _reached(store: Store) -> str:
    with store.read() as session:
        return f"{session.connection.dialect.name} answers"


def _checked(what: str, look: Callable[[], str], mend: str) -> Finding:
    try:
        return Finding(what, fine=True, told=look())
    except Exception as error:  # noqa: BLE001 (any error is a finding; the checks go on)
        return Finding(what, fine=False, told=f"{type(error).__name__}: {str(error).splitlines()[0]}", mend=mend)


def _recognised(session: Session, scope: Scope) -> str:
    hash_keys.demand_key(session, scope)
    return "made with a key that is at hand"
