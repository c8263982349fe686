"""Every page in light, in dark and on a phone: whoever cannot see or hold a mouse can use it, and it fits."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from sqlalchemy import text

from storage.organization import tenants
from storage.records import Role
from storage.scope import Scope
from storage.sync.syncs import Sync
from tests.browser.conftest import DESK, Seen, Site
from tests.browser.rooms import Room, every_room
from tests.web.plans_to_review import waiting_plan

PHONE: ViewportSize = {"width": 390, "height": 844}
AXE = Axe().axe_script
ENLARGED: ViewportSize = {"width": 320, "height": 256}  # a desk at 400 %
CUT_OFF = "[...document.querySelectorAll('.pane')].filter(p => p.clientHeight < p.scrollHeight).map(p => p.id)"
WIDTHS = (320, 700, 768, 1024)
MENU = 1200  # up to this width the rooms are behind a button
README: ViewportSize = {"width": 1280, "height": 600}
SMALL_ENOUGH = 150_000  # bytes, for whoever opens the README on a train
PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
# The newest rule of WCAG 2.2 is not asked by itself, and a mail's frame lets nobody look into it. In the dark only
# colours are others; on a phone, places and what has no room.
HOW = {"resultTypes": ["violations"], "preload": False, "iframes": False}
RULES = {**HOW, "rules": {"target-size": {"enabled": True}}}
COLOURS = {**HOW, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Rows are made alike: the first of them speak for all.
CONTEXT = {"exclude": [["tbody tr:nth-child(n + 7)"], [".rows .row:nth-child(n + 7)"], ["datalist"]]}
PLACES = {
    **HOW,
    "runOnly": {
        "type": "rule",
        "values": ["target-size", "page-has-heading-one", "heading-order", "region", "scrollable-region-focusable"],
    },
}


@pytest.fixture
def pages(a_browser: Callable[..., BrowserContext], site: Site, scope: Scope) -> dict[str, Page]:
    """One for each who looks."""
    with site.store.begin() as session:
        made = tenants.add_organization(session, f"Newcomer {scope.organization_id[-6:]}")
        tenants.add_user(session, made.slug, "nora@new.example", role=Role.ADMIN)
        newcomer = tenants.scope_of(session, made.slug, "nora@new.example")
    return {
        who: a_browser(scope).new_page() for who, scope in (("ann", scope), ("newcomer", newcomer), ("guest", None))
    }


def troubles(page: Page, options: dict[str, Any], where: str) -> Iterator[str]:
    for rule in page.evaluate("([where, how]) => axe.run(where, how)", [CONTEXT, options])["violations"]:
        for node in rule["nodes"]:
            yield f"{where}: {rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"


def keep(page: Page, room: Room, look: str) -> None:
    page.screenshot(path=PICTURES / f"{room.name}-{look}.png", animations="disabled")


def looked_at(page: Page, room: Room) -> Iterator[str]:
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    answer = page.goto(room.path)
    assert answer is not None
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return  # numbers and JSON are for programs
    if answer.status != room.status:
        yield f"{room.name}: answers {answer.status}"
    keep(page, room, "light")
    page.evaluate(AXE)
    yield from troubles(page, RULES, f"{room.name}, light")
    page.emulate_media(color_scheme="dark")
    keep(page, room, "dark")
    yield from troubles(page, COLOURS, f"{room.name}, dark")
    page.set_viewport_size(PHONE)
    keep(page, room, "phone")
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        yield f"{room.name}: {wide} wide on a phone"
    yield from troubles(page, PLACES, f"{room.name}, phone")


def test_the_readmes_picture_is_a_page_as_it_is(page: Page, sync: Sync) -> None:
    """`make screenshots` puts it into docs/."""
    page.set_viewport_size(README)
    page.goto(f"/syncs/{sync.id}?group=update")
    picture = page.screenshot(path=PICTURES / "review.png", animations="disabled")
    assert len(picture) < SMALL_ENOUGH
    shown = PICTURES.parents[1] / "docs" / "review.png"
    assert 0 < shown.stat().st_size < SMALL_ENOUGH
    assert "docs/review.png" in (PICTURES.parents[1] / "README.md").read_text()


def test_every_page_can_be_used_by_everybody(pages: dict[str, Page], site: Site, seen: Seen, scope: Scope) -> None:
    found = [trouble for room in every_room(site, scope) for trouble in looked_at(pages[room.who], room)]
    assert found == [], "\n".join(found)
    assert seen.beyond(site.url) == []


def test_pages_fit_at_any_width(page: Page, site: Site, scope: Scope) -> None:
    """As narrow as WCAG asks for, and between a phone and a desk; enlarged four times, all of a page can be scrolled
    to.
    """
    wanted = {"home", "contacts", "syncs-sync", "sync-record", "campaigns-campaign", "schedules"}
    found = {}
    for room in every_room(site, scope):
        if room.name not in wanted:
            continue
        page.goto(room.path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            found[room.name, width] = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(ENLARGED)
        assert page.evaluate(CUT_OFF) == [], room.name
    assert found == {(name, width): width for name in wanted for width in WIDTHS}


def test_every_room_is_in_sight_or_in_the_menu_however_long_names_are(page: Page, site: Site, scope: Scope) -> None:
    with site.store.begin() as session:
        waiting_plan(session, scope)
        for table, column in (("organizations", "name"), ("oauth_connections", "account")):
            long = f"UPDATE {table} SET {column} = :long WHERE {'id' if column == 'name' else 'organization_id'} = :id"
            session.execute(text(long), {"long": "a.long.name@of.a.holding.example" * 3, "id": scope.organization_id})
    page.goto("/")
    for width in (700, 1000, 1201, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        expect(page.get_by_role("button", name="Menu")).to_be_visible(visible=width <= MENU)
        if width > MENU:
            right = page.evaluate("document.querySelector('.top nav a:last-child').getBoundingClientRect().right")
            assert right <= page.evaluate("document.querySelector('.who').getBoundingClientRect().left")


def test_the_page_is_reached_past_all_rooms_and_the_keys_are_readable(page: Page, sync: Sync) -> None:
    page.goto(f"/syncs/{sync.id}")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the page")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    page.evaluate(AXE)
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look)
        assert list(troubles(page, RULES, f"keys, {look}")) == []
