"""The page of a campaign: every group with its number, each mail as it arrives, of many a window."""

import re

import pytest

from storage.campaign import campaign_reviews, campaigns, mail_marks, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import Choice
from storage.scope import Scope
from storage.session import Store
from tests.web.campaigns_to_review import BLOCKED, EXCLUDED, WARNED, WRITTEN, large_campaign
from tests.web.conftest import Person
from tests.web.kept_mails import one
from tests.web.plans_to_review import invented


def test_the_page_shows_every_group_with_its_number(ann: Person, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}")
    assert page.status_code == 200
    groups = re.findall(r'class="title">([^<]+)</span>\s*<span class="count">([\d,]+)', page.text)
    clean = WRITTEN - BLOCKED - WARNED
    assert groups == [
        ("Blocked", str(BLOCKED)), ("Worth a look", str(WARNED)), ("Nothing to remark", str(clean)),
        ("Not written to", str(EXCLUDED)),
    ]  # fmt: skip
    assert f"Approve {WRITTEN - BLOCKED}, leave out {BLOCKED}" in page.text
    for told in (campaign.digest, "gpt-5.4-mini", "of 2.00 USD", "forecast 0.03 to 0.08 USD", "0.0021", "Visit our"):
        assert told in page.text


def test_who_is_not_written_to_is_listed_with_the_reason(ann: Person, campaign: Campaign) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?group=excluded").text
    assert "2 unsubscribed" in page
    assert "1 written to 3 days ago" in page
    assert invented(WRITTEN).display_name in page
    assert page.count('<li id="row-') == EXCLUDED


def test_a_mail_says_what_speaks_against_it_where_it_links_to_and_what_it_rests_on(
    ann: Person, campaign: Campaign
) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?group=blocked&row=9").text
    for told in ("cannot leave as it is", "holds a placeholder", "[Name]", "https://acme.example/map", "opts out",
                 "Rests on 2 facts", "first Friday of each month", "0.0021 USD"):  # fmt: skip
        assert told in page
    assert 'data-key="a"' not in page


@pytest.mark.parametrize(("view", "told"), [("text", "Dear "), ("source", "List-Unsubscribe: "), ("html", "<iframe")])
def test_a_mail_is_seen_as_it_arrives_as_text_and_as_its_source(
    ann: Person, campaign: Campaign, view: str, told: str
) -> None:
    page = ann.get(f"/campaigns/{campaign.id}?row=1&view={view}").text
    assert told in page
    assert ("<iframe" in page) is (view == "html")


def test_mails_are_found_by_whom_they_go_to_and_by_what_they_say(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    mail = one(store, scope, campaign, 7)
    assert mail.draft
    by_address = ann.post(f"/campaigns/{campaign.id}/search", words=mail.draft.recipient.address.upper()).text
    assert by_address.count('<li id="row-') == 1
    assert 'id="row-7"' in by_address
    assert ann.post(f"/campaigns/{campaign.id}/search", words="please come").text.count('<li id="row-') == WARNED
    assert "Nothing is found" in ann.post(f"/campaigns/{campaign.id}/search", words="no such word").text


@pytest.mark.parametrize("query", ["group=nonsense", "row=0", "row=9999", "after=1e9", "row=" + "9" * 30, "view=x"])
def test_odd_questions_break_no_page(ann: Person, campaign: Campaign, query: str) -> None:
    assert ann.get(f"/campaigns/{campaign.id}?{query}").status_code in {200, 404}


def test_of_many_mails_only_a_window_is_shown_and_all_are_approved_with_one_request(
    ann: Person, store: Store, scope: Scope
) -> None:
    with store.begin() as session:
        large = large_campaign(session, scope, 10_000)
    page = ann.get(f"/campaigns/{large.id}?group=clean")
    assert page.text.count('<li id="row-') == 100
    assert len(page.content) < 150_000
    assert "Approve all 9,900" in page.text
    further = re.search(r'href="([^"]+)" data-more', page.text)
    assert further is not None
    second = ann.get(further[1].replace("&amp;", "&")).text
    assert 'id="row-102"' in second
    assert 'id="row-100"' not in second
    ann.post(f"/campaigns/{large.id}/marks", whole="approved", group="clean")
    with store.read() as session:
        made = mail_marks.marks(session, scope, large.id)
    assert [mark.number for mark in made] == [9_900]


def test_once_the_mails_are_forgotten_the_page_still_tells_what_became_of_them(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        campaign_reviews.decide(session, scope, campaign.id, Decision(Choice.REJECT, "ann@acme.example"))
        campaigns.forget(session, scope, campaign.id)
        mails.clear(session, scope, campaign.id)
    page = ann.get(f"/campaigns/{campaign.id}?row=1")
    assert page.status_code == 200
    assert "no longer kept" in page.text
    assert "no longer kept" in ann.get(f"/campaigns/{campaign.id}/mails/1/letter").text
