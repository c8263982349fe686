"""Sessions begin once, travel safely and end everywhere; who tries too often to get in must wait."""

import re

import pytest
from starlette.testclient import TestClient

from storage.organization import sign_ins
from storage.records import SignInKind
from storage.scope import Scope
from storage.session import Store
from tests.web.conftest import HOST, Person, refusals
from web.app import create_app
from web.context import AppContext
from web.cookies import SESSION
from web.rendering import environment
from web.security import SIGN_INS


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; the repositories are tried on both."""
    return sqlite_url


def test_cookies_travel_safely(store: Store, scope: Scope, context: AppContext) -> None:
    with store.begin() as session:
        token = sign_ins.offer_link(session, scope)
    secure = AppContext(store, context.engine, context.settings.model_copy(update={"public_url": "https://x.example"}),
                   environment())  # fmt: skip
    for one, host, name in ((context, HOST, "contactflow"), (secure, "https://x.example", "__Host-contactflow")):
        http = TestClient(create_app(one), base_url=host, follow_redirects=False)
        page = http.get(f"/sign-in/link/{token}")
        set_now = page.headers["set-cookie"]
        assert set_now.startswith(f"{name}-guest=")
        assert "HttpOnly" in set_now
        assert "samesite=lax" in set_now.lower()
        assert ("Secure" in set_now) is (one is secure)


def test_a_link_signs_in_once_and_looking_at_it_uses_nothing_up(
    context: AppContext, stranger: TestClient, store: Store, scope: Scope
) -> None:
    with store.begin() as session:
        token = sign_ins.offer_link(session, scope)
    for _ in range(3):
        page = stranger.get(f"/sign-in/link/{token}")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    answer = stranger.post("/sign-in/link", data={"csrf": csrf, "token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stranger.get("/").status_code == 200
    again = TestClient(create_app(context), base_url=HOST, follow_redirects=False)
    page = again.get(f"/sign-in/link/{token}")
    assert page.status_code == 403
    assert "used up" in page.text
    assert [one.subject for one in refusals(store, scope)] == ["/sign-in/link"]


def test_a_session_is_no_link_and_a_link_no_session(
    context: AppContext, ann: Person, store: Store, scope: Scope
) -> None:
    with store.begin() as session:
        link = sign_ins.offer_link(session, scope)
        assert sign_ins.visitor(session, ann.token, SignInKind.LINK) is None
    http = TestClient(create_app(context), base_url=HOST, follow_redirects=False)
    assert http.get(f"/sign-in/link/{ann.token}").status_code == 404
    http.cookies.set(SESSION, link)
    assert http.get("/").status_code == 303


def test_signing_out_ends_the_session_everywhere(ann: Person, context: AppContext) -> None:
    copied = TestClient(create_app(context), base_url=HOST, follow_redirects=False, cookies={SESSION: ann.token})
    assert copied.get("/").status_code == 200
    assert ann.post("/sign-out").status_code == 303
    assert copied.get("/").status_code == 303


def test_who_tries_too_often_to_get_in_must_wait(stranger: TestClient) -> None:
    answers = [stranger.get("/sign-in/link/guess").status_code for _ in range(SIGN_INS + 5)]
    assert answers[-1] == 429
    assert 404 in answers
