"""Signing in with Microsoft and Google in a real browser: away to the service and back, past every policy of ours."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from deployments.simulators.server import OWNERS, serve
from storage.organization import tenants
from storage.records import Role
from storage.settings import Settings, settings
from tests.browser.conftest import Seen, Site
from tests.flows.house import address_book
from tests.web.conftest import free_port, served
from web.context import AppContext
from web.rendering import environment


@pytest.fixture(scope="module")
def registered(site: Site) -> Iterator[str]:
    """A web process that is registered with both, and whose users hold the services' accounts."""
    with site.store.begin() as session:
        organization = tenants.add_organization(session, "Elsewhere")
        for email in OWNERS.values():
            tenants.add_user(session, organization.slug, email, role=Role.MEMBER)
    port = free_port()
    with serve(contacts=0) as services, pytest.MonkeyPatch.context() as patch:
        address_book(patch, services)
        here = Settings.load(public_url=f"http://127.0.0.1:{port}")
        with served(AppContext(site.store, site.engine, here, environment()), port) as url:
            yield url
    settings.cache_clear()


@pytest.mark.parametrize("service", ["microsoft", "google"])
def test_away_to_the_service_and_back_to_the_page_that_was_asked_for(
    a_browser: Callable[..., BrowserContext], registered: str, seen: Seen, service: str
) -> None:
    # The simulated service's certificate is of its own making.
    page = a_browser(base_url=registered, ignore_https_errors=True).new_page()
    page.goto("/contacts")
    page.get_by_role("button", name=f"Continue with {service.title()}").click()
    page.wait_for_url(f"{registered}/contacts")
    expect(page.locator(".user")).to_contain_text(OWNERS[service])
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{registered}/sign-in")
    assert seen.complaints == []
