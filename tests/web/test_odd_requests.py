"""Requests no page of ours sends break nothing, and what every answer holds and forbids."""

import logging
import re

import pytest
from starlette.testclient import TestClient

from storage.campaign.campaigns import Campaign
from storage.sync.syncs import Sync
from tests.web.conftest import Person
from web.app import create_app
from web.context import AppContext


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"csrf=" + b"x" * 1_100_000, b"&".join(b"row=1" for _ in range(6000)), b"{}", b"csrf=%00"]
)
def test_bodies_that_no_page_of_ours_sends_are_refused(ann: Person, sync: Sync, body: bytes) -> None:
    kind = "application/json" if body == b"{}" else "application/x-www-form-urlencoded"
    answer = ann.http.post(f"/syncs/{sync.id}/marks", content=body, headers={"Content-Type": kind})
    assert answer.status_code == (413 if len(body) > 10_000 else 403)


@pytest.mark.parametrize(
    "path",
    ["/syncs/nothing", "/syncs/%00", "/syncs/'; DROP TABLE users", "/contacts/🙂", "/nothing", "/syncs/a/rows/1/mark",
     "/contacts?from=-1", "/contacts?from=99999999999999999999", "/connections/x", "/static/../app.py"],
)  # fmt: skip
def test_addresses_of_nothing_are_told_so(ann: Person, path: str) -> None:
    answer = ann.get(path)
    assert answer.status_code in {200, 404, 405}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("query", ["group=nonsense", "row=0", "row=-3", "row=9999", "after=1e9", "row=" + "9" * 30])
def test_odd_questions_break_no_page(ann: Person, sync: Sync, query: str) -> None:
    assert ann.get(f"/syncs/{sync.id}?{query}").status_code in {200, 404}


def test_rows_of_odd_numbers_break_no_deed(ann: Person, sync: Sync) -> None:
    for ordinal in ("0", "9999", "9" * 40, "9" * 5000, "one"):
        answer = ann.post(f"/syncs/{sync.id}/rows/{ordinal}/mark", deed="approved", seen="")
        assert answer.status_code == 404


def test_mails_of_odd_numbers_break_no_page(ann: Person, campaign: Campaign) -> None:
    for ordinal in ("0", "9999", "9" * 40, "9" * 5000, "one"):
        assert ann.get(f"/campaigns/{campaign.id}/mails/{ordinal}/letter").status_code == 404


def test_every_answer_forbids_what_is_not_needed(ann: Person, stranger: TestClient) -> None:
    for answer in (ann.get("/"), ann.get("/nothing"), stranger.get("/sign-in"), stranger.get("/static/app.css")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert ann.get("/").headers["cache-control"] == "no-store"


def test_pages_hold_no_script_or_style_of_their_own(ann: Person, sync: Sync, campaign: Campaign) -> None:
    paths = ("/", "/contacts", "/connections", f"/syncs/{sync.id}", f"/syncs/{sync.id}/decide",
             f"/campaigns/{campaign.id}", f"/campaigns/{campaign.id}/decide")  # fmt: skip
    for path in paths:
        page = ann.get(path).text
        assert not re.search(
            r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)|=\"https?://(?!127\.0\.0\.1)", page
        )


def test_another_host_name_is_refused(context: AppContext) -> None:
    rebound = TestClient(create_app(context), base_url="http://evil.example")
    assert rebound.get("/sign-in").status_code == 400


def test_the_log_names_routes_and_nobody(ann: Person, sync: Sync, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ann.get(f"/syncs/{sync.id}?group=create")
        ann.post(f"/syncs/{sync.id}/search", words="lovelace")
        ann.post("/contacts/search", words="lovelace")
    ours = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("contactflow"))
    assert "GET /syncs/{sync_id} 200" in ours
    assert sync.id not in ours
    assert "lovelace" not in ours.lower()


def test_whoever_watches_is_answered_without_a_cookie(stranger: TestClient) -> None:
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "set-cookie" not in answer.headers
