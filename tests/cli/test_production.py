"""The doctor for those who run it for many: what may be so on one's own machine, and what would mend it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deployments.cli.production import examine_for_production
from storage import chores
from storage.organization import tenants
from storage.session import Store
from storage.settings import Settings
from tests import postgres
from tests.cli.conftest import Call
from tests.conftest import in_role, opened
from tests.flows.house import House

WRONG_AT_HOME = {
    "kind of database", "where the keys are", "public address", "metrics", "who is told of trouble", "workers",
    "sweeper",
}  # fmt: skip
FOR_MANY = {
    "secret_keys": "k" * 32, "public_url": "https://contacts.example", "metrics_token": "t" * 32,
    "notify_urls": "json://127.0.0.1:9",
}  # fmt: skip


def found(store: Store, **settings: Any) -> dict[str, Any]:
    return {one.what: one for one in examine_for_production(Settings.load(**settings), store)}


@pytest.fixture
def many(postgres_url: str) -> Iterator[Store]:
    with opened(postgres_url) as store:
        yield store


@pytest.fixture(params=[postgres.APP, postgres.OWNER, postgres.USER])
def by_role(request: pytest.FixtureRequest, many: Store) -> Iterator[tuple[str, Store]]:
    with opened(in_role(many, request.param)) as connected:
        yield request.param, connected


def test_only_the_applications_role_is_fit(by_role: tuple[str, Store]) -> None:
    role, store = by_role
    told = found(store, **FOR_MANY)
    assert told["database role"].fine is (role == postgres.APP)
    assert role in told["database role"].told
    assert told["database role"].fine or "--app-role" in told["database role"].mend
    assert told["row-level security"].fine


def test_what_is_set_for_many_is_fine(many: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    told = found(many, **FOR_MANY)
    assert {name for name, one in told.items() if not one.fine} == {"workers", "sweeper"}
    chores.note(many, chores.SWEEPING)
    assert found(many, **FOR_MANY)["sweeper"].fine


def test_an_organization_that_would_be_told_of_nothing_is_counted(many: Store) -> None:
    with many.begin() as session:
        tenants.add_organization(session, "Acme")
    assert found(many)["who is told of trouble"].told == "nobody in 1 organizations"


def test_the_command_says_how_to_mend_each(call: Call, house: House) -> None:
    del house
    told = {one["what"]: one for one in json.loads(call("doctor", "--production", "--json").stdout)}
    wrong = {name for name, one in told.items() if not one["fine"]}
    assert wrong >= WRONG_AT_HOME - {"where the keys are"}
    assert all(told[name]["mend"] for name in wrong)
    assert not wrong & {one["what"] for one in json.loads(call("doctor", "--json").stdout)} - {"Prefect"}
