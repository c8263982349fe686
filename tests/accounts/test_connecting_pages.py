"""Connecting an account on the pages: contacts and mail are asked for, and less where that is refused."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from starlette.testclient import TestClient

from deployments.simulators.server import Simulators
from storage.organization import connections, sign_ins, tenants
from storage.organization.connections import StoredTokens
from storage.records import ConnectionStatus, Provider, Role
from storage.reporting.measures import Measure, measures
from storage.settings import settings
from tasks.providers.access.applications import note_refused
from tasks.providers.access.permissions import CONTACTS, MAIL, allowed
from tasks.providers.access.sign_in_refusals import AppRefused
from tasks.providers.flow_runs.engine import Engine
from tests.accounts.test_connecting import only
from tests.flows.house import ANN, House
from web.app import create_app
from web.context import AppContext
from web.cookies import SESSION, csrf_of
from web.rendering import environment


@pytest.fixture(params=["microsoft", "google"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def browser(house: House, simulators: Simulators) -> Iterator[TestClient]:
    simulators.start_over(contacts=3, seed=1)
    inside = AppContext(house.store, Engine("http://127.0.0.1:9/api"), settings(), environment())
    with house.store.begin() as session:
        token = sign_ins.start(session, house.scope, actor=ANN, how="test")
    address = inside.settings.public_url
    with TestClient(create_app(inside), base_url=address, follow_redirects=False, cookies={SESSION: token}) as browser:
        browser.headers["x-csrf"] = csrf_of(inside, token)
        yield browser


def departs(browser: TestClient, provider: str) -> str:
    gone = browser.post(f"/connections/connect/{provider}", data={"csrf": browser.headers["x-csrf"]})
    return gone.headers["location"]


def asked_for(url: str) -> set[str]:
    return {scope.rpartition("/")[2] for scope in parse_qs(urlsplit(url).query)["scope"][0].split()}


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def named(scopes: tuple[str, ...]) -> set[str]:
    return {scope.rpartition("/")[2] for scope in scopes}


def comes_back(browser: TestClient, url: str) -> httpx2.Response:
    back = httpx.get(url, follow_redirects=False, timeout=20).headers["location"]
    return browser.get(back)


def test_an_account_is_connected_for_contacts_and_mail(browser: TestClient, house: House, provider: str) -> None:
    url = departs(browser, provider)
    assert asked_for(url) >= named(CONTACTS[Provider(provider)] + MAIL[Provider(provider)])
    assert comes_back(browser, url).headers["location"] == "/connections?connected=1"
    assert allowed(only(house)) == ["contacts", "mail"]
    assert "may use: contacts, mail" in browser.get("/connections").text


def test_where_mail_is_refused_the_contacts_alone_are_asked_for_once(
    browser: TestClient, house: House, provider: str
) -> None:
    refusal = f"/sign-in/{provider}/back?error=access_denied&state="
    first = departs(browser, provider)
    again = browser.get(refusal + state_of(first))
    second = again.headers["location"]
    assert asked_for(second) >= named(CONTACTS[Provider(provider)])
    assert not asked_for(second) & named(MAIL[Provider(provider)])
    end = browser.get(refusal + state_of(second))
    assert end.status_code == 403
    with house.store.read() as session:
        assert not connections.connections(session, house.scope)

    less = browser.get(refusal + state_of(departs(browser, provider))).headers["location"]
    assert comes_back(browser, less).headers["location"] == "/connections?connected=1"
    assert allowed(only(house)) == ["contacts"]


def test_an_account_that_needs_its_owner_says_why_until_mended(
    browser: TestClient, house: House, provider: str
) -> None:
    comes_back(browser, departs(browser, provider))
    made, cause = only(house), "access was withdrawn; sign in again"
    with house.store.begin() as session:
        connections.mark(session, house.scope, made.id, ConnectionStatus.NEEDS_RECONNECT, cause)
    page = browser.get("/connections").text
    assert "Access was withdrawn" in page
    assert "Connect again" in page
    comes_back(browser, departs(browser, provider))
    assert (only(house).id, only(house).status) == (made.id, ConnectionStatus.ACTIVE)


def test_a_paused_service_says_what_its_operators_must_do(browser: TestClient, house: House, provider: str) -> None:
    comes_back(browser, departs(browser, provider))
    with house.store.begin() as session:
        note_refused(session, Provider(provider), AppRefused("", provider=provider, excerpt="invalid_client"))
    for path in ("/", "/connections"):
        page = browser.get(path).text
        assert '<span class="health health-paused">paused</span>' in page
        assert "Sync now" not in page
    assert f"until operators renew CONTACTFLOW_{provider.upper()}_CLIENT_SECRET" in page
    (told,) = browser.get("/api/connections").json()
    assert (told["status"], told["health"]) == ("active", "paused")
    assert "does not accept this application" in told["cause"]
    with house.store.read() as session:
        assert Measure("connections", "paused", 1) in measures(session)
    csrf = {"csrf": browser.headers["x-csrf"]}
    assert "This account is paused" in browser.post(f"/connections/{only(house).id}/sync", data=csrf).text


def test_who_is_an_admin_is_not_offered_the_sign_in_of_another(
    browser: TestClient, house: House, provider: str
) -> None:
    with house.store.begin() as session:
        tenants.add_user(session, "acme", "mia@acme.example", role=Role.MEMBER)
        mia = tenants.scope_of(session, "acme", "mia@acme.example")
        made = connections.connect(
            session, mia, provider=Provider(provider), account="mia@x.example", tokens=StoredTokens("r"), scopes=[]
        )
        connections.mark(session, mia, made.id, ConnectionStatus.NEEDS_RECONNECT, "access was withdrawn")
    page = browser.get("/connections").text
    assert "Only mia@acme.example can sign in again" in page
    assert "Connect again" not in page


def test_disconnecting_takes_two_steps_and_says_what_the_service_was_told(
    browser: TestClient, house: House, simulators: Simulators, provider: str
) -> None:
    comes_back(browser, departs(browser, provider))
    made = only(house)
    assert '<summary class="button quiet">Disconnect' in browser.get("/connections").text
    gone = browser.post(f"/connections/{made.id}/disconnect", data={"csrf": browser.headers["x-csrf"]})
    assert only(house).status is ConnectionStatus.DISCONNECTED
    with house.store.read() as session:
        assert connections.tokens(session, house.scope, made.id) is None
    email = simulators.world.mailbox(provider).email
    revoked = [one.revoked for one in simulators.world.tokens.grants.values() if one.email == email]
    assert all(revoked) == (provider == "google")
    said = "permission is given back" if provider == "google" else "could not be told"
    assert said in browser.get(gone.headers["location"]).text
