"""What the benchmarks run in: a database of their own, simulated accounts in another process, and a sync step by step.

The steps are the tasks' own functions, without Prefect around them, so that what is measured is ours.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import httpx
from prefect.logging import disable_run_logger

from storage import schema
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import connections, tenants
from storage.organization.connections import StoredTokens
from storage.records import Labelled, Person, PostalAddress, Provider, Role, SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import settings
from storage.sync import opening, reviews, staging
from storage.sync.opening import NewSync
from storage.sync.reviews import Decision
from tasks.rules.guards import Allow
from tasks.sync.account import account
from tasks.sync.apply import apply
from tasks.sync.fetch import fetch
from tasks.sync.link import link
from tasks.sync.plan import plan
from tasks.sync.stage import stage
from tasks.sync.validate import validate

USER = "ann@acme.example"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Household:
    """A team with nothing in its CRM yet."""

    home: Path
    store: Store
    scope: Scope


@contextmanager
def household(home: Path, **environment: str) -> Iterator[Household]:
    home.mkdir(parents=True)
    given = {"CONTACTFLOW_HOME": str(home), **environment}
    with patch.dict(os.environ, given), disable_run_logger():
        settings.cache_clear()
        store = schema.make_ready(open_store())
        with store.begin() as session:
            slug = tenants.add_organization(session, "Acme").slug
            tenants.add_user(session, slug, USER, role=Role.ADMIN)
            scope = tenants.scope_of(session, slug, USER)
        try:
            yield Household(home, store, scope)
        finally:
            store.engine.dispose()
            settings.cache_clear()


@dataclass(frozen=True, slots=True)
class Simulated:
    """Where the simulated services are, and what our settings must say to reach them."""

    urls: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        urls = self.urls
        return {
            "SSL_CERT_FILE": urls["ca_file"],
            "CONTACTFLOW_MICROSOFT_CLIENT_ID": urls["client_id"],
            "CONTACTFLOW_MICROSOFT_CLIENT_SECRET": urls["client_secret"],
            "CONTACTFLOW_MICROSOFT_AUTHORITY": urls["microsoft_authority"],
            "CONTACTFLOW_MICROSOFT_GRAPH_URL": urls["microsoft_graph_url"],
        }

    def latency(self, milliseconds: int) -> None:
        self._control("settings", {"latency_ms": milliseconds})

    def change(self, share: float) -> None:
        """Edit this share of the contacts at the source."""
        self._control(f"microsoft/{self.urls['microsoft_email']}/change", {"edit": share, "seed": 7})

    def _control(self, what: str, wish: object) -> None:
        httpx.post(f"{self.urls['control_url']}/{what}", json=wish, timeout=120).raise_for_status()


@contextmanager
def simulated(contacts: int) -> Iterator[Simulated]:
    command = [sys.executable, "-m", "deployments.simulators", "--contacts", str(contacts)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Simulated(json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait()


def connected(house: Household, world: Simulated) -> str:
    tokens = StoredTokens(world.urls["microsoft_refresh_token"])
    with house.store.begin() as session:
        return connections.connect(
            session, house.scope, provider=Provider.MICROSOFT, account=world.urls["microsoft_email"], tokens=tokens,
            scopes=["Contacts.Read"],
        ).id  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One sync, whose steps are called by name."""

    house: Household
    sync_id: str
    file: str = ""

    def fetch(self) -> None:
        asyncio.run(fetch.fn(self.sync_id, self.file))

    def stage(self) -> None:
        stage.fn(self.sync_id, self.file)

    def validate(self) -> None:
        validate.fn(self.sync_id)

    def link(self) -> None:
        link.fn(self.sync_id)

    def plan(self) -> None:
        plan.fn(self.sync_id)

    def approve(self) -> None:
        with self.house.store.begin() as session:
            reviews.decide(session, self.house.scope, self.sync_id, Decision(Choice.APPROVE, USER))

    def apply(self) -> None:
        apply.fn(self.sync_id)

    def account(self) -> None:
        account.fn(self.sync_id)

    def give_up(self) -> None:
        """End it before its review, so that the connection is free for another."""
        with self.house.store.begin() as session:
            at, to = [SyncStatus.EXTRACTING], SyncStatus.FAILED
            reviews.end(session, self.house.scope, self.sync_id, to=to, expected=at, why="the benchmark goes on")
        staging.drop(self.sync_id)

    @property
    def steps(self) -> list[Callable[[], None]]:
        return [self.fetch, self.stage, self.validate, self.link, self.plan, self.approve, self.apply, self.account]

    def all(self) -> None:
        for step in self.steps:
            step()


@contextmanager
def alone() -> Iterator[None]:
    """Without a Prefect server to tell: its artifacts and events belong to Prefect's own cost."""
    told = ("plan.create_markdown_artifact", "plan.notify", "validate.create_markdown_artifact", "account.notify")
    with ExitStack() as stack:
        for name in told:
            module, function = name.split(".")
            stack.enter_context(patch.object(sys.modules[f"tasks.sync.{module}"], function, lambda *_, **__: None))
        yield


def begun(house: Household, *, connection: str = "", file: str = "", full: bool = False) -> Run:
    provider = Provider.MICROSOFT if connection else Provider.FILE
    new = NewSync(new_id(), new_id(), provider, connection, full, allowed=tuple(Allow))
    with house.store.begin() as session:
        return Run(house, opening.open_sync(session, house.scope, new).id, file)


def person_at(at: int) -> Person:
    """Somebody with about a dozen of the fields filled, normalised already."""
    given, family, company = f"Given{at % 997}", f"Family{at}", f"Company {at % 4999}"
    return Person(
        given_name=given,
        family_name=family,
        display_name=f"{given} {family}",
        company=company,
        job_title="Engineer",
        birthday="1980-02-03",
        notes=f"met at the fair of {at % 31}",
        emails=(Labelled(f"p{at}@company{at % 4999}.example", "work"), Labelled(f"p{at}@home.example", "home")),
        phones=(Labelled(f"+4917{at:08}", "mobile"),),
        addresses=(PostalAddress(f"High Street {at % 150}", "Berlin", "", "10115", "DE", "work"),),
        tags=("customer",),
    )


def as_file(house: Household, people: int) -> str:
    """A CSV as an address book exports it."""
    path = house.home / f"{people}.csv"
    header = "First Name,Last Name,E-mail Address,Mobile Phone,Company,Job Title\n"
    rows = (
        f"Given{at % 997},Family{at},p{at}@company{at % 4999}.example,+4917{at:08},Company {at % 4999},Engineer\n"
        for at in range(people)
    )
    path.write_text(header + "".join(rows), encoding="utf-8")
    return str(path)
