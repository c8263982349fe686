"""`contactflow connect`, `connections` and `disconnect`, as a person at a terminal meets them."""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner, Result

from deployments.cli import main
from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.organization import connections
from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus
from tasks.providers.access.applications import note_refused
from tasks.providers.access.permissions import mail_refusal
from tasks.providers.access.sign_in_refusals import AppRefused
from tests.flows.house import ANN, House

CONTACTS = {"microsoft": "Contacts.Read", "google": "https://www.googleapis.com/auth/contacts.readonly"}
Run = Callable[..., Result]


@pytest.fixture
def run(simulators: Simulators, house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The browser is an HTTP client that goes where it is sent."""
    del house  # its settings come first
    simulators.start_over(contacts=3, seed=1)

    def browse(url: str) -> bool:
        threading.Thread(target=lambda: httpx.get(url, follow_redirects=True, timeout=20), daemon=True).start()
        return True

    monkeypatch.setattr("webbrowser.open", browse)
    return lambda *words, **rest: CliRunner().invoke(main, list(words), **rest)


@pytest.fixture(params=["microsoft", "google"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def connect(run: Run, provider: str, *words: str, **rest: Any) -> Result:
    return run("connect", provider, "--org", "acme", "--user", ANN, *words, **rest)


def only(house: House) -> ConnectionInfo:
    with house.store.read() as session:
        [found] = connections.connections(session, house.scope)
    return found


def listed(run: Run) -> dict[str, Any]:
    [told] = json.loads(run("connections", "--org", "acme", "--json").output)
    return dict(told)


def test_signing_in_with_the_browser_connects_the_account_that_signed_in(
    run: Run, house: House, simulators: Simulators, provider: str
) -> None:
    done = connect(run, provider)
    assert done.exit_code == 0, done.output
    made = only(house)
    assert (made.account, made.status) == (simulators.world.mailbox(provider).email, ConnectionStatus.ACTIVE)
    with house.store.read() as session:
        kept = connections.tokens(session, house.scope, made.id)
    assert kept
    assert simulators.world.tokens.holder(provider, kept.access_token, simulators.world.now())
    assert kept.refresh_token not in done.output


def test_a_refresh_token_can_be_handed_over_instead(
    run: Run, house: House, simulators: Simulators, provider: str
) -> None:
    token = simulators.world.refresh_token(provider)
    done = connect(run, provider, "--refresh-token-stdin", "--account", "Me@Example.com", input=f"{token}\n")
    assert done.exit_code == 0, done.output
    assert only(house).account == "me@example.com"
    assert token not in done.output


def test_no_token_and_a_wrong_token_are_refused_and_connect_nothing(run: Run, house: House, provider: str) -> None:
    for given, told in (("", "no refresh token"), ("nonsense\n", "sign in again")):
        refused = connect(run, provider, "--refresh-token-stdin", input=given)
        assert refused.exit_code == 1
        assert told in refused.output
    with house.store.read() as session:
        assert connections.connections(session, house.scope) == []


def test_a_permission_that_was_left_out_is_named_at_once(
    run: Run, house: House, simulators: Simulators, provider: str
) -> None:
    simulators.world.mailbox(provider).without_scopes = (CONTACTS[provider],)
    refused = connect(run, provider)
    assert refused.exit_code == 1
    assert f"{CONTACTS[provider]} was not given" in refused.output
    with house.store.read() as session:
        assert connections.connections(session, house.scope) == []


MAIL = {"microsoft": "Mail.Send", "google": "https://www.googleapis.com/auth/gmail.readonly"}


def test_contacts_and_mail_are_asked_for_unless_contacts_alone_are_wanted(
    run: Run, house: House, provider: str
) -> None:
    done = connect(run, provider)
    assert done.exit_code == 0, done.output
    assert mail_refusal(only(house)) == ""
    assert MAIL[provider] in only(house).scopes
    assert "campaigns" not in done.output
    assert listed(run)["may"] == ["contacts", "mail"]
    connect(run, provider, "--contacts-only")
    assert MAIL[provider] not in only(house).scopes
    assert "connect" in mail_refusal(only(house))
    assert listed(run)["may"] == ["contacts"]


def test_who_leaves_out_mail_is_connected_for_contacts_and_told_so(
    run: Run, house: House, simulators: Simulators, provider: str
) -> None:
    simulators.world.mailbox(provider).without_scopes = (MAIL[provider],)
    done = connect(run, provider)
    assert done.exit_code == 0, done.output
    assert "may read contacts, not send mail" in done.output
    assert MAIL[provider] in mail_refusal(only(house))


@pytest.mark.parametrize("error", ["access_denied", "consent_required", "invalid_scope"])
def test_where_mail_is_refused_altogether_the_contacts_alone_are_asked_for(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, provider: str, error: str
) -> None:
    asked, refuses = list[str](), MAIL[provider]

    def browse(url: str) -> None:
        asked.append(url)
        back = parse_qs(urlsplit(url).query)
        refusal = f"{back['redirect_uri'][0]}?error={error}&state={back['state'][0]}"
        url = refusal if refuses in back["scope"][0] else url
        threading.Thread(target=lambda: httpx.get(url, follow_redirects=True, timeout=20), daemon=True).start()

    monkeypatch.setattr("webbrowser.open", browse)
    done = connect(run, provider)
    assert done.exit_code == 0, done.output
    assert len(asked) == 2
    assert "asking for the contacts alone" in done.output
    assert "campaigns cannot use it" in done.output
    assert only(house).status is ConnectionStatus.ACTIVE

    refuses = CONTACTS[provider]
    assert connect(run, provider, "--contacts-only").exit_code == 1
    assert len(asked) == 3, "there is nothing less to ask for"


@pytest.mark.parametrize("provider", ["microsoft"], indirect=True)
def test_a_refresh_token_that_does_not_cover_mail_is_taken_for_contacts(
    run: Run, simulators: Simulators, provider: str
) -> None:
    simulators.world.faults.add(Fault("status", route="/token", status=400, code="invalid_grant"))
    mailbox = simulators.world.mailbox(provider)
    token = simulators.world.tokens.grant(provider, mailbox.email, "Contacts.Read offline_access")
    done = connect(run, provider, "--refresh-token-stdin", input=f"{token}\n")
    assert done.exit_code == 0, done.output
    assert listed(run)["may"] == ["contacts"]


def test_health_stands_since_the_day_it_was_told_first(run: Run, house: House, provider: str) -> None:
    connect(run, provider)
    made, cause = only(house), "access was withdrawn; sign in again"
    for _ in range(2):
        with house.store.begin() as session:
            connections.mark(session, house.scope, made.id, ConnectionStatus.NEEDS_RECONNECT, cause)
        told = only(house).updated_at
        house.sql("UPDATE oauth_connections SET updated_at = '2026-11-03 12:00:00.000000'")
    assert f"{told:%d %b}" == "03 Nov"


def test_connections_tell_in_plain_words_how_they_are(run: Run, house: House, provider: str) -> None:
    connect(run, provider)
    assert "fine" in run("connections", "--org", "acme").output
    made, cause = only(house), f"{provider.title()} withdrew access; sign in again"
    with house.store.begin() as session:
        connections.mark(session, house.scope, made.id, ConnectionStatus.NEEDS_RECONNECT, cause)
    house.sql("UPDATE oauth_connections SET updated_at = '2026-11-03 12:00:00.000000'")
    told = f"{provider.title()} withdrew access (noticed on 3 Nov 2026): reconnect with "
    assert listed(run)["health"] == f"{told}`contactflow connect {provider}`"
    connect(run, provider)
    assert only(house).status is ConnectionStatus.ACTIVE, "connecting again mends it"
    assert only(house).id == made.id


def test_disconnecting_deletes_the_tokens_and_takes_the_permission_back_where_that_can_be_done(
    run: Run, house: House, simulators: Simulators, provider: str
) -> None:
    connect(run, provider)
    made = only(house)
    done = run("disconnect", made.id)
    assert done.exit_code == 0, done.output
    with house.store.read() as session:
        assert connections.tokens(session, house.scope, made.id) is None
    assert only(house).status is ConnectionStatus.DISCONNECTED
    email = simulators.world.mailbox(provider).email
    revoked = [one.revoked for one in simulators.world.tokens.grants.values() if one.email == email]
    assert all(revoked) == (provider == "google")
    assert ("remove the permission" in done.output) == (provider == "microsoft")


def test_a_paused_service_is_told_in_plain_words_and_goes_on_when_an_operator_says_so(
    run: Run, house: House, provider: str
) -> None:
    connect(run, provider)
    with house.store.begin() as session:
        note_refused(session, only(house).provider, AppRefused("", provider=provider, excerpt="invalid_client"))
    told = listed(run)["health"]
    assert "does not accept this application (invalid_client, noticed on " in told
    assert f"renew CONTACTFLOW_{provider.upper()}_CLIENT_SECRET" in told
    doctor = {one["what"]: one for one in json.loads(run("doctor", "--json").stdout)}
    assert "--retry` lets them go on" in doctor[f"registration with {provider.title()}"]["mend"]
    again = run("connections", "--org", "acme", "--retry")
    assert f"asked again: {provider}" in again.output
    assert listed(run)["health"] == "fine"


def test_who_can_sign_in_proves_that_the_application_is_accepted(run: Run, house: House, provider: str) -> None:
    connect(run, provider)
    with house.store.begin() as session:
        note_refused(session, only(house).provider, AppRefused("", provider=provider, excerpt="invalid_client"))
    assert connect(run, provider).exit_code == 0
    assert listed(run)["health"] == "fine"
