"""Connecting an account on the pages: contacts and mail are asked for, and less where that is refused."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from deployments.simulators.server import Simulators
from storage import connections, sign_ins
from storage.records import Provider
from storage.settings import settings
from tasks.providers.engine import Engine
from tasks.providers.permissions import CONTACTS, MAIL, allowed
from tests.accounts.test_connecting import only
from tests.flows.house import ANN, House
from web.app import create_app
from web.cookies import SESSION, csrf_of
from web.house import House as WebHouse
from web.rendering import environment


@pytest.fixture(params=["microsoft", "google"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def browser(house: House, simulators: Simulators) -> Iterator[TestClient]:
    simulators.start_over(contacts=3, seed=1)
    inside = WebHouse(house.store, Engine("http://127.0.0.1:9/api"), settings(), environment())
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


def comes_back(browser: TestClient, url: str) -> httpx.Response:
    back = httpx.get(url, follow_redirects=False, timeout=20).headers["location"]
    return browser.get(back)


def test_an_account_is_connected_for_contacts_and_mail(browser: TestClient, house: House, provider: str) -> None:
    url = departs(browser, provider)
    assert asked_for(url) >= named(CONTACTS[Provider(provider)] + MAIL[Provider(provider)])
    assert comes_back(browser, url).headers["location"] == "/connections"
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
    assert comes_back(browser, less).headers["location"] == "/connections"
    assert allowed(only(house)) == ["contacts"]
