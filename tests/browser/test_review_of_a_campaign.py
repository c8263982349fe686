"""A campaign from its first page to its last mail, as Ann goes through it by keyboard; and mails that mean harm."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from storage.campaign import campaigns, mails
from storage.campaign.campaigns import Campaign
from storage.records import CampaignStatus, MailState
from storage.scope import Scope
from tests.browser.conftest import Seen, Site
from tests.browser.test_review_of_a_sync import press_until
from tests.web.campaigns_to_review import HOSTILE, hostile, written_campaign

SUBJECT = "Friday, in the workshop"
LETTER = "iframe.sheet"


@pytest.fixture
def campaign(site: Site, scope: Scope) -> Campaign:
    with site.store.begin() as session:
        return written_campaign(session, scope)


def opened_mail(page: Page, ordinal: int) -> None:
    expect(page.locator("#record header p").first).to_contain_text(f"· mail {ordinal}")


def states(site: Site, scope: Scope, campaign: Campaign) -> dict[int, MailState]:
    with site.store.read() as session:
        return {one.ordinal: one.state for one in mails.mails(session, scope, campaign.id, None)}


def mend_what_is_blocked(page: Page) -> None:
    """The first of the blocked mails is edited, after which it may leave."""
    opened_mail(page, 9)
    expect(page.get_by_text("This mail cannot leave as it is")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator(":focus")).to_have_attribute("name", "subject")
    page.keyboard.press("Control+a")
    page.keyboard.type(SUBJECT)
    page.keyboard.press("Tab")
    body = page.locator(":focus").input_value()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(body.replace("As [Name] you", "You"))
    press_until(page, "Tab", ".edit button")
    page.keyboard.press("Enter")
    expect(page.locator("#record h2")).to_have_text(SUBJECT)
    expect(page.get_by_text("This mail cannot leave as it is")).to_be_hidden()


def leave_one_out_and_approve_the_others(page: Page) -> None:
    group = page.locator("[data-group][aria-current]")
    while (before := group.locator(".title").inner_text()) != "Worth a look":
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(group.locator(".title")).not_to_have_text(before)
    page.keyboard.press("j")
    opened_mail(page, 8)
    page.keyboard.press("r")
    expect(page.locator("#record .badge").first).to_be_visible()
    opened_mail(page, 13)
    press_until(page, "Tab", "button[name=whole][value=approved]", most=120)
    page.keyboard.press("Enter")
    expect(page.locator(".deeds li").first).to_contain_text("approved 4 mails")


def test_a_campaign_is_reviewed_by_keyboard_alone_and_watched_while_it_leaves(
    page: Page, site: Site, seen: Seen, scope: Scope, campaign: Campaign
) -> None:
    page.goto(f"/campaigns/{campaign.id}")
    mend_what_is_blocked(page)
    leave_one_out_and_approve_the_others(page)
    page.keyboard.press("d")
    page.wait_for_url("**/decide")
    press_until(page, "Tab", ".decide .primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/campaigns/{campaign.id}")
    expect(page.locator("#verdict")).to_contain_text("being sent")
    answer = {"decision": "approve", "reviewer": "ann@acme.example", "comment": ""}
    assert (campaign.flow_run_id, answer) in site.engine.resumed
    found = states(site, scope, campaign)
    assert (found[8], found[9], found[19]) == (MailState.REJECTED, MailState.APPROVED, MailState.BLOCKED)

    with site.store.begin() as session:  # what the run does meanwhile
        for statement in (
            "UPDATE campaign_emails SET state = 'sent' WHERE campaign_id = :id AND state = 'approved'",
            "UPDATE email_campaigns SET status = 'completed' WHERE id = :id",
        ):
            session.execute(text(statement), {"id": campaign.id})
    expect(page.locator("#verdict .status")).to_have_text("done")
    expect(page.locator("[data-group]", has_text="Sent")).to_contain_text("22")
    assert seen.complaints == []
    with site.store.read() as session:
        assert campaigns.campaign(session, scope, campaign.id).status is CampaignStatus.COMPLETED


def test_a_hostile_mail_is_shown_and_does_nothing(
    page: Page, site: Site, seen: Seen, scope: Scope, campaign: Campaign
) -> None:
    with site.store.begin() as session:
        hostile(session, scope, campaign, 1)
    for view in ("html", "text", "source"):
        page.goto(f"/campaigns/{campaign.id}?row=1&view={view}")
        page.wait_for_load_state("networkidle")
        if view == "html":
            letter = page.frame_locator(LETTER)
            expect(letter.get_by_text("Hello")).to_be_visible()
            assert letter.locator("script, img, form, input, iframe, style").count() == 0
    expect(page.locator("#record h2")).to_contain_text(HOSTILE[:25])
    assert seen.beyond(site.url) == []
    assert [one for one in seen.complaints if "dialog" in one] == []


def test_what_slips_past_the_cleaning_is_stopped_by_the_frame(
    page: Page, site: Site, seen: Seen, scope: Scope, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second wall: as if nothing were cleaned at all."""
    monkeypatch.setattr("web.campaign.mail_view.harmless", lambda html, _title: html)
    with site.store.begin() as session:
        hostile(session, scope, campaign, 1)
    page.goto(f"/campaigns/{campaign.id}?row=1")
    letter = page.frame_locator(LETTER)
    expect(letter.get_by_text("Hello")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert letter.locator("script").count() == 1
    letter.locator("input").press("Enter")
    letter.locator("input").press("Tab")
    assert seen.forbidden
    assert seen.beyond(site.url) == []
    assert [one for one in seen.complaints if "dialog" in one] == []
    assert page.url.startswith(site.url)
