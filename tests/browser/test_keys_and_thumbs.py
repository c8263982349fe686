"""Hands that hold no mouse: the keys that every page knows, and one pane at a time on a phone."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from storage.scope import Scope
from storage.sync.syncs import Sync
from tests.browser.test_every_page import PHONE

FOCUSED = ":focus"


def test_rows_are_walked_and_rooms_are_reached_from_any_page(page: Page, sync: Sync) -> None:
    page.goto("/contacts")
    names = page.locator(".people tbody a")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(names.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("gh")  # letters that are typed lead nowhere
    expect(page.locator("#words")).to_have_value("gh")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/")
    page.keyboard.press("j")
    expect(page.locator(FOCUSED)).to_have_attribute("href", f"/syncs/{sync.id}")


def test_the_focus_stays_where_a_decision_was_made(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#record")).to_be_focused()
    approve = page.locator("#record [data-key=a]")
    approve.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#record").get_by_text("· row 3", exact=True)).to_be_visible()
    expect(approve).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#row-3 .line")).to_be_focused()


def test_a_key_decides_the_row_that_is_marked_however_fast_it_follows(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.press("j")
    page.keyboard.press("a")  # what stands beside the list is still the row before
    expect(page.locator("#row-2")).to_contain_class("state-approved")
    expect(page.locator("#record").get_by_text("· row 3", exact=True)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("r")
    expect(page.locator("#row-4")).to_contain_class("state-rejected")
    assert page.locator("#list :is(.state-approved, .state-rejected)").count() == 2


def test_what_a_deed_led_to_has_the_focus_and_the_page_goes_on_from_there(page: Page) -> None:
    page.goto("/settings")
    page.get_by_role("button", name="Keep the settings").press("Enter")
    expect(page.get_by_role("status").get_by_text("The settings are kept.")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Postal address")).to_be_focused()
    page.get_by_label("Time zone").fill("Nowhere/At-all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()


def test_a_key_that_is_held_down_decides_once(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.down("a")
    expect(page.locator("#row-1")).to_contain_class("state-approved")
    page.keyboard.down("a")
    page.keyboard.down("a")
    page.keyboard.up("a")
    page.keyboard.press("j")
    expect(page.locator("#record").get_by_text("· row 3", exact=True)).to_be_visible()
    expect(page.locator("#list .state-approved")).to_have_count(1)


def test_on_a_phone_a_record_is_decided_by_thumb_taken_back_and_left(
    a_browser: Callable[..., BrowserContext], scope: Scope, sync: Sync
) -> None:
    page = a_browser(scope, viewport=PHONE, has_touch=True).new_page()
    page.goto(f"/syncs/{sync.id}")
    page.locator("#row-2 .line").tap()
    expect(page.locator("#record").get_by_text("· row 2", exact=True)).to_be_visible()
    approve = page.locator("#record").get_by_role("button", name="Approve")
    expect(approve).to_be_in_viewport(ratio=1)
    expect(page.locator("#list")).to_be_hidden()
    expect(page.locator("#verdict")).to_be_hidden()
    box = approve.bounding_box()
    assert box is not None
    assert box["y"] > PHONE["height"] - 120
    approve.tap()
    expect(page.locator("#record").get_by_text("· row 3", exact=True)).to_be_visible()
    page.locator("#toast").get_by_role("button", name="Undo").tap()
    expect(page.locator("#said")).to_have_text("Taken back.")
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#row-2")).not_to_contain_class("state-approved")
    page.locator("#row-1 .line").tap()
    page.get_by_role("link", name="Conflicts").first.tap()
    expect(page.locator("#list")).to_be_visible()
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="Contacts", exact=True).tap()
    page.wait_for_url("**/contacts")
