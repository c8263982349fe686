"""A mail that would do harm is shown, and does none: nothing of it is run, loaded, sent or followed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.campaign.campaigns import Campaign
from storage.scope import Scope
from storage.session import Store
from tasks.rules.letters.shown import harmless, shown
from tests.web.campaigns_to_review import HOSTILE, hostile
from tests.web.conftest import Person

TRICKS = (
    HOSTILE,
    '<a href="javascript:alert(1)" onclick="alert(1)">go</a>',
    '<a href="https://evil.example" target="_top">go</a><base href="https://evil.example/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example"><link rel=stylesheet href=//evil.example/x.css>',
    '<svg onload=alert(1)><image href="https://evil.example/x.png"/></svg><math><mi xlink:href="https://evil.example">',
    "</body></html><script src=//evil.example/x.js></script>",
    "<object data=https://evil.example></object><embed src=https://evil.example><video src=https://evil.example>",
    "<table background=https://evil.example/x.png><tr><td>hello</td></tr></table>",
)
FORBIDDEN = re.compile(
    r"<(script|img|form|input|iframe|object|embed|video|svg|base|link|style|button)\b|javascript:|\son\w+=",
    re.IGNORECASE,
)


@pytest.mark.parametrize("html", TRICKS)
def test_a_hostile_mail_is_shown_harmless(
    ann: Person, store: Store, scope: Scope, campaign: Campaign, html: str
) -> None:
    with store.begin() as session:
        hostile(session, scope, campaign, 1, html)
    letter = ann.get(f"/campaigns/{campaign.id}/mails/1/letter")
    policy = {part.strip() for part in letter.headers["content-security-policy"].split(";")}
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= policy
    assert not any("allow-" in part or "script-src" in part or "img-src" in part for part in policy)
    assert letter.headers["x-content-type-options"] == "nosniff"
    assert "Hello" in letter.text
    assert not FORBIDDEN.search(letter.text)
    assert 'href="http' not in letter.text


def test_the_page_around_it_frames_it_without_any_leave_and_escapes_what_it_quotes(
    ann: Person, store: Store, scope: Scope, campaign: Campaign
) -> None:
    with store.begin() as session:
        hostile(session, scope, campaign, 1)
    for view in ("html", "text", "source"):
        page = ann.get(f"/campaigns/{campaign.id}?row=1&view={view}")
        assert "<script>alert" not in page.text
        assert "<img src=https" not in page.text
        assert "unsafe" not in page.headers["content-security-policy"]
        frames = re.findall(r"<iframe[^>]*>", page.text)
        assert all('sandbox=""' in frame for frame in frames)
        assert len(frames) == (view == "html")


@given(st.text())
def test_whatever_a_mail_says_nothing_that_acts_is_left_of_it(text: str) -> None:
    page = harmless(f"<p>{text}</p>", text)
    assert not re.search(r"<(script|img|form|iframe|style|svg)\b", page.partition("<body")[2], re.IGNORECASE)


def test_a_mail_in_the_form_that_microsoft_takes_is_read_back_too() -> None:
    told = shown(
        b'{"subject":"Hi","body":{"contentType":"html","content":"<p>x <a href=\\"https://a.example\\">there</a></p>"},'
        b'"toRecipients":[{"emailAddress":{"address":"a@b.example","name":"A"}}]}'
    )
    assert (told.head, told.text) == ((("To", "A <a@b.example>"), ("Subject", "Hi")), "")
    assert [(link.words, link.address) for link in told.links] == [("there", "https://a.example")]
