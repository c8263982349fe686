"""Signing in with a browser, against the simulated services; the Microsoft one over https, as msal wants it."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.microsoft.login import TENANT
from deployments.simulators.server import Simulators, serve
from deployments.simulators.world import World
from tasks.providers.access.oauth import App, google_app, microsoft_app, refresh, revoke
from tasks.providers.access.sign_in import SignIn, SignInFailed, begin_sign_in, finish_sign_in
from tasks.providers.access.sign_in_refusals import AppMisconfigured
from tasks.providers.base import NeedsReconnect, ProviderError

BACK = "http://localhost:8765/back"
CONTACTS = "https://www.googleapis.com/auth/contacts.readonly"


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    with serve(contacts=3) as running:
        yield running


@pytest.fixture(autouse=True)
def trusted(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only thing that makes the simulators' certificate known, to httpx and to msal alike."""
    monkeypatch.setenv("SSL_CERT_FILE", simulators.urls.ca_file)


@pytest.fixture
def microsoft(simulators: Simulators) -> App:
    urls = simulators.urls
    return microsoft_app(urls.client_id, urls.client_secret, authority=urls.microsoft_authority)


@pytest.fixture
def google(simulators: Simulators) -> App:
    urls = simulators.urls
    return google_app(
        urls.client_id, urls.client_secret, auth_url=urls.google_auth_url, token_url=urls.google_token_url
    )


@pytest.fixture(params=["microsoft", "google"])
def app(request: pytest.FixtureRequest) -> App:
    chosen: App = request.getfixturevalue(request.param)
    return chosen


async def browse(sign_in: SignIn) -> dict[str, str]:
    """What the owner's browser brings back."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(sign_in.url)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


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


IDENTITY = ["microsoft", "google"]


@pytest.fixture(params=IDENTITY)
def identity(request: pytest.FixtureRequest) -> App:
    """The application when it only asks who somebody is."""
    return replace(request.getfixturevalue(request.param), scopes=())


@pytest.fixture
def lying(simulators: Simulators) -> Iterator[dict[str, object]]:
    """What ID tokens say instead."""
    yield simulators.world.claims
    simulators.world.claims.clear()


def at_this_moment(claims: dict[str, object]) -> dict[str, object]:
    """With times as the clock has them now, not when the tests were collected."""
    now = time.time()
    return {
        name: int(now + value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"aud": "another application"}, "another application"),
        ({"aud": None}, "another application"),
        ({"aud": ["contactflow-simulated", "another"], "azp": None}, "another application"),
        ({"azp": "another application"}, "another application"),
        ({"iss": "https://evil.example"}, "another directory"),
        ({"iss": None}, "another directory"),
        ({"nonce": "of another sign-in"}, "begin again"),
        ({"nonce": None}, "begin again"),
        ({"sub": None}, "about nobody"),
        ({"iat": timedelta(seconds=3600), "exp": timedelta(seconds=7200)}, "clock"),
        ({"exp": timedelta(seconds=-3600)}, "clock"),
        ({"exp": None}, "clock"),
        ({"exp": "soon"}, "clock"),
    ],
)
async def test_an_id_token_that_is_not_for_this_sign_in_is_not_believed(
    identity: App, lying: dict[str, object], claims: dict[str, object], says: str
) -> None:
    lying |= at_this_moment(claims)
    begun = await begin_sign_in(identity, BACK)
    with pytest.raises(SignInFailed, match=says):
        await finish_sign_in(identity, begun.flow, await browse(begun))


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": timedelta(seconds=120), "nbf": timedelta(seconds=120)},
        {"iat": timedelta(seconds=-300), "nbf": timedelta(seconds=-300)},
        {"exp": timedelta(seconds=-60)},
        {"aud": ["contactflow-simulated"]},
        {"aud": ["contactflow-simulated", "another"], "azp": "contactflow-simulated"},
    ],
)
async def test_clocks_may_differ_a_little_and_several_may_be_meant(
    simulators: Simulators, identity: App, lying: dict[str, object], claims: dict[str, object]
) -> None:
    lying |= at_this_moment(claims)
    begun = await begin_sign_in(identity, BACK)
    grant = await finish_sign_in(identity, begun.flow, await browse(begun))
    assert grant.account == simulators.world.mailbox(identity.provider.value).email


async def test_another_directory_than_the_one_that_is_set_is_refused(
    simulators: Simulators, microsoft: App, lying: dict[str, object]
) -> None:
    urls, theirs = simulators.urls, "11111111-0000-4000-8000-000000000002"
    app = microsoft_app(urls.client_id, urls.client_secret, authority=f"{urls.https}/{TENANT}")
    app = replace(app, scopes=())
    begun = await begin_sign_in(app, BACK)
    assert (await finish_sign_in(app, begun.flow, await browse(begun))).account

    lying |= {"tid": theirs, "iss": f"{urls.https}/{theirs}/v2.0"}
    begun = await begin_sign_in(app, BACK)
    with pytest.raises(SignInFailed, match="another directory"):
        await finish_sign_in(app, begun.flow, await browse(begun))
    anybodys = replace(microsoft, scopes=())
    begun = await begin_sign_in(anybodys, BACK)
    assert (await finish_sign_in(anybodys, begun.flow, await browse(begun))).account


async def test_what_a_directory_writes_into_the_e_mail_proves_nothing(microsoft: App, lying: dict[str, object]) -> None:
    app = replace(microsoft, scopes=())
    lying |= {"email": "ann@acme.example", "email_verified": True, "preferred_username": None}
    begun = await begin_sign_in(app, BACK)
    assert (await finish_sign_in(app, begun.flow, await browse(begun))).account == ""


@pytest.mark.parametrize("verified", [False, None, "true"])
async def test_an_address_that_google_did_not_verify_proves_nothing(
    google: App, lying: dict[str, object], verified: object
) -> None:
    app = replace(google, scopes=())
    lying |= {"email_verified": verified}
    begun = await begin_sign_in(app, BACK)
    assert (await finish_sign_in(app, begun.flow, await browse(begun))).account == ""


@pytest.mark.parametrize("token", ["", "x", "x.y.z", "e30.W10.x", "e30.bm90IGpzb24.x"])
async def test_an_id_token_that_cannot_be_read_is_told_plainly(
    simulators: Simulators, identity: App, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setattr(World, "id_token", lambda *_: token)
    begun = await begin_sign_in(identity, BACK)
    with pytest.raises(SignInFailed, match="begin again"):
        await finish_sign_in(identity, begun.flow, await browse(begun))
    assert simulators
