"""The addresses in mails: looking changes nothing, a POST unsubscribes, a click leads only where it may."""

from datetime import timedelta

import pytest
from jinja2 import Environment
from sqlalchemy import text
from starlette.testclient import TestClient

from storage.campaign import campaigns, mail_events, mails, suppressions, tallies
from storage.campaign.campaigns import Campaign
from storage.documents import now
from storage.records import Mail
from storage.scope import Scope
from storage.session import Store
from storage.settings import Settings
from tasks.providers.flow_runs.engine import Engine
from tasks.rules.links import Use, token
from tests.storage.campaign_examples import waiting
from tests.web.conftest import HOST
from web.app import create_app
from web.context import AppContext

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "Accept-Language": "en"}


@pytest.fixture
def campaign(store: Store, scope: Scope) -> Campaign:
    with store.begin() as session:
        made = waiting(session, scope, 1)
        session.enter(scope.organization_id)
        session.execute(text("UPDATE campaign_emails SET sent_at = :at"), {"at": "2026-01-01 00:00:00+00:00"})
        return made


@pytest.fixture
def mail(store: Store, scope: Scope, campaign: Campaign) -> Mail:
    with store.read() as session:
        return mails.mails(session, scope, campaign.id, None)[0]


@pytest.fixture
def http(store: Store, compiled: Environment) -> TestClient:
    context = AppContext(store, Engine("http://127.0.0.1:9/api"), Settings.load(), compiled)
    return TestClient(create_app(context), base_url=HOST, follow_redirects=False, headers=BROWSER)


def signed(store: Store, use: Use, mail: Mail, number: int = 0) -> str:
    return token(use, mail.id, store.keyring.signature, number)


def is_suppressed(store: Store, scope: Scope, mail: Mail) -> bool:
    with store.read() as session:
        return bool(suppressions.suppressed(session, scope, [mail.address_hash]))


def test_looking_at_the_page_unsubscribes_nobody_and_posting_does(
    store: Store, scope: Scope, mail: Mail, http: TestClient
) -> None:
    path = f"/u/{signed(store, Use.UNSUBSCRIBE, mail)}"
    assert http.get(path).status_code == http.head(path).status_code == 200
    assert not is_suppressed(store, scope, mail)
    for _ in range(2):
        answer = http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert is_suppressed(store, scope, mail)
    with store.read() as session:
        assert tallies.statistics(session, scope, mail.campaign_id).unsubscribed == 1


def test_whoever_opts_out_is_heard_however_many_mails_one_proxy_opens(
    store: Store, scope: Scope, mail: Mail, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.security.REQUESTS", 3)
    opened = [http.get(f"/o/{signed(store, Use.OPEN, mail)}.gif").status_code for _ in range(5)]
    assert opened == [200, 200, 200, 429, 429]
    assert http.post(f"/u/{signed(store, Use.UNSUBSCRIBE, mail)}").status_code == 200
    assert is_suppressed(store, scope, mail)
    assert http.get("/sign-in").status_code == 200


def test_a_token_for_another_purpose_or_a_forged_one_leads_nowhere(
    store: Store, scope: Scope, mail: Mail, http: TestClient
) -> None:
    opened = signed(store, Use.OPEN, mail)
    for path in (f"/u/{opened}", f"/c/{opened}", f"/u/{opened[:-1]}x", "/u/x", "/o/x.gif", "/c/%00"):
        assert http.get(path).status_code == 404
    assert http.post(f"/u/{opened}").status_code == 404
    assert not is_suppressed(store, scope, mail)


def test_a_click_leads_only_where_the_campaign_allowed(
    store: Store, scope: Scope, mail: Mail, http: TestClient
) -> None:
    answer = http.get(f"/c/{signed(store, Use.CLICK, mail)}?to=https://evil.example")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://engines.example/demo")
    assert http.get(f"/c/{signed(store, Use.CLICK, mail, 7)}").status_code == 404
    with store.read() as session:
        assert tallies.statistics(session, scope, mail.campaign_id).clicked == 1


@pytest.mark.parametrize(
    ("method", "headers", "counted"),
    [
        ("GET", {}, 1),
        ("HEAD", {}, 0),
        ("GET", {"Sec-Purpose": "prefetch"}, 0),
        ("GET", {"User-Agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, 0),
    ],
)
def test_machines_that_open_are_told_from_people(
    store: Store, scope: Scope, mail: Mail, http: TestClient, method: str, headers: dict[str, str], counted: int
) -> None:
    for _ in range(2):
        assert http.request(method, f"/o/{signed(store, Use.OPEN, mail)}.gif", headers=headers).status_code == 200
    with store.read() as session:
        assert len(mail_events.of_mail(session, scope, mail.id)) in {1, 2}  # two minutes may meet here
        assert tallies.statistics(session, scope, mail.campaign_id).opened == counted


def test_what_is_opened_at_once_was_opened_by_a_machine(
    store: Store, scope: Scope, mail: Mail, http: TestClient
) -> None:
    with store.begin() as session:
        session.enter(scope.organization_id)
        session.execute(text("UPDATE campaign_emails SET sent_at = :at"), {"at": (now() + timedelta(0)).isoformat(" ")})
    http.get(f"/o/{signed(store, Use.OPEN, mail)}.gif")
    with store.read() as session:
        assert tallies.statistics(session, scope, mail.campaign_id).opened == 0


def test_once_its_mails_are_forgotten_a_click_leads_nowhere_and_opting_out_still_works(
    store: Store, scope: Scope, mail: Mail, http: TestClient
) -> None:
    with store.begin() as session:
        campaigns.forget(session, scope, mail.campaign_id)
        mails.clear(session, scope, mail.campaign_id)
    assert http.get(f"/c/{signed(store, Use.CLICK, mail)}").status_code == 404
    assert http.post(f"/u/{signed(store, Use.UNSUBSCRIBE, mail)}").status_code == 200
    assert is_suppressed(store, scope, mail)
