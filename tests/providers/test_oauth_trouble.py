"""Token endpoints that refuse, fail or keep silent: who can mend it is told, and nothing personal is repeated."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from tasks.providers.access.kept_tokens import CLAIM
from tasks.providers.access.oauth import BRIEF, refresh
from tasks.providers.access.sign_in_refusals import AppMisconfigured, NoToken
from tasks.providers.base import IncompleteRead, NeedsReconnect, ProviderError
from tasks.providers.polite_client import Patience
from tests.providers.token_endpoint import MICROSOFT, START, Answer, Endpoint, issued, refused


@pytest.mark.parametrize("answer", [issued(), refused("invalid_grant"), httpx.Response(503)])
async def test_a_wait_that_comes_with_any_answer_is_passed_on(answer: Answer) -> None:
    response = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
    response.headers["retry-after"] = "500"
    told: list[float] = []
    with suppress(ProviderError):
        await Endpoint(response).refresh(on_quiet=told.append, seconds=60)
    assert told == [START + 500]


async def test_the_last_try_has_ended_before_anybody_else_may_use_the_same_refresh_token() -> None:
    busy = httpx.Response(503, headers={"retry-after": str(BRIEF.seconds / 2)})
    endpoint = Endpoint(busy, repeat=True)
    with suppress(ProviderError):
        await endpoint.refresh(seconds=BRIEF.seconds)
    assert endpoint.posted_at[-1] + BRIEF.answer < CLAIM.total_seconds()


async def test_an_answer_that_got_lost_is_asked_for_with_the_only_token_there_is() -> None:
    endpoint = Endpoint(httpx.ReadError("lost"), issued(refresh_token="new"))
    grant = await endpoint.refresh()
    assert [form["refresh_token"] for _, form in endpoint.posts] == ["old-refresh", "old-refresh"]
    assert grant.refresh_token == "new"


@pytest.mark.parametrize(
    ("answer", "cause", "excerpt"),
    [
        (
            refused("invalid_grant", "AADSTS700082: The refresh token has expired"),
            "not used for too long",
            "AADSTS700082",
        ),
        (refused("invalid_grant", "AADSTS50173: of anna@example.com"), "password was changed", "AADSTS50173"),
        (refused("interaction_required", "AADSTS50076: MFA"), "second factor", "interaction_required"),
        (refused("interaction_required", "AADSTS99999: new"), "owner is asked for", "AADSTS99999"),
        (refused("consent_required", "AADSTS65001: anna@example.com"), "permission was withdrawn", "consent_required"),
        (refused("invalid_grant", "Token has been expired or revoked."), "withdrew access", "invalid_grant"),
        (refused("invalid_grant", "x", error_subtype="invalid_rapt"), "fresh sign-in", "invalid_rapt"),
    ],
)
async def test_what_only_the_owner_can_mend_is_told_in_plain_words_and_never_retried(
    answer: httpx.Response, cause: str, excerpt: str
) -> None:
    endpoint = Endpoint(answer)
    with pytest.raises(NeedsReconnect, match=cause) as caught:
        await endpoint.refresh()
    assert excerpt in caught.value.excerpt
    assert "anna" not in f"{caught.value}{caught.value.excerpt}"
    assert len(endpoint.posts) == 1
    assert endpoint.now == START


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "deleted_client"])
async def test_what_only_operators_can_mend_is_told_to_them_and_never_retried(error: str) -> None:
    endpoint = Endpoint(refused(error, "AADSTS7000222: The secret has expired", status=401))
    with pytest.raises(AppMisconfigured, match="operators") as caught:
        await endpoint.refresh()
    assert "AADSTS7000222" in caught.value.excerpt
    assert len(endpoint.posts) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        refused("temporarily_unavailable"),
        refused("server_error", status=500),
        httpx.Response(503, html="<h1>busy</h1>"),
        httpx.Response(429),
        httpx.Response(200, html="<h1>captive portal</h1>"),
        httpx.Response(200, json={"no": "token"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_temporary_trouble_is_waited_out(trouble: Answer) -> None:
    endpoint = Endpoint(trouble, trouble, issued())
    await endpoint.refresh()
    assert endpoint.posted_at == [0, 0.5, 1.5]

    endpoint = Endpoint(trouble, repeat=True)
    with pytest.raises(ProviderError) as caught:
        await endpoint.refresh()
    assert type(caught.value) in {ProviderError, NoToken, IncompleteRead}
    assert not caught.value.permanent
    assert len(endpoint.posts) == 4


async def test_the_wait_that_was_asked_for_is_kept_or_told() -> None:
    busy = httpx.Response(503, headers={"retry-after": "20"})
    endpoint = Endpoint(busy, issued())
    await endpoint.refresh()
    assert endpoint.posted_at == [0, 20]

    endpoint = Endpoint(httpx.Response(503, headers={"retry-after": "2000"}))
    with pytest.raises(ProviderError) as caught:
        await endpoint.refresh(seconds=60)
    assert (caught.value.permanent, endpoint.now) == (False, START)


async def test_an_answer_that_never_comes_is_given_up() -> None:
    async def stuck(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        await refresh(
            MICROSOFT,
            "old-refresh",
            connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(stuck)),
            patience=Patience(attempts=2, answer=0.02, first_wait=0.01),
        )
    assert not caught.value.permanent


async def test_an_answer_nobody_knows_is_a_permanent_refusal() -> None:
    for answer in (refused("something_new"), httpx.Response(400, html="x"), httpx.Response(400, json=["x"])):
        with pytest.raises(ProviderError) as caught:
            await Endpoint(answer).refresh()
        assert (type(caught.value), caught.value.permanent) == (NoToken, True)
