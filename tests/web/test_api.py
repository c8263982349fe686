"""The JSON endpoints tell what the pages tell, keep to their own description, and break by nothing that is asked."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.core.result import Ok

from storage.scope import Scope
from storage.session import Store
from storage.sync.syncs import Sync
from tests.storage.campaign_examples import waiting
from tests.web.conftest import Person, served
from tests.web.plans_to_review import SMALL
from web.app import ROUTES
from web.context import AppContext
from web.cookies import SESSION
from web.openapi import ENDPOINTS

EXAMPLES = 15  # for each endpoint; each asks several times, and who asks too often is told to wait
DESCRIBED = {(one.path, one.method.upper()) for one in ENDPOINTS}
PLANNED = sum(SMALL[kind] for kind in ("conflict", "maybe", "removed", "update", "create"))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is told is what the repositories tell, and they are tested on both."""
    return sqlite_url


def test_the_description_names_every_endpoint() -> None:
    routes = {(route.path, method) for route in ROUTES for method in route.methods if method != "HEAD"}  # type: ignore[attr-defined]
    assert {one for one in routes if one[0].startswith("/api/")} == DESCRIBED | {("/api/openapi.json", "GET")}


def test_a_plan_is_told_in_the_numbers_of_its_page(ann: Person, sync: Sync) -> None:
    ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="")
    told = ann.get(f"/api/syncs/{sync.id}").json()
    assert (told["digest"], told["would_write"], told["would_leave"]) == (sync.digest, PLANNED - 1, 1)
    assert {one["group"]: one["total"] for one in told["groups"]}["create"] == SMALL["create"]
    assert [one["id"] for one in ann.get("/api/syncs").json()] == [sync.id]


def test_contacts_are_found_without_a_name_in_the_address(ann: Person, sync: Sync) -> None:
    del sync
    csrf = ann.get("/api/session").json()["csrf"]
    answer = ann.http.post("/api/contacts/search", data={"csrf": csrf, "words": "LOVELACE"})
    assert {one["name"].split()[-1] for one in answer.json()} == {"Lovelace"}


def test_campaigns_and_connections_are_told(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    with store.begin() as session:
        campaign = waiting(session, scope, 2)
    (told,) = ann.get("/api/campaigns").json()
    assert told == ann.get(f"/api/campaigns/{campaign.id}").json()
    assert (told["id"], told["status"]) == (campaign.id, "review")
    (account,) = ann.get("/api/connections").json()
    assert (account["id"], account["health"]) == (sync.connection_id, "fine")
    assert "token" not in ann.get("/api/connections").text


def test_a_refusal_is_told_as_json(ann: Person) -> None:
    for path in ("/api/syncs/nothing", "/api/nothing"):
        answer = ann.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, 404)
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_endpoints_keep_to_their_description(ann: Person, context: AppContext, sync: Sync) -> None:
    del sync
    with served(context) as url:
        schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)

            @given(case=found.ok().as_strategy())
            @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
            def ask(case: Case[Any]) -> None:
                if isinstance(case.body, dict):
                    case.body["csrf"] = ann.csrf
                case.call_and_validate(cookies={SESSION: ann.token})

            ask()
