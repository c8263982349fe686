"""The token endpoints: what each is asked, what its answer means, and that no secret is shown."""

import re
from datetime import UTC, datetime

import httpx
import pytest

from storage.records import Provider
from tasks.providers.access.oauth import EARLY, microsoft_app, revoke
from tasks.providers.base import NeedsReconnect
from tests.providers.token_endpoint import CONTACTS, GOOGLE, MICROSOFT, START, Endpoint, issued


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


async def test_an_application_without_a_secret_sends_none() -> None:
    endpoint = Endpoint(issued())
    await endpoint.refresh(microsoft_app("client", "", authority="https://login.test/common"))
    assert "client_secret" not in endpoint.posts[0][1]


async def test_a_permission_that_was_unticked_is_named() -> None:
    with pytest.raises(NeedsReconnect, match=re.escape(CONTACTS)):
        await Endpoint(issued(scope="openid")).refresh(GOOGLE)


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
