"""A home of its own for each test: settings in the environment, an empty database, an organization with its people."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from deployments.simulators.mailbox import Mailbox
from deployments.simulators.server import Simulators
from storage.organization import connections, tenants
from storage.organization.connections import StoredTokens
from storage.people import contacts
from storage.records import Contact, Provider, Role
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import settings
from tests.conftest import past_row_security

ANN, BEN, ROB = "ann@acme.example", "ben@acme.example", "rob@rival.example"
SECRET = "a secret that only the tests know"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class House:
    """Ann is an admin of Acme, Ben a member; Rob is an admin of Rival."""

    home: Path
    store: Store
    scopes: dict[str, Scope] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return self.scopes[ANN]

    def connect(self, simulators: Simulators, provider: str, *, size: int, user: str = ANN) -> tuple[str, Mailbox]:
        """A mailbox that nobody else reads, and the connection to it."""
        mailbox = simulators.world.add_mailbox(provider, f"owner{next(_numbers)}@example.com", seed=1, size=size)
        tokens = StoredTokens(simulators.world.refresh_token(provider, mailbox.email))
        return self.connection(provider, mailbox.email, tokens, user=user), mailbox

    def connection(
        self, provider: str, account: str, tokens: StoredTokens | None = None, *, user: str = ANN,
        scopes: Sequence[str] = (),
    ) -> str:  # fmt: skip
        with self.store.begin() as session:
            made = connections.connect(
                session, self.scopes[user], provider=Provider(provider), account=account,
                tokens=tokens or StoredTokens("a token that nobody asks for"), scopes=scopes,
            )  # fmt: skip
        return made.id

    def cursor(self, connection: str) -> str:
        with self.store.read() as session:
            return connections.cursor(session, self.scope, connection)

    def crm(self, user: str = ANN) -> list[Contact]:
        with self.store.read() as session:
            return sorted(contacts.everyone(session, self.scopes[user]), key=lambda one: one.id)

    def count(self) -> int:
        with self.store.read() as session:
            return contacts.count(session, self.scope)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """As somebody with a database client would: past all of our code."""
        with past_row_security(self.store) as session:
            done = session.execute(text(statement), values)
            return list(done) if done.returns_rows else []


def address_book(monkeypatch: pytest.MonkeyPatch, simulators: Simulators) -> None:
    """Settings that point to the simulators in place of the real services."""
    urls = simulators.urls
    for name in (
        "microsoft_authority",
        "microsoft_graph_url",
        "google_auth_url",
        "google_token_url",
        "google_people_url",
        "google_gmail_url",
    ):
        monkeypatch.setenv(f"CONTACTFLOW_{name.upper()}", getattr(urls, name))
    for service in ("MICROSOFT", "GOOGLE"):
        monkeypatch.setenv(f"CONTACTFLOW_{service}_CLIENT_ID", urls.client_id)
        monkeypatch.setenv(f"CONTACTFLOW_{service}_CLIENT_SECRET", urls.client_secret)
    monkeypatch.setenv("SSL_CERT_FILE", urls.ca_file)
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", urls.smtp_url)
    settings.cache_clear()


@contextmanager
def moved_in(monkeypatch: pytest.MonkeyPatch, home: Path, database_url: str) -> Iterator[House]:
    monkeypatch.setenv("CONTACTFLOW_HOME", str(home))
    monkeypatch.setenv("CONTACTFLOW_DATABASE_URL", database_url)
    monkeypatch.setenv("CONTACTFLOW_SECRET_KEYS", SECRET)
    settings.cache_clear()
    house = House(home, open_store())
    try:
        with house.store.begin() as session:
            for organization in ("Acme", "Rival"):
                tenants.add_organization(session, organization)
            for slug, email, role in (
                ("acme", ANN, Role.ADMIN),
                ("acme", BEN, Role.MEMBER),
                ("rival", ROB, Role.ADMIN),
            ):
                tenants.add_user(session, slug, email, role=role)
                house.scopes[email] = tenants.scope_of(session, slug, email)
        yield house
    finally:
        house.store.engine.dispose()
        settings.cache_clear()
