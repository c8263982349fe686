"""Pages for when something is wrong: each says what happened and what to do, and leaves a way on."""

import logging
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from storage.organization import sign_ins
from storage.scope import Scope
from storage.sync.syncs import Sync
from tests.browser.conftest import Site


def test_an_address_of_nothing_keeps_the_way_to_all_rooms(page: Page) -> None:
    answer = page.goto("/nothing/of/the/kind")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("alert")).to_contain_text("There is nothing here")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.get_by_role("link", name="Go to Home").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def test_who_was_signed_out_meanwhile_is_told_that_nothing_was_changed(page: Page, site: Site, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}/decide")
    with site.store.begin() as session:
        token = next(one["value"] for one in page.context.cookies() if one["name"] == "contactflow")
        found = sign_ins.visitor(session, token)
        assert found is not None
        sign_ins.end(session, found.scope, found.sign_in_id)
    page.locator(".decide .primary").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was changed")
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in")


def test_an_error_of_ours_is_said_to_be_one_and_is_guarded_as_all_pages_are(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("storage.people.contacts.search", breaks)
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", True)
    answer = page.goto("/contacts")
    assert answer is not None
    assert answer.status == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    expect(page.get_by_role("alert")).to_contain_text("contactflow doctor")
    assert "a bug" not in page.content()


def test_a_server_that_is_away_is_told_and_nothing_is_lost(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("The server does not answer. Nothing was changed")
    page.context.set_offline(False)
    page.keyboard.press("a")
    expect(page.locator("#row-1")).to_contain_class("state-approved")


def test_a_decision_that_came_too_late_is_explained_where_it_was_made(
    page: Page, a_browser: Callable[..., BrowserContext], scope: Scope, sync: Sync
) -> None:
    page.route("**/pulse", lambda route: route.abort())  # the page does not learn of it by itself
    page.goto(f"/syncs/{sync.id}")
    other = a_browser(scope).new_page()
    other.goto(f"/syncs/{sync.id}")
    other.keyboard.press("r")
    expect(other.locator("#row-1")).to_contain_class("state-rejected")
    page.keyboard.press("a")
    expect(page.locator("#record").get_by_role("alert")).to_contain_text("while you looked")
