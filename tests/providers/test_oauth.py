"""The token endpoints: what each answer means, what is sent, and that nothing personal is repeated."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus, Provider
from tasks.providers.access.oauth import EARLY, App, google_app, microsoft_app, refresh, revoke
from tasks.providers.access.permissions import mail_refusal, missing_scopes
from tasks.providers.access.sign_in_refusals import AppMisconfigured, NoToken
from tasks.providers.base import IncompleteRead, NeedsReconnect, ProviderError
from tasks.providers.manners import Chance, Patience

START = 1_800_000_000.0
MICROSOFT = microsoft_app("client", "s3cret", authority="https://login.test/common/")
GOOGLE = google_app(
    "client", "s3cret", auth_url="https://accounts.test/o/oauth2/v2/auth", token_url="https://oauth.test/token"
)
GMAIL = "https://www.googleapis.com/auth/gmail"
CONTACTS = "https://www.googleapis.com/auth/contacts.readonly"
Answer = httpx.Response | Exception | dict[str, Any]


class Endpoint:
    def __init__(self, *script: Answer, repeat: bool = False) -> None:
        self.script, self.repeat = list(script), repeat
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.posted_at: list[float] = []
        self.now = START

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        self.posts.append((str(request.url), dict(parse_qsl(request.content.decode()))))
        self.posted_at.append(self.now - START)
        answer = self.script[0] if self.repeat else self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    async def refresh(self, app: App = MICROSOFT, *, seconds: float = 900, **how: Any) -> Any:
        chance = Chance(clock=lambda: self.now, sleep=self.sleep, roll=lambda: 0.0)
        patience = Patience(attempts=4, seconds=seconds)
        return await refresh(app, "old-refresh", connect=self.connect, patience=patience, chance=chance, **how)


def issued(**fields: Any) -> dict[str, Any]:
    return {"access_token": "access", "expires_in": 3599, "token_type": "Bearer", **fields}


def refused(error: str, description: str = "", status: int = 400, **fields: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": description, **fields})


async def test_microsoft_is_asked_with_scopes_between_spaces_and_rotates_the_token() -> None:
    endpoint = Endpoint(issued(refresh_token="new-refresh", scope="openid https://graph.microsoft.com/Contacts.Read"))
    grant = await endpoint.refresh()
    assert endpoint.posts == [
        (
            "https://login.test/common/oauth2/v2.0/token",
            {
                "grant_type": "refresh_token",
                "refresh_token": "old-refresh",
                "client_id": "client",
                "client_secret": "s3cret",
                "scope": "Contacts.Read offline_access",
            },
        )
    ]
    assert (grant.access_token, grant.refresh_token) == ("access", "new-refresh")
    assert grant.expires_at == datetime.fromtimestamp(START + 3599 - EARLY, UTC)


async def test_google_keeps_its_refresh_token() -> None:
    endpoint = Endpoint(issued(scope=f"openid {CONTACTS}"))
    grant = await endpoint.refresh(GOOGLE)
    [(url, form)] = endpoint.posts
    assert url == "https://oauth.test/token"
    assert "scope" not in form
    assert grant.refresh_token == "old-refresh"
    assert grant.scopes == ("openid", CONTACTS)


async def test_no_more_is_asked_for_than_was_granted_before() -> None:
    endpoint = Endpoint(issued())
    given = ("https://graph.test/Contacts.Read", "Mail.Send", "openid", "profile", "User.Read")
    grant = await endpoint.refresh(scopes=given)
    assert endpoint.posts[0][1]["scope"] == "https://graph.test/Contacts.Read Mail.Send User.Read offline_access"
    assert grant.scopes == ("https://graph.test/Contacts.Read", "Mail.Send", "User.Read"), "as none were told"


async def test_a_token_that_lives_shortly_is_used_for_half_its_life() -> None:
    grant = await Endpoint(issued(expires_in="60")).refresh()
    assert grant.expires_at == datetime.fromtimestamp(START + 30, UTC)


async def test_what_is_told_as_nothing_counts_as_not_told() -> None:
    grant = await Endpoint(issued(refresh_token=None, scope=None, id_token=None)).refresh()
    assert (grant.refresh_token, grant.scopes) == ("old-refresh", ("Contacts.Read",))


@pytest.mark.parametrize("answer", [issued(), refused("invalid_grant"), httpx.Response(503)])
async def test_a_wait_that_comes_with_any_answer_is_passed_on(answer: Answer) -> None:
    response = answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
    response.headers["retry-after"] = "500"
    told: list[float] = []
    with suppress(ProviderError):
        await Endpoint(response).refresh(on_quiet=told.append, seconds=60)
    assert told == [START + 500]


async def test_an_answer_that_got_lost_is_asked_for_with_the_only_token_there_is() -> None:
    endpoint = Endpoint(httpx.ReadError("lost"), issued(refresh_token="new"))
    grant = await endpoint.refresh()
    assert [form["refresh_token"] for _, form in endpoint.posts] == ["old-refresh", "old-refresh"]
    assert grant.refresh_token == "new"


async def test_an_application_without_a_secret_sends_none() -> None:
    endpoint = Endpoint(issued())
    await endpoint.refresh(microsoft_app("client", "", authority="https://login.test/common"))
    assert "client_secret" not in endpoint.posts[0][1]


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


async def test_a_permission_that_was_unticked_is_named() -> None:
    with pytest.raises(NeedsReconnect, match=re.escape(CONTACTS)):
        await Endpoint(issued(scope="openid")).refresh(GOOGLE)


@pytest.mark.parametrize(
    ("wanted", "given", "missing"),
    [
        (("Contacts.Read",), ("https://graph.microsoft.com/contacts.read",), []),
        (("Contacts.Read",), ("Contacts.ReadWrite",), []),
        (("Contacts.Read", "Mail.Send"), ("Contacts.Read",), ["Mail.Send"]),
        ((CONTACTS,), ("https://www.googleapis.com/auth/contacts",), []),
        ((CONTACTS,), ("https://www.googleapis.com/auth/contacts.other.readonly",), [CONTACTS]),
    ],
)
def test_scopes_are_compared_by_what_they_allow(
    wanted: tuple[str, ...], given: tuple[str, ...], missing: list[str]
) -> None:
    assert missing_scopes(wanted, given) == missing


@pytest.mark.parametrize(
    ("provider", "given", "missing"),
    [
        (Provider.MICROSOFT, ("Contacts.Read",), "Mail.ReadWrite, Mail.Send"),
        (Provider.MICROSOFT, ("Contacts.Read", "https://graph.microsoft.com/Mail.Send"), "Mail.ReadWrite"),
        (Provider.MICROSOFT, ("mail.readwrite", "mail.send"), ""),
        (Provider.GOOGLE, (CONTACTS,), f"{GMAIL}.compose, {GMAIL}.readonly"),
        (Provider.GOOGLE, (f"{GMAIL}.compose",), f"{GMAIL}.readonly"),
        (Provider.GOOGLE, (f"{GMAIL}.modify",), ""),
        (Provider.GOOGLE, ("https://mail.google.com/",), ""),
    ],
)
def test_whether_mail_can_be_sent_is_told_with_what_to_do(
    provider: Provider, given: tuple[str, ...], missing: str
) -> None:
    moment = datetime.fromtimestamp(START, UTC)
    told = mail_refusal(
        ConnectionInfo("c1", "u1", provider, "me@x.example", ConnectionStatus.ACTIVE, "", given, None, moment)
    )
    assert bool(told) == bool(missing)
    if missing:
        assert f"permission {missing} was not given; `contactflow connect {provider}`" in told
        assert "me@x.example" not in told


@pytest.mark.parametrize(("status", "done"), [(200, True), (400, True), (503, False)])
async def test_google_takes_the_permission_back(status: int, *, done: bool) -> None:
    endpoint = Endpoint(httpx.Response(status, json={}))
    assert await revoke(GOOGLE, "refresh", connect=endpoint.connect) is done
    assert endpoint.posts == [("https://oauth.test/revoke", {"token": "refresh"})]


async def test_revoking_says_where_it_cannot() -> None:
    assert await revoke(MICROSOFT, "refresh", connect=Endpoint().connect) is False
    assert await revoke(GOOGLE, "refresh", connect=Endpoint(httpx.ConnectError("x")).connect) is False


async def test_no_secret_is_shown_when_values_are_printed() -> None:
    grant = await Endpoint(issued(refresh_token="new-refresh")).refresh()
    assert not re.search(r"s3cret|access'|new-refresh", f"{MICROSOFT} {grant}")
    assert MICROSOFT.provider is Provider.MICROSOFT
