"""Nobody gets in who should not, by any route there is; and each attempt is on record."""

import logging
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from storage import audit
from storage.campaign import campaigns, templates
from storage.campaign.campaigns import Campaign
from storage.campaign.templates import NewTemplate
from storage.organization import schedules, sign_ins, tenants
from storage.people import contacts
from storage.records import ReviewPolicy, Role, SyncStatus, Timing
from storage.scope import Scope
from storage.session import Store
from storage.sync import syncs
from storage.sync.syncs import Sync
from tests.conftest import opened
from tests.web.campaigns_to_review import written_campaign
from tests.web.conftest import HOST, NotedEngine, Person, refusals
from tests.web.plans_to_review import waiting_plan
from web.app import ROUTES, create_app
from web.context import AppContext
from web.cookies import SESSION

OPEN = {
    "/healthz", "/metrics", "/sign-in", "/sign-in/organization", "/sign-in/link", "/sign-in/link/{token}",
    "/sign-in/{provider}", "/sign-in/{provider}/back", "/api/openapi.json",
}  # fmt: skip
FOUND = [(route, method) for route in ROUTES if isinstance(route, Route) for method in sorted(route.methods or ())]
INSIDE = [(route.path, method) for route, method in FOUND if route.path not in OPEN and method != "HEAD"]
POSTS = [(route.path, method) for route, method in FOUND if method == "POST"]
OF_SOMETHING = [(path, method) for path, method in INSIDE if "_id}" in path]


@dataclass(frozen=True, slots=True)
class Furnished:
    """A database with things of Acme's in it, and what the routes call them."""

    file: Path
    scope: Scope
    sync: Sync
    campaign: Campaign
    ids: dict[str, str]


@pytest.fixture(scope="module")
def furnished(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Furnished:
    """Once, for there are hundreds of doors, and they are the same whatever kind of database lies behind them."""
    file = tmp_path_factory.mktemp("doors") / "furnished.db"
    shutil.copy(sqlite_template, file)
    with opened(f"sqlite:///{file}") as store, store.begin() as session:
        acme = tenants.add_organization(session, "Acme")
        tenants.add_user(session, acme.slug, "ann@acme.example", role=Role.ADMIN)
        scope = tenants.scope_of(session, acme.slug, "ann@acme.example")
        sync, campaign = waiting_plan(session, scope), written_campaign(session, scope, 1, excluded=0)
        person = contacts.search(session, scope, limit=1)[0].id
        daily = schedules.add(session, scope, sync.connection_id, Timing("0 9 * * *"), ReviewPolicy.ALWAYS, actor="ann")
        template = templates.save(session, scope, NewTemplate("News", "Hello", "Dear all"), author="ann")
    ids = {
        "schedule_id": daily.id, "template_id": template.id,
        "campaign_id": campaign.id, "sync_id": sync.id,
        "contact_id": person, "connection_id": sync.connection_id, "provider": "microsoft",
        "token": "forged",
    }  # fmt: skip
    return Furnished(file, scope, sync, campaign, ids)


@pytest.fixture
def database_url(furnished: Furnished, tmp_path: Path) -> str:
    shutil.copy(furnished.file, tmp_path / "contactflow.db")
    return f"sqlite:///{tmp_path / 'contactflow.db'}"


@pytest.fixture
def scope(furnished: Furnished) -> Scope:
    return furnished.scope


@pytest.fixture
def sync(furnished: Furnished) -> Sync:
    return furnished.sync


@pytest.fixture
def campaign(furnished: Furnished) -> Campaign:
    return furnished.campaign


@pytest.fixture
def ids(furnished: Furnished) -> dict[str, str]:
    return furnished.ids


def address(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::int)?\}", lambda part: ids.get(part[1], "1"), path)


def shown_out(path: str, method: str) -> int:
    """A person is sent to the sign-in, a script is told."""
    if method == "POST":
        return 403
    return 401 if path.startswith("/api/") else 303


def everything(store: Store, scope: Scope, sync: Sync, engine: NotedEngine) -> object:
    with store.read() as session:
        entries = [one.action for one in audit.entries(session, scope) if one.action != "web.refused"]
        mailings = campaigns.campaigns(session, scope)
        return syncs.sync(session, scope, sync.id), mailings, entries, engine.started, engine.resumed, engine.restarted


def test_all_routes_are_found() -> None:
    assert len(INSIDE) >= 20
    assert {path for path, _ in POSTS} - {path for path, _ in INSIDE} <= OPEN


@pytest.mark.parametrize(("path", "method"), INSIDE)
def test_who_is_not_signed_in_gets_nothing(
    stranger: TestClient, store: Store, scope: Scope, sync: Sync, engine: NotedEngine, ids: dict[str, str], path: str,
    method: str,
) -> None:  # fmt: skip
    before = everything(store, scope, sync, engine)
    answer = stranger.request(method, address(path, ids))
    assert answer.status_code == shown_out(path, method)
    assert answer.headers.get("location", "/sign-in") == "/sign-in"
    assert everything(store, scope, sync, engine) == before


@pytest.mark.parametrize(("path", "method"), INSIDE)
def test_a_forged_session_gets_nothing(
    context: AppContext, caplog: pytest.LogCaptureFixture, ids: dict[str, str], path: str, method: str
) -> None:
    forger = TestClient(create_app(context), base_url=HOST, follow_redirects=False, cookies={SESSION: "x" * 43})
    with caplog.at_level(logging.WARNING):
        answer = forger.request(method, address(path, ids))
    assert answer.status_code == shown_out(path, method)
    assert "never given out" in caplog.text
    assert "x" * 43 not in caplog.text


@pytest.mark.parametrize(("path", "method"), INSIDE)
def test_a_session_that_was_ended_gets_nothing_and_is_on_record(
    ann: Person, store: Store, scope: Scope, ids: dict[str, str], path: str, method: str
) -> None:
    with store.begin() as session:
        found = sign_ins.visitor(session, ann.token)
        assert found is not None
        sign_ins.end(session, scope, found.sign_in_id)
    answer = ann.http.request(method, address(path, ids), data={"csrf": ann.csrf} if method == "POST" else None)
    assert answer.status_code == shown_out(path, method)
    assert [(one.subject, one.detail["why"]) for one in refusals(store, scope)] == [(path, "the session is over")]


@pytest.mark.parametrize("token", [None, "", "forged", "of another session"])
@pytest.mark.parametrize(("path", "method"), [(path, method) for path, method in POSTS if path not in OPEN])
def test_a_form_without_its_token_does_nothing_and_is_on_record(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine, ids: dict[str, str],
    path: str, method: str, token: str | None,
) -> None:  # fmt: skip
    before = everything(store, scope, sync, engine)
    sent = ben.csrf if token == "of another session" else token
    form = {"digest": sync.digest, "choice": "approve"} | ({} if sent is None else {"csrf": sent})
    answer = ann.http.request(method, address(path, ids), data=form)
    assert answer.status_code == 403
    assert everything(store, scope, sync, engine) == before
    assert [(one.subject, one.detail["why"]) for one in refusals(store, scope)] == [(path, "no valid form token")]


@pytest.mark.parametrize(("path", "method"), [(path, method) for path, method in POSTS if path in OPEN])
def test_a_sign_in_form_without_its_token_does_nothing(
    stranger: TestClient, ids: dict[str, str], path: str, method: str
) -> None:
    stranger.get("/sign-in")
    assert stranger.request(method, address(path, ids), data={"csrf": "forged"}).status_code == 403


@pytest.mark.parametrize(("path", "method"), OF_SOMETHING)
def test_what_is_another_organizations_is_not_there_and_asking_is_on_record(
    rob: Person, rival: Scope, store: Store, scope: Scope, sync: Sync, engine: NotedEngine, ids: dict[str, str],
    path: str, method: str,
) -> None:  # fmt: skip
    before = everything(store, scope, sync, engine)
    known = {"csrf": rob.csrf, "digest": sync.digest, "pulse": "0.0.", "deed": "approved", "whole": "approved",
             "group": "create", "mark": "1", "choice": "approve", "once": "0" * 36}  # fmt: skip
    answer = rob.http.request(method, address(path, ids), data=known if method == "POST" else None)
    assert answer.status_code in {403, 404}
    assert "Lovelace" not in answer.text
    assert everything(store, scope, sync, engine) == before
    assert [one.subject for one in refusals(store, rival)] == [path]


@pytest.mark.parametrize(("path", "method"), OF_SOMETHING)
def test_a_member_sees_only_what_is_their_own(
    store: Store, sign_in: Callable[[Scope], Person], ids: dict[str, str], path: str, method: str
) -> None:
    if "contact_id" in path or "template_id" in path:
        return  # contacts and templates are the organization's
    with store.begin() as session:
        tenants.add_user(session, "acme", "mia@acme.example", role=Role.MEMBER)
        member = tenants.scope_of(session, "acme", "mia@acme.example")
    mia = sign_in(member)
    form = {"csrf": mia.csrf, "digest": "x", "whole": "approved", "group": "create", "once": "0" * 36}
    answer = mia.http.request(method, address(path, ids), data=form if method == "POST" else None)
    assert answer.status_code in {403, 404}


def test_a_form_from_another_site_does_nothing(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    answer = ann.http.post(
        f"/syncs/{sync.id}/reject", data={"csrf": ann.csrf, "digest": sync.digest},
        headers={"Origin": "https://evil.example"},
    )  # fmt: skip
    assert answer.status_code == 403
    with store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.PREVIEW
