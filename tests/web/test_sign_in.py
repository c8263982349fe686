"""Signing in with Microsoft and Google, from the first page to the last, over HTTP against the simulated services."""

import re
import ssl
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

import httpx
import httpx2
import pytest
from jinja2 import Environment
from starlette.testclient import TestClient

from deployments.simulators.server import OWNERS, Simulators, serve
from storage import audit
from storage.organization import connections, tenants
from storage.records import Role
from storage.scope import Scope
from storage.session import Store
from storage.settings import Settings, settings
from tests.flows.house import address_book
from tests.web.conftest import HOST, NotedEngine, Person
from web.app import create_app
from web.context import AppContext
from web.cookies import FLOW, SESSION

SERVICES = ["microsoft", "google"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(scope="module")
def running() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def services(running: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulators]:
    running.start_over(contacts=0, seed=1)
    with monkeypatch.context() as patch:
        address_book(patch, running)
        yield running
    settings.cache_clear()


@pytest.fixture
def context(services: Simulators, store: Store, engine: NotedEngine, compiled: Environment) -> AppContext:
    """Registered with both."""
    del services
    return AppContext(store, engine, Settings.load(), compiled)


@pytest.fixture(autouse=True)
def members(store: Store, scope: Scope) -> dict[str, Scope]:
    """Each service's account belongs to a user of Acme."""
    found = {}
    del scope
    with store.begin() as session:
        for service, email in OWNERS.items():
            tenants.add_user(session, "acme", email, role=Role.MEMBER)
            found[service] = tenants.scope_of(session, "acme", email)
    return found


class Guest:
    """A browser that is not signed in, at our pages and at the service's in turn."""

    def __init__(self, context: AppContext, services: Simulators) -> None:
        self.http = TestClient(create_app(context), base_url=HOST, follow_redirects=False)
        self.services = services

    def press(self, service: str, page: str = "/sign-in", button: str = "/sign-in") -> httpx2.Response:
        csrf = re.findall(r'name="csrf" value="([^"]+)"', self.http.get(page).text)[-1]
        return self.http.post(f"{button}/{service}", data={"csrf": csrf})

    def consent(self, url: str) -> str:
        """Where the service sends the browser: back to us, with a code."""
        trusted = ssl.create_default_context(cafile=self.services.urls.ca_file)
        return str(httpx.get(url, verify=trusted).headers["location"])

    def arrive(self, location: str) -> httpx2.Response:
        assert location.startswith(f"{HOST}/sign-in/")
        return self.http.get(location.removeprefix(HOST))

    def sign_in(self, service: str) -> httpx2.Response:
        return self.arrive(self.consent(self.press(service).headers["location"]))


@pytest.fixture
def guest(context: AppContext, services: Simulators) -> Guest:
    return Guest(context, services)


def changed(location: str, **parts: str) -> str:
    page, _, query = location.partition("?")
    return f"{page}?{urlencode(dict(parse_qsl(query)) | parts)}"


def sessions_of(store: Store, scope: Scope) -> list[audit.Entry]:
    with store.read() as session:
        return [one for one in audit.entries(session, scope) if one.action == "sign_in.made"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_user_of_an_organization_signs_in(
    guest: Guest, store: Store, members: dict[str, Scope], service: str
) -> None:
    assert f"Continue with {service.title()}" in guest.http.get("/sign-in").text
    answer = guest.sign_in(service)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "What waits for you" in guest.http.get("/").text
    assert OWNERS[service] in guest.http.get("/").text
    (made,) = [one for one in sessions_of(store, members[service]) if one.actor == OWNERS[service]]
    assert made.detail["how"] == service


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_of_theirs_is_asked_for(guest: Guest, service: str) -> None:
    """Who signs in gives no access to contacts or mails."""
    asked = parse_qs(urlsplit(guest.press(service).headers["location"]).query)
    assert set(asked["scope"][0].split()) <= {"openid", "profile", "email", "offline_access"}
    assert asked["nonce"]
    assert asked["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize("service", SERVICES)
def test_somebody_of_no_organization_is_not_let_in(guest: Guest, services: Simulators, service: str) -> None:
    services.world.claims |= {"preferred_username": "eve@evil.example", "email": "eve@evil.example"}
    answer = guest.sign_in(service)
    assert answer.status_code == 403
    assert "ask an admin to add you" in answer.text
    assert SESSION not in answer.cookies
    assert guest.http.get("/").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1}, {"iat": 2**33}],
)
@pytest.mark.parametrize("service", SERVICES)
def test_an_answer_that_is_not_for_this_sign_in_lets_nobody_in(
    guest: Guest, services: Simulators, service: str, claims: dict[str, object]
) -> None:
    services.world.claims |= claims
    answer = guest.sign_in(service)
    assert answer.status_code == 403
    assert "The sign-in did not work" in answer.text
    assert SESSION not in answer.cookies


@pytest.mark.parametrize(
    ("service", "claims"),
    [
        ("google", {"email": "ann@acme.example", "email_verified": False}),
        ("microsoft", {"email": "ann@acme.example", "preferred_username": None}),
        ("microsoft", {"email": "ann@acme.example", "preferred_username": "eve@evil.example"}),
    ],
)
def test_an_address_that_nobody_verified_lets_nobody_in(
    guest: Guest, services: Simulators, service: str, claims: dict[str, object]
) -> None:
    services.world.claims |= claims
    assert guest.sign_in(service).status_code == 403
    assert guest.http.get("/").status_code == 303


@pytest.mark.parametrize("service", SERVICES)
def test_a_return_works_once_and_only_in_the_browser_that_began(
    guest: Guest, context: AppContext, services: Simulators, service: str
) -> None:
    location = guest.consent(guest.press(service).headers["location"])
    stranger = Guest(context, services)
    assert stranger.arrive(location).status_code == 403  # somebody was sent a link to sign in as another
    stranger.press(service)
    assert stranger.arrive(location).status_code == 403  # begun, and another's all the same
    flow = guest.http.cookies[FLOW]
    assert guest.arrive(location).status_code == 303
    guest.http.cookies.delete(SESSION)
    assert guest.arrive(location).status_code == 403
    guest.http.cookies.set(FLOW, flow)
    answer = guest.arrive(location)
    assert answer.status_code == 403
    assert SESSION not in answer.cookies


@pytest.mark.parametrize("service", SERVICES)
def test_a_return_with_another_state_or_service_is_refused(guest: Guest, service: str) -> None:
    location = guest.consent(guest.press(service).headers["location"])
    other = next(one for one in SERVICES if one != service)
    for wrong in (changed(location, state="forged"), changed(location, state=""), changed(location, code="forged"),
                  location.replace(f"/{service}/", f"/{other}/"), location.partition("?")[0]):  # fmt: skip
        answer = guest.arrive(wrong)
        assert answer.status_code == 403, wrong
        assert SESSION not in answer.cookies


@pytest.mark.parametrize("service", SERVICES)
def test_who_says_no_at_the_service_is_told_what_to_do(guest: Guest, service: str) -> None:
    asked = parse_qs(urlsplit(guest.press(service).headers["location"]).query)
    back = f"{HOST}/sign-in/{service}/back?{urlencode({'state': asked['state'][0], 'error': 'access_denied'})}"
    answer = guest.arrive(back)
    assert answer.status_code == 403
    assert "sign in again" in answer.text


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_away_is_said_to_be(guest: Guest, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    location = guest.consent(guest.press(service).headers["location"])
    monkeypatch.setenv("CONTACTFLOW_MICROSOFT_AUTHORITY", "https://127.0.0.1:9/common")
    monkeypatch.setenv("CONTACTFLOW_GOOGLE_TOKEN_URL", "http://127.0.0.1:9/token")
    settings.cache_clear()
    answer = guest.arrive(location)
    assert answer.status_code == 503
    assert "reached" in answer.text
    if service == "microsoft":
        assert guest.press(service).status_code == 503


def test_who_belongs_to_two_organizations_chooses(guest: Guest, store: Store, rival: Scope) -> None:
    del rival
    with store.begin() as session:
        tenants.add_user(session, "rival", OWNERS["google"], role=Role.MEMBER)
        tenants.add_organization(session, "Third")
    page = guest.sign_in("google").text
    assert "Which organization?" in page
    fields = dict(re.findall(r'name="(csrf|who)" value="([^"]+)"', page))
    for other in ("third", "nonsense", ""):
        assert guest.http.post("/sign-in/organization", data={**fields, "organization": other}).status_code == 404
    forged = {**fields, "who": fields["who"][:-2] + "00", "organization": "rival"}
    assert guest.http.post("/sign-in/organization", data=forged).status_code == 403
    assert guest.http.post("/sign-in/organization", data={**fields, "organization": "rival"}).status_code == 303
    assert "Rival" in guest.http.get("/").text


def test_who_was_sent_to_sign_in_comes_back_to_the_page_they_asked_for(guest: Guest) -> None:
    assert guest.http.get("/contacts?from=0").headers["location"] == "/sign-in"
    assert guest.sign_in("google").headers["location"] == "/contacts?from=0"
    assert guest.http.get("/contacts").status_code == 200


@pytest.mark.parametrize(
    "where", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "%2f%2fevil.example"]
)
def test_a_sign_in_never_ends_anywhere_else(guest: Guest, where: str) -> None:
    guest.http.get(f"/sign-in?next={where}")
    guest.http.get(f"/{where}")
    guest.http.get(f"/contacts/{where}")
    guest.http.cookies.set("contactflow-wanted", where)
    location = guest.sign_in("google").headers["location"]
    assert re.fullmatch(r"/|/contacts/[^\\/].*|/contacts//.*", location)
    assert urlsplit(urljoin(f"{HOST}/", location)).netloc == urlsplit(HOST).netloc


def test_an_account_is_connected_for_whoever_began_and_for_nobody_else(
    ann: Person, services: Simulators, store: Store, scope: Scope, context: AppContext
) -> None:
    page = ann.get("/connections")
    assert "Connect Google" in page.text
    left = ann.post("/connections/connect/google")
    location = Guest(context, services).consent(left.headers["location"])
    ann.http.cookies.set(SESSION, "x" * 43)
    assert ann.get(location.removeprefix(HOST)).status_code == 403
    with store.read() as session:
        assert connections.connections(session, scope) == []
    ann.http.cookies.set(SESSION, ann.token)
    location = Guest(context, services).consent(ann.post("/connections/connect/google").headers["location"])
    assert ann.get(location.removeprefix(HOST)).headers["location"] == "/connections?connected=1"
    with store.read() as session:
        assert [one.account for one in connections.connections(session, scope)] == [OWNERS["google"]]
