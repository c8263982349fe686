"""The contract that our clients rely on, asked of the simulators and, where keys are given, of the real services."""

import os
from dataclasses import dataclass
from typing import Any

import pytest

from deployments.simulators.server import Simulators
from storage.records import Seen, Unreadable
from storage.settings import Settings
from tasks.providers.access.oauth import App, Grant, google_app, microsoft_app, refresh
from tasks.providers.access.permissions import missing_scopes
from tasks.providers.base import Page, ProviderError
from tasks.providers.contacts.google import GoogleSource
from tasks.providers.contacts.microsoft import MicrosoftSource

SERVICES = ["microsoft", "google"]
LIVE = [pytest.param(f"live {service}", marks=pytest.mark.live) for service in SERVICES]


@dataclass
class Account:
    """An account that somebody has given us a refresh token for."""

    app: App
    url: str
    grant: Grant

    async def access_token(self, *, refused: str = "") -> str:
        if refused:
            self.grant = await refresh(self.app, self.grant.refresh_token)
        return self.grant.access_token

    @property
    def source(self) -> MicrosoftSource | GoogleSource:
        if self.app.provider == "google":
            return GoogleSource(self.url, self)
        return MicrosoftSource(self.url, self, page_size=20)

    async def read(self, **since: str) -> list[Page]:
        return [page async for page in self.source.pages(**since)]

    def ids(self, pages: list[Page]) -> list[str]:
        return [record.source_id for record in self.source.settled(page.body for page in pages)]


@pytest.fixture(params=[*SERVICES, *LIVE])
async def account(request: pytest.FixtureRequest) -> Account:
    place, _, service = request.param.rpartition(" ")
    app, url, token = _live(service) if place else _simulated(service, request.getfixturevalue("simulators"))
    return Account(app, url, await refresh(app, token))


def _live(service: str) -> tuple[App, str, str]:
    keys = {name: os.environ.get(f"LIVE_{service.upper()}_{name}", "") for name in ("REFRESH_TOKEN", "CLIENT_ID")}
    if missing := [f"LIVE_{service.upper()}_{name}" for name, key in keys.items() if not key]:
        pytest.skip(f"set {' and '.join(missing)} to ask the real service")
    secret = os.environ.get(f"LIVE_{service.upper()}_CLIENT_SECRET", "")
    return (*_app(service, Settings.load(), keys["CLIENT_ID"], secret), keys["REFRESH_TOKEN"])


def _simulated(service: str, simulators: Simulators) -> tuple[App, str, str]:
    simulators.start_over(contacts=50, seed=1)
    urls = simulators.urls
    return (*_app(service, urls, urls.client_id, urls.client_secret), simulators.world.refresh_token(service))


def _app(service: str, urls: Any, client_id: str, secret: str) -> tuple[App, str]:
    if service == "google":
        app = google_app(client_id, secret, auth_url=urls.google_auth_url, token_url=urls.google_token_url)
        return app, urls.google_people_url
    return microsoft_app(client_id, secret, authority=urls.microsoft_authority), urls.microsoft_graph_url


async def test_a_refresh_token_gives_access_to_contacts(account: Account) -> None:
    assert account.grant.access_token
    assert account.grant.refresh_token
    assert not missing_scopes(account.app.scopes, account.grant.scopes)


async def test_a_full_round_names_everybody_once_and_ends_with_a_cursor(account: Account) -> None:
    pages = await account.read()
    assert [bool(page.cursor) for page in pages] == [False] * (len(pages) - 1) + [True]
    records = list(account.source.settled(page.body for page in pages))
    assert not [record for record in records if isinstance(record, Unreadable)]
    people = [record for record in records if isinstance(record, Seen)]
    assert len({person.source_id for person in people}) == len(people) > 0


async def test_two_full_rounds_give_the_same_ids(account: Account) -> None:
    assert sorted(account.ids(await account.read())) == sorted(account.ids(await account.read()))


async def test_a_round_from_the_cursor_tells_less_and_ends_with_a_cursor(account: Account) -> None:
    whole = await account.read()
    later = await account.read(cursor=whole[-1].cursor)
    assert later[-1].cursor
    assert len(account.ids(later)) < len(account.ids(whole))


async def test_reading_goes_on_at_any_page(account: Account) -> None:
    whole = await account.read()
    rest = await account.read(position=whole[0].position)
    assert sorted(account.ids([whole[0], *rest])) == sorted(account.ids(whole))


async def test_a_place_that_the_service_never_gave_is_refused_and_not_read_as_empty(account: Account) -> None:
    """As a cursor that was damaged on its way would be."""
    cursor = (await account.read())[-1].cursor
    known = {"microsoft": "token=", "google": '"done":{"people/me/connections":"'}[account.app.provider]
    assert known in cursor
    with pytest.raises(ProviderError):
        await account.read(cursor=cursor.replace(known, f"{known}nonsense"))


async def test_an_access_token_that_is_none_is_refused_and_replaced(account: Account) -> None:
    account.grant = Grant("nonsense", account.grant.refresh_token, account.grant.expires_at, account.grant.scopes)
    assert (await account.read())[-1].cursor
    assert account.grant.access_token != "nonsense"
