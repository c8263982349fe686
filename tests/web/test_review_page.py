"""The page of a sync: every group with its number, each record from both sides, and what became of it."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx2

from storage.deciding import Choice
from storage.people import contacts
from storage.records import ChangeKind, Statistics
from storage.scope import Scope
from storage.session import Store
from storage.sync import plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tests.web.conftest import NotedEngine, Person
from tests.web.forms import fields
from tests.web.plans_to_review import BIG, PLANNED, SMALL, waiting_plan


def test_the_page_shows_every_group_with_its_number(ann: Person, sync: Sync) -> None:
    page = ann.get(f"/syncs/{sync.id}")
    assert page.status_code == 200
    groups = re.findall(r'class="title">([^<]+)</span>\s*<span class="count">([\d,]+)', page.text)
    assert groups == [
        ("Conflicts", "6"), ("Maybe the same", "8"), ("Gone at the source", "3"), ("Updates", "40"),
        ("New contacts", "120"), ("Could not be read", "4"), ("Nothing to do", "30"),
    ]  # fmt: skip
    assert f"Approve all {PLANNED}" in page.text
    assert sync.digest in page.text


def test_a_group_is_shown_a_window_at_a_time(ann: Person, sync: Sync) -> None:
    first = ann.get(f"/syncs/{sync.id}?group=create").text
    assert first.count('<li id="row-') == 100
    further = re.search(r'href="([^"]+)" data-more', first)
    assert further is not None
    second = ann.get(further[1].replace("&amp;", "&")).text
    assert second.count('<li id="row-') == 20
    assert "data-more" not in second


def test_a_record_says_what_each_side_says_and_where_it_comes_from(ann: Person, sync: Sync) -> None:
    page = ann.get(f"/syncs/{sync.id}?group=conflict&row=1").text
    for told in ("both changed", "Chief of Staff", "In the CRM from Google", "approved by ann@acme.example", "linked"):
        assert told in page


def test_that_a_contact_moved_on_is_told_while_it_matters(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    moved = "This contact changed in the CRM since"
    place = f"/syncs/{sync.id}?group=conflict&row=1"
    assert moved not in ann.get(place).text
    with store.begin() as session:
        found = contacts.search(session, scope)
        contacts.overwrite(session, scope, [replace(one, version=one.version + 1) for one in found])
    assert moved in ann.get(place).text
    with store.begin() as session:
        reviews.decide(session, scope, sync.id, Decision(Choice.APPROVE, "ann@acme.example", digest=sync.digest))
    assert moved not in ann.get(place).text  # by now the sync itself has changed it


def test_a_plan_is_searched_without_a_name_in_the_address(ann: Person, sync: Sync) -> None:
    answer = ann.post(f"/syncs/{sync.id}/search", words="lovelace")
    assert answer.status_code == 200
    assert "found" in answer.text
    names = re.findall(r'class="name">([^<]+)<', answer.text)
    assert names
    assert "lovelace" not in str(answer.url)


def test_hostile_values_are_shown_as_text(ann: Person, store: Store, scope: Scope) -> None:
    evil = "<script>alert(1)</script>\"'>&{{7*7}}"
    with store.begin() as session:
        sync = waiting_plan(session, scope, dict.fromkeys(SMALL, 0) | {"create": 1, "update": 1})
        key = syncs.demand_preview_key(session, scope, sync.id)
        (create,) = plans.changes(session, scope, sync.id, key, kinds=[ChangeKind.CREATE])
    answer = ann.post(
        f"/syncs/{sync.id}/rows/{create.ordinal}/edit", seen="",
        **{"choose.job_title": "own", "own.job_title": evil},
    )  # fmt: skip
    assert answer.status_code == 303
    page = ann.get(f"/syncs/{sync.id}?group=create").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{7*7}}" in page


def test_ten_thousand_changes_are_quick_to_look_at_and_to_decide(ann: Person, store: Store, scope: Scope) -> None:
    """Generous, for the machine may be busy; the figures themselves are printed."""
    with store.begin() as session:
        sync = waiting_plan(session, scope, BIG)
    ann.get("/")  # templates are compiled once

    def timed(act: Callable[[], httpx2.Response]) -> float:
        spent = []
        for _ in range(3):
            started = time.perf_counter()
            assert act().status_code < 400
            spent.append(time.perf_counter() - started)
        return min(spent)

    with store.read() as session:
        (first,) = plans.changes(session, scope, sync.id, None, limit=1)
        (update,) = plans.changes(session, scope, sync.id, None, kinds=[ChangeKind.UPDATE], limit=1)
    spent = {
        "first look": timed(lambda: ann.get(f"/syncs/{sync.id}")),
        "a group": timed(lambda: ann.get(f"/syncs/{sync.id}?group=create")),
        "a record": timed(lambda: ann.get(f"/syncs/{sync.id}?group=update&row={update.ordinal}")),
        "one row": timed(lambda: ann.post(f"/syncs/{sync.id}/marks", deed="rejected", row=[first.id])),
        "search": timed(lambda: ann.post(f"/syncs/{sync.id}/search", words="lovelace nordwind")),
        "pulse": timed(lambda: ann.get(f"/syncs/{sync.id}/pulse")),
    }  # fmt: skip
    started = time.perf_counter()
    ann.post(f"/syncs/{sync.id}/marks", whole="approved", group="create")
    spent["six thousand rows"] = time.perf_counter() - started
    print({name: f"{1000 * seconds:.0f} ms" for name, seconds in spent.items()})
    assert max(spent.values()) < 2
    assert len(ann.get(f"/syncs/{sync.id}?group=create").content) < 400_000


def test_a_sync_that_is_done_says_what_became_of_it_and_can_be_taken_back(
    ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine
) -> None:
    with store.begin() as session:
        reviews.decide(session, scope, sync.id, Decision(Choice.APPROVE, "ann@acme.example", digest=sync.digest))
        plans.clear_previews(session, scope, sync.id)
        syncs.complete(session, scope, sync.id, Statistics(created=120, updated=40), undo_for=timedelta(days=1))
        assert contacts.count(session, scope)
    page = ann.get(f"/syncs/{sync.id}?group=update").text
    assert "120 created" in page
    assert "data-pulse-url" not in page  # nothing can happen any more: nothing is asked
    assert "<title>Sync of Microsoft: done" in page
    assert "Take this sync back" in page
    confirm = ann.get(f"/syncs/{sync.id}/take-back")
    assert "120 contacts that it made will be removed" in confirm.text
    once = fields(confirm)
    for _ in range(2):
        assert ann.post(f"/syncs/{sync.id}/take-back", **once).status_code == 303
    assert {key for _, _, key in engine.started} == {f"undo-{sync.id}-{once['once']}"}
    assert engine.started[0][:2] == ("undo-sync", {"sync": sync.id, "reviewer": "ann@acme.example"})
