"""`contactflow doctor --production`: further checks that matter in production, not on a developer's machine."""

import os
from collections.abc import Iterator
from datetime import timedelta

from deployments.cli.findings import Finding, finding
from storage import chores, row_security
from storage.documents import now
from storage.organization import tenants
from storage.reporting import notices
from storage.session import Store
from storage.settings import PREFIX, Settings
from tasks.providers.flow_runs.engine import Engine

QUIET = timedelta(minutes=5)
GUIDE = "docs/production.md says how"


def examine_for_production(chosen: Settings, store: Store) -> Iterator[Finding]:
    yield from _database(store)
    kept = not chosen.secret_keys.get_secret_value()
    told = f"made by the first start, in {chosen.home}" if kept else "given by the settings"
    yield finding("where the keys are", not kept, told, f"set {PREFIX}SECRET_KEYS from a vault, the same everywhere")
    secure = chosen.public_url.startswith("https://")
    yield finding("public address", secure, chosen.public_url, f"set {PREFIX}PUBLIC_URL to https://…, behind a proxy")
    watched = bool(chosen.metrics_token.get_secret_value())
    told = "a token" if watched else "no token: for loopback alone, or nobody"
    yield finding("metrics", watched, told, f"set {PREFIX}METRICS_TOKEN, and give it to Prometheus")
    yield _told_of_trouble(chosen, store)
    yield from _workers(chosen)
    yield _sweeper(store)
    yield Finding("backups", fine=True, told="not to be seen from here: docs/operations.md; try one")


def _database(store: Store) -> Iterator[Finding]:
    is_postgres = store.engine.dialect.name == "postgresql"
    mend = f"set {PREFIX}DATABASE_URL to a Postgres; {GUIDE}"
    yield finding("kind of database", is_postgres, store.engine.dialect.name, mend)
    if not is_postgres:
        return
    with store.read() as session:
        standing = row_security.standing(session.connection)
    mend = f"connect as a role made by `contactflow migrate --app-role NAME`; {GUIDE}"
    yield finding("database role", standing.is_held, standing.told, mend)
    whole = not standing.open_tables
    told = "on every table" if whole else f"missing on {', '.join(standing.open_tables)}"
    yield finding("row-level security", whole, told, "contactflow migrate, as the owner of the tables")


def _told_of_trouble(chosen: Settings, store: Store) -> Finding:
    if chosen.notify_urls.get_secret_value():
        return Finding("who is told of trouble", fine=True, told="an address for all organizations")
    with store.read() as session:
        silent = [
            one.slug
            for one in tenants.organizations_all(session)
            if not notices.targets(session, tenants.whole_organization(session, one.slug))
        ]
    told = f"nobody in {len(silent)} organizations" if silent else "an address in each organization"
    return finding("who is told of trouble", not silent, told, f"set {PREFIX}NOTIFY_URLS, or contactflow notify add")


def _workers(chosen: Settings) -> Iterator[Finding]:
    url = os.environ.get("PREFECT_API_URL", "")
    told = url or "the one that this machine starts for itself"
    yield finding("Prefect's server", bool(url), told, "run it on Postgres, and set PREFECT_API_URL")
    engine = Engine(chosen.prefect_url)
    pool = engine.pool_of("contact-sync") if engine.is_up() else ""
    yield finding("workers", bool(pool), f"pool {pool}" if pool else "no work pool", f"contactflow deploy; {GUIDE}")


def _sweeper(store: Store) -> Finding:
    swept = chores.last_done(store, chores.SWEEPING)
    told = f"last swept at {swept:%Y-%m-%d %H:%M} UTC" if swept else "none ever swept"
    fine = swept is not None and now() - swept < QUIET
    return finding("sweeper", fine, told, f"python -m deployments.sweeper; {GUIDE}")
