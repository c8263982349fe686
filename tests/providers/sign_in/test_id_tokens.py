"""Who an ID token says somebody is: believed only for this application, this sign-in and this moment."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from deployments.simulators.microsoft.login import TENANT
from deployments.simulators.server import Simulators
from deployments.simulators.world import World
from tasks.providers.access.id_token import SignInFailed
from tasks.providers.access.oauth import App, microsoft_app
from tasks.providers.access.sign_in import begin_sign_in, finish_sign_in
from tests.providers.sign_in.browsing import BACK, browse

IDENTITY = ["microsoft", "google"]


@pytest.fixture(params=IDENTITY)
def identity(request: pytest.FixtureRequest) -> App:
    """The application when it only asks who somebody is."""
    app: App = request.getfixturevalue(request.param)
    return replace(app, scopes=())


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
    identity: App, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setattr(World, "id_token", lambda *_: token)
    begun = await begin_sign_in(identity, BACK)
    with pytest.raises(SignInFailed, match="begin again"):
        await finish_sign_in(identity, begun.flow, await browse(begun))
