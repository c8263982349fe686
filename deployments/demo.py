"""The demo: an invented team, two simulated accounts, and a sync that waits for its review."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deployments.cli.looking import tell_numbers, tell_outcome
from deployments.cli.waiting import follow
from deployments.local import CannotStart, environment_of, running, wait_until
from deployments.supervisor import Child, Supervisor
from storage import schema
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import organization_settings, sign_ins, tenants
from storage.organization.connections import StoredTokens, connect, connection, connections
from storage.people import contacts
from storage.records import ConnectionStatus, Provider, Role, SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import PREFIX, Settings
from storage.sync import plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine
from tasks.rules.guards import Allow
from web.sign_in import link_to

ORGANIZATION = "demo"
USER = "alice@demo.example"
DAYS_WORK = {"edit": 0.1, "add": 0.04, "remove": 0.02}  # shares of all contacts
ADDRESS = "Demo Ltd, 1 Example Street, Exampleton"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    store: Store
    engine: Engine
    scope: Scope
    connections: dict[Provider, str]
    public_url: str
    outlook: str
    """URL at which the simulated Outlook accepts changes to the contacts of its user."""


@contextmanager
def running_demo(settings: Settings, *, contacts: int, say: Say) -> Iterator[tuple[Supervisor, Stage]]:
    store = schema.make_ready(open_store(settings))
    with _simulators(settings, contacts, say) as world:
        environment = _environment(world)
        with running(settings, extra=environment, say=say) as supervisor:
            scope = _team(store)
            accounts = {
                provider: _account(store, scope, provider, world) for provider in (Provider.MICROSOFT, Provider.GOOGLE)
            }
            outlook = f"{world['control_url']}/microsoft/{world['microsoft_email']}/change"
            yield (
                supervisor,
                Stage(store, Engine(settings.own_prefect_url), scope, accounts, settings.public_url, outlook),
            )


def stocked(stage: Stage, *, say: Say) -> None:
    """Fill an empty CRM, so that the sync has contacts to compare with and the campaign has recipients."""
    with stage.store.read() as session:
        if contacts.count(session, stage.scope):
            return
    say("filling the CRM from Alice's Google account")
    _approve(stage, _start(stage, Provider.GOOGLE))


def up_to_review(stage: Stage, *, say: Say) -> Sync:
    """Return a sync that waits for its review: the connection's open one, or else a new one."""
    with stage.store.read() as session:
        waiting = syncs.open_for(session, stage.scope, stage.connections[Provider.MICROSOFT])
        was_read = connection(session, stage.scope, stage.connections[Provider.MICROSOFT]).synced_at
    if waiting is None and was_read:
        say("meanwhile people edit, add and remove contacts in Alice's Outlook")
        httpx.post(stage.outlook, json=DAYS_WORK | {"seed": int(was_read.timestamp())}, timeout=60).raise_for_status()
    if waiting is None:
        say("reading Alice's Outlook contacts and comparing them with the CRM")
    sync = _follow(stage, waiting.id, waiting.flow_run_id) if waiting else _start(stage, Provider.MICROSOFT)
    say("")
    tell_outcome(sync)
    say(f"sign in: {_link(stage)} (once, within a quarter of an hour; then the page is open to you)")
    say(f"Prefect: {stage.engine.run_page(sync.flow_run_id)} (the button Resume)")
    google = stage.connections[Provider.GOOGLE]
    say(f"another: contactflow sync --org {ORGANIZATION} --user {USER} --connection {google} --wait")
    return sync


def _link(stage: Stage) -> str:
    with stage.store.begin() as session:
        return link_to(stage.public_url, sign_ins.offer_link(session, stage.scope))


def hands_free(stage: Stage, *, say: Say) -> None:
    """Sync both accounts, approve each plan and print the results. Raises CannotStart if a sync does not complete."""
    for provider in stage.connections:
        say(f"\n{provider.value.title()}: reading, comparing, planning")
        sync = _start(stage, provider)
        if sync.status is not SyncStatus.PREVIEW:
            raise CannotStart(f"the sync is {sync.status}: {sync.error}")
        tell_numbers(sync)
        say("approving")
        _tell_end(stage, _approve(stage, sync), say)
    with stage.store.read() as session:
        say(f"\nThe CRM holds {contacts.count(session, stage.scope):,} contacts.")


def _start(stage: Stage, provider: Provider) -> Sync:
    sync_id = new_id()
    parameters = {
        "organization": ORGANIZATION,
        "user": USER,
        "connection": stage.connections[provider],
        "allow": [Allow.UPDATES, Allow.REMOVALS],
    }
    run_id = stage.engine.start("contact-sync", parameters, key=sync_id)
    return _follow(stage, sync_id, run_id)


def _follow(stage: Stage, sync_id: str, run_id: str) -> Sync:
    return follow(stage.store, stage.engine, sync_id, run_id)


def _approve(stage: Stage, sync: Sync) -> Sync:
    with stage.store.begin() as session:
        decision = Decision(Choice.APPROVE, USER, "hands-free demo", digest=sync.digest)
        reviews.decide(session, stage.scope, sync.id, decision)
    stage.engine.resume(sync.flow_run_id, {"decision": "approve", "reviewer": USER, "comment": ""})
    return _follow(stage, sync.id, sync.flow_run_id)


def _tell_end(stage: Stage, sync: Sync, say: Say) -> None:
    with stage.store.read() as session:
        counts = plans.counts(session, stage.scope, sync.id)
    tell_outcome(sync)
    say(f"{counts.total():,} records read, {sync.statistics.total:,} accounted for")
    if sync.status is not SyncStatus.COMPLETED or sync.statistics.total != counts.total():
        raise CannotStart("the demo did not end as it should have")


def _team(store: Store) -> Scope:
    with store.begin() as session:
        try:
            return tenants.scope_of(session, ORGANIZATION, USER)
        except tenants.UnknownTenant:
            tenants.add_organization(session, "Demo")
            tenants.add_user(session, ORGANIZATION, USER, role=Role.ADMIN, name="Alice")
            scope = tenants.scope_of(session, ORGANIZATION, USER)
            organization_settings.change(session, scope, {"postal_address": ADDRESS}, actor=USER)
            return scope


def _account(store: Store, scope: Scope, provider: Provider, world: dict[str, Any]) -> str:
    with store.begin() as session:
        for known in connections(session, scope):
            if known.provider is provider and known.status is ConnectionStatus.ACTIVE:
                return known.id
        tokens = StoredTokens(world[f"{provider}_refresh_token"])
        account = world[f"{provider}_email"]
        return connect(session, scope, provider=provider, account=account, tokens=tokens, scopes=()).id


def _environment(world: dict[str, Any]) -> dict[str, str]:
    urls = {
        "MICROSOFT_AUTHORITY": "microsoft_authority",
        "MICROSOFT_GRAPH_URL": "microsoft_graph_url",
        "GOOGLE_AUTH_URL": "google_auth_url",
        "GOOGLE_TOKEN_URL": "google_token_url",
        "GOOGLE_PEOPLE_URL": "google_people_url",
        "GOOGLE_GMAIL_URL": "google_gmail_url",
    }
    ids = {f"{name}_CLIENT_ID": "client_id" for name in ("MICROSOFT", "GOOGLE")}
    secrets = {f"{name}_CLIENT_SECRET": "client_secret" for name in ("MICROSOFT", "GOOGLE")}
    named = {f"{PREFIX}{name}": str(world[key]) for name, key in {**urls, **ids, **secrets}.items()}
    model = {"OPENAI_BASE_URL": str(world["openai_base_url"]), "OPENAI_API_KEY": str(world["openai_api_key"])}
    return named | model | {"SSL_CERT_FILE": str(world["ca_file"])}


@contextmanager
def _simulators(settings: Settings, contacts: int, say: Say) -> Iterator[dict[str, Any]]:
    """Run the simulators. They keep their state between starts, in a folder beside `settings.home`, not in it."""
    say("starting simulated Microsoft and Google accounts")
    home = settings.home.with_name(f"{settings.home.name}-simulators")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    log, supervisor = home / "simulators.log", Supervisor()
    log.unlink(missing_ok=True)
    http, https = _ports(home)
    command = [
        sys.executable, "-m", "deployments.simulators", "--contacts", str(contacts), "--state-dir", str(home),
        "--port", str(http), "--https-port", str(https),
    ]  # fmt: skip
    try:
        supervisor.add(Child("simulators", command, environment_of(settings), log))
        wait_until(lambda: _announced(log) is not None, "the simulators answer", supervisor)
        yield _announced(log) or {}
    finally:
        supervisor.stop()


def _announced(log: Path) -> dict[str, Any] | None:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else ():
        if line.startswith("{"):
            announced: dict[str, Any] = json.loads(line)
            return announced
    return None


def _ports(home: Path) -> tuple[int, int]:
    """The same ports at every start, so that links into the simulated services stay valid."""
    kept = home / "ports.json"
    if not kept.exists():
        kept.write_text(json.dumps([_free_port(), _free_port()]))
    http, https = json.loads(kept.read_text())
    return http, https


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
