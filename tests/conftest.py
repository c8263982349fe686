"""What all tests share: an environment of their own, and an empty database on each of the two kinds.

`store` runs a test twice, on SQLite and on Postgres; `acme` and `rival` are two organizations in it.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest

for stray in [name for name in os.environ if name.upper().startswith(("CONTACTFLOW_", "OPENAI_", "PREFECT_"))]:
    del os.environ[stray]

# Set before anything of ours or of Prefect is imported, for both look once.
HOME = Path(tempfile.mkdtemp(prefix="contactflow-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ["CONTACTFLOW_HOME"] = str(HOME / "contactflow")
os.environ["PREFECT_HOME"] = str(HOME / "prefect")

from storage import row_security, schema  # noqa: E402 (after the environment is clean)
from storage.organization import tenants  # noqa: E402 (after the environment is clean)
from storage.organization.tenants import Organization  # noqa: E402 (as above)
from storage.records import Role  # noqa: E402 (as above)
from storage.scope import Scope  # noqa: E402 (as above)
from storage.session import Session, Store, open_store  # noqa: E402 (as above)
from storage.settings import Settings  # noqa: E402 (as above)
from tests import postgres  # noqa: E402 (as above)

Settings.model_config["env_file"] = None  # a developer's own .env is not for tests

hypothesis.settings.register_profile("dev", max_examples=60, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=200, deadline=None)
hypothesis.settings.register_profile("deterministic", max_examples=60, deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

SECRET = "a secret that only the tests know"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.together import Together  # noqa: PLC0415 (only where there are workers)

    return Together(config, log)


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[postgres.Databases]:
    """On a Postgres that lives as long as the tests do, and is started by the first of them that wants it."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.running())
        except postgres.NoPostgres as missing:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
        yield postgres.Databases(server).migrated_once(_migrate)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    template = HOME / "template.db"
    _migrate(f"sqlite:///{template}")
    return template


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "contactflow.db")
    return f"sqlite:///{tmp_path / 'contactflow.db'}"


@pytest.fixture
def superuser_url(postgres_databases: postgres.Databases) -> Iterator[str]:
    """For looking past row-level security."""
    with postgres_databases.lent() as url:
        yield url


@pytest.fixture
def postgres_url(superuser_url: str) -> str:
    """As in production: by a role that owns nothing and that row-level security holds."""
    return postgres.as_role(superuser_url, postgres.APP)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened(database_url) as store:
        yield store


@pytest.fixture
def owned_store(store: Store) -> Iterator[Store]:
    """The same database, opened as the owner of its tables: on Postgres the application's role may not change them."""
    with opened(in_role(store, postgres.OWNER)) as owned:
        yield owned


@contextmanager
def past_row_security(store: Store) -> Iterator[Session]:
    """The same database, for somebody from whom Postgres keeps nothing."""
    with opened(in_role(store, postgres.USER)) as unwalled, unwalled.begin() as session:
        yield session


def in_role(store: Store, role: str) -> str:
    url = store.engine.url
    shown = url.set(username=role) if store.engine.dialect.name == "postgresql" else url
    return shown.render_as_string(hide_password=False)


@contextmanager
def opened(database_url: str, *secrets: str) -> Iterator[Store]:
    keys = ",".join(secrets or (SECRET,))
    store = open_store(Settings.load(database_url=database_url, secret_keys=keys))
    try:
        yield store
    finally:
        store.engine.dispose()


@pytest.fixture
def acme(store: Store) -> Organization:
    with store.begin() as session:
        return tenants.add_organization(session, "Acme")


@pytest.fixture
def scope(store: Store, acme: Organization) -> Scope:
    """An admin of Acme."""
    return _admin(store, acme.slug, "ann@acme.example")


@pytest.fixture
def rival(store: Store) -> Scope:
    """An admin of another organization, who must see and change nothing of Acme's."""
    with store.begin() as session:
        other = tenants.add_organization(session, "Rival")
    return _admin(store, other.slug, "rob@rival.example")


def _admin(store: Store, organization: str, email: str) -> Scope:
    with store.begin() as session:
        tenants.add_user(session, organization, email, role=Role.ADMIN)
        return tenants.scope_of(session, organization, email)


def _migrate(url: str) -> None:
    with opened(url) as store:
        schema.upgrade(store)
        if store.engine.dialect.name == "postgresql":
            with store.begin() as session:
                row_security.admit(session.connection, postgres.APP)
