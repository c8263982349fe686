"""Signing in with a browser, against the simulated services; the Microsoft one over https, as msal wants it."""

import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.google import login as google_login
from deployments.simulators.microsoft import login as microsoft_login
from deployments.simulators.server import Simulators
from storage.records import Provider
from tasks.providers.access.id_token import SignInFailed
from tasks.providers.access.oauth import App, microsoft_app, refresh, revoke
from tasks.providers.access.sign_in import begin_sign_in, finish_sign_in
from tasks.providers.access.sign_in_refusals import AppMisconfigured
from tasks.providers.base import NeedsReconnect, ProviderError
from tests.providers.sign_in.browsing import BACK, browse

CONTACTS = "https://www.googleapis.com/auth/contacts.readonly"


@pytest.fixture(params=["microsoft", "google"])
def app(request: pytest.FixtureRequest) -> App:
    chosen: App = request.getfixturevalue(request.param)
    return chosen


async def test_a_sign_in_gives_a_grant_that_can_be_refreshed(simulators: Simulators, app: App) -> None:
    begun = await begin_sign_in(app, BACK)
    grant = await finish_sign_in(app, begun.flow, await browse(begun))

    assert grant.account == simulators.world.mailbox(app.provider.value).email
    assert simulators.world.tokens.holder(app.provider.value, grant.access_token, simulators.world.now())
    later = await refresh(app, grant.refresh_token)
    assert later.access_token != grant.access_token


async def test_the_question_carries_a_challenge_and_a_state(app: App) -> None:
    begun = await begin_sign_in(app, BACK, state="ours")
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] == "ours"
    assert begun.flow["code_verifier"] not in begun.url
    assert json.loads(json.dumps(begun.flow)) == begun.flow, "it can be kept until the owner is back"
    assert begun.flow["code_verifier"] not in repr(begun)


async def test_google_is_asked_for_lasting_access_with_consent(google: App) -> None:
    asked = dict(parse_qsl(urlsplit((await begin_sign_in(google, BACK)).url).query))
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")


async def test_somebody_elses_return_is_refused(app: App) -> None:
    begun = await begin_sign_in(app, BACK)
    back = await browse(begun)
    for query in ({**back, "state": "theirs"}, {"code": back["code"]}, {}):
        with pytest.raises(SignInFailed, match="begin again"):
            await finish_sign_in(app, begun.flow, query)


async def test_a_code_works_once(app: App) -> None:
    begun = await begin_sign_in(app, BACK)
    back = await browse(begun)
    await finish_sign_in(app, begun.flow, back)
    with pytest.raises(NeedsReconnect):
        await finish_sign_in(app, begun.flow, back)


async def test_a_code_is_asked_with_once_whatever_becomes_of_the_answer(simulators: Simulators, app: App) -> None:
    begun = await begin_sign_in(app, BACK)
    back = await browse(begun)
    before = _posts(simulators)
    simulators.world.faults.add(Fault("reply_lost", route="/token"))
    with pytest.raises(ProviderError):
        await finish_sign_in(app, begun.flow, back)
    assert _posts(simulators) == before + 1


def _posts(simulators: Simulators) -> int:
    paths = [one.paths for one in simulators.world.ledger.accounts.values()]
    return sum(times for asked in paths for path, times in asked.items() if path.endswith("/token"))


def _answers_with(app: App, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    service, name = (microsoft_login, "_tokens") if app.provider is Provider.MICROSOFT else (google_login, "_access")
    usual = getattr(service, name)
    monkeypatch.setattr(service, name, lambda *about, **more: usual(*about, **more) | fields)


async def test_seconds_written_as_text_are_understood(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    _answers_with(app, {"expires_in": "3599"}, monkeypatch)
    begun = await begin_sign_in(app, BACK)
    grant = await finish_sign_in(app, begun.flow, await browse(begun))
    assert 3000 < grant.expires_at.timestamp() - time.time() < 3600


@pytest.mark.parametrize("fields", [{"access_token": 7}, {"access_token": None}, {"expires_in": "soon"}], ids=str)
async def test_an_answer_without_a_token_or_with_no_time_is_told_plainly(
    app: App, fields: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers_with(app, fields, monkeypatch)
    begun = await begin_sign_in(app, BACK)
    with pytest.raises((ProviderError, SignInFailed), match=app.name):
        await finish_sign_in(app, begun.flow, await browse(begun))


async def test_an_owner_who_says_no_is_understood(app: App) -> None:
    begun = await begin_sign_in(app, BACK)
    with pytest.raises(NeedsReconnect, match="not given"):
        await finish_sign_in(app, begun.flow, {"state": begun.flow["state"], "error": "access_denied"})


async def test_a_permission_that_was_unticked_is_noticed_at_once_and_named(
    simulators: Simulators, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = simulators.world.mailbox(app.provider.value)
    monkeypatch.setattr(mailbox, "without_scopes", app.scopes)
    begun = await begin_sign_in(app, BACK)
    with pytest.raises(NeedsReconnect, match=app.scopes[0]):
        await finish_sign_in(app, begun.flow, await browse(begun))


async def test_a_wrong_secret_is_the_operators_affair(simulators: Simulators) -> None:
    urls = simulators.urls
    app = microsoft_app(urls.client_id, "wrong", authority=urls.microsoft_authority)
    begun = await begin_sign_in(app, BACK)
    with pytest.raises(AppMisconfigured):
        await finish_sign_in(app, begun.flow, await browse(begun))


async def test_an_authority_that_cannot_be_reached_is_told_plainly() -> None:
    app = microsoft_app("client", "secret", authority="https://127.0.0.1:9/common")
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        await begin_sign_in(app, BACK)
    assert not caught.value.permanent


async def test_an_unknown_certificate_is_not_trusted(microsoft: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ProviderError):
        await begin_sign_in(microsoft, BACK)


async def test_a_revoked_grant_needs_a_new_sign_in(google: App) -> None:
    begun = await begin_sign_in(google, BACK)
    grant = await finish_sign_in(google, begun.flow, await browse(begun))
    assert await revoke(google, grant.refresh_token)
    with pytest.raises(NeedsReconnect, match="withdrew"):
        await refresh(google, grant.refresh_token)
