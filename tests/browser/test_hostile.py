"""What comes from outside is shown and does nothing: no script runs, nothing is asked for beyond our own address."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from storage.campaign import templates
from storage.campaign.templates import NewTemplate
from storage.documents import new_id, now
from storage.people import contacts
from storage.records import Contact, Labelled, Person, Provider, SourceLink, SyncStatus
from storage.scope import Scope
from storage.sync import opening, plans, syncs
from storage.sync.opening import NewSync
from tasks.rules.planning import creation
from tests.browser.conftest import Seen, Site

BAIT = (
    '<script>alert(1)</script><img src="https://evil.example/seen.png" onerror="alert(2)"></title></textarea>'
    '<style>*{background:url(https://evil.example/css)}</style><form action="https://evil.example"><button>'
    '<iframe src="https://evil.example/frame"></iframe><base href="https://evil.example/">" onfocus="alert(3)" x="'
)
LINK = "javascript:alert(4)"


def hostile(bait: str = BAIT) -> Person:
    return Person(
        given_name=bait, family_name=bait, display_name=bait, company=bait, job_title=bait, notes=bait,
        emails=(Labelled("mallory@evil.example", bait),), urls=(Labelled(LINK, bait),), tags=(bait,),
    )  # fmt: skip


@pytest.fixture
def addresses(site: Site, scope: Scope) -> list[str]:
    """Of all pages that show something hostile."""
    provenance = {name: {"source": BAIT, "by": BAIT} for name in ("company", "emails")}
    there = Contact(new_id(), 1, hostile(), provenance)
    with site.store.begin() as session:
        contacts.create(session, scope, [there])
        sync = opening.open_sync(session, scope, NewSync(new_id(), new_id(), Provider.FILE))
        key = syncs.demand_preview_key(session, scope, sync.id)
        row = replace(creation([SourceLink(BAIT, hostile(), modified_at=now())]), id=new_id(), ordinal=1)
        digest = plans.save(session, scope, sync.id, key, [row])
        syncs.move(session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW, digest=digest)
        syncs.note(session, scope, sync.id, warnings=[BAIT])
        new = NewTemplate(BAIT, BAIT, BAIT.replace("{", "("), "en", {"demo": "https://engines.example/demo"})
        letter = templates.save(session, scope, new, author="ann@acme.example")
    return [
        f"/syncs/{sync.id}", f"/syncs/{sync.id}/decide", "/", "/contacts", f"/contacts/{there.id}", "/templates",
        f"/templates/{letter.id}",
    ]  # fmt: skip


def test_a_hostile_contact_is_shown_and_does_nothing(page: Page, site: Site, seen: Seen, addresses: list[str]) -> None:
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert page.locator("iframe[src*=evil], img[src*=evil], form[action*=evil], style, base").count() == 0, address
        assert page.locator(f"a[href^='{LINK}']").count() == 0, address
    page.goto(addresses[0])
    expect(page.locator("#row-1 .name")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#record h2")).to_contain_text("onfocus=")
    assert seen.beyond(site.url) == []
    assert seen.complaints == []


def test_what_is_searched_for_and_typed_comes_back_as_text(
    page: Page, site: Site, seen: Seen, addresses: list[str]
) -> None:
    page.goto(addresses[0])
    page.get_by_label("Search this plan").fill(BAIT[:100])
    page.keyboard.press("Enter")
    page.wait_for_url("**/search")
    expect(page.get_by_label("Search this plan")).to_have_value(BAIT[:100])
    page.goto("/contacts")
    page.get_by_label("Name, address, number, company or tag").fill(BAIT[:100])
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/search")
    expect(page.get_by_label("Name, address, number, company or tag")).to_have_value(BAIT[:100])
    assert seen.beyond(site.url) == []
    assert seen.complaints == []
