"""The review as a person meets it: looked at, decided row by row, and said in the end."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from storage import audit
from storage.people import contacts
from storage.records import Change, ChangeKind, ChangeState, Deed, Statistics, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import marks, plan_verdicts, plans, reviews, syncs
from storage.sync.reviews import Choice, Decision
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import EngineUnreachable
from tests.web.conftest import NotedEngine, Person
from tests.web.plans_to_review import BIG, SMALL, waiting_plan

PLANNED = sum(SMALL[kind] for kind in ("conflict", "maybe", "removed", "update", "create"))


def rows(store: Store, scope: Scope, sync: Sync, *kinds: ChangeKind) -> list[Change]:
    with store.read() as session:
        key = syncs.preview_key(session, scope, sync.id)
        return list(plans.every(session, scope, sync.id, key, kinds=kinds or None))


def row(store: Store, scope: Scope, sync: Sync, ordinal: int) -> Change:
    return rows(store, scope, sync)[ordinal - 1]


def status(store: Store, scope: Scope, sync: Sync) -> SyncStatus:
    with store.read() as session:
        return syncs.sync(session, scope, sync.id).status


def fields(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the last form of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "csrf"}


def test_the_page_shows_every_group_with_its_number(ann: Person, sync: Sync) -> None:
    page = ann.get(f"/syncs/{sync.id}")
    assert page.status_code == 200
    groups = re.findall(r'class="title">([^<]+)</span>\s*<span class="count">([\d,]+)', page.text)
    assert groups == [
        ("Conflicts", "6"), ("Maybe the same", "8"), ("Gone at the source", "3"), ("Updates", "40"),
        ("New contacts", "120"), ("Could not be read", "4"), ("Nothing to do", "30"),
    ]  # fmt: skip
    assert f"Approve {PLANNED}, leave 0" in page.text
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


def test_rows_are_decided_one_by_one_and_both_places_see_it(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    answer = ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="", group="conflict", open="2")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/syncs/{sync.id}?group=conflict&row=2")
    assert row(store, scope, sync, 2).state is ChangeState.REJECTED
    seen_by_ben = ben.get(f"/syncs/{sync.id}").text
    assert f"Approve {PLANNED - 1}, leave 1" in seen_by_ben
    assert "ann@acme.example left out 1 row" in seen_by_ben


def test_the_second_reviewer_is_told_of_the_first_and_overwrites_nothing(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="")
    answer = ben.post(f"/syncs/{sync.id}/rows/2/mark", deed="approved", seen="")
    assert answer.status_code == 409
    assert "while you looked" in answer.text
    assert row(store, scope, sync, 2).state is ChangeState.REJECTED


def test_two_reviewers_at_once_lose_nothing_of_each_others_work(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    new = [one.ordinal for one in rows(store, scope, sync, ChangeKind.CREATE)[:6]]

    def leave_out(ordinal: int) -> int:
        return ann.post(f"/syncs/{sync.id}/rows/{ordinal}/mark", deed="rejected", seen="").status_code

    def approve(group: str) -> int:
        return ben.post(f"/syncs/{sync.id}/marks", whole="approved", group=group).status_code

    with ThreadPoolExecutor() as pool:
        left, approved = [pool.submit(leave_out, one) for one in new], [pool.submit(approve, "update")]
        assert {one.result() for one in (*left, *approved)} == {303}
    approve("create")
    decided = rows(store, scope, sync, ChangeKind.CREATE, ChangeKind.UPDATE)
    assert [one.ordinal for one in decided if one.state is ChangeState.REJECTED] == new
    assert {one.state for one in decided if one.ordinal not in new} == {ChangeState.APPROVED}
    assert f"Approve {PLANNED - 6}, leave 6" in ann.get(f"/syncs/{sync.id}").text


def test_a_group_is_approved_with_one_request_and_taken_back_with_another(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    ann.post(f"/syncs/{sync.id}/marks", whole="approved", group="create")
    assert {one.state for one in rows(store, scope, sync, ChangeKind.CREATE)} == {ChangeState.APPROVED}
    page = ann.get(f"/syncs/{sync.id}").text
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark is not None
    ann.post(f"/syncs/{sync.id}/marks/take-back", mark=mark[1], group="create")
    assert {one.state for one in rows(store, scope, sync, ChangeKind.CREATE)} == {ChangeState.PROPOSED}


def test_chosen_rows_are_decided_together(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    chosen = [one.id for one in rows(store, scope, sync, ChangeKind.UPDATE)[3:8]]
    ann.post(f"/syncs/{sync.id}/marks", deed="rejected", row=chosen, group="update")
    found = [one.id for one in rows(store, scope, sync) if one.state is ChangeState.REJECTED]
    assert found == chosen


def test_fields_are_decided_and_typed(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    update = next(one for one in rows(store, scope, sync, ChangeKind.UPDATE) if set(one.fields) >= {"phones"})
    answer = ann.post(
        f"/syncs/{sync.id}/rows/{update.ordinal}/edit", seen="",
        **{"choose.job_title": "crm", "choose.phones": "own", "own.phones": "+4930901820 (office)\n\n+491701234567"},
    )  # fmt: skip
    assert answer.status_code == 303
    with store.read() as session:
        key = syncs.demand_preview_key(session, scope, sync.id)
        edits = plan_verdicts.edits(session, scope, sync.id, key)[update.id]
    assert edits.refused == ("job_title",)
    assert [(one.value, one.label) for one in edits.values[0].after] == [("+4930901820", "work"), ("+491701234567", "")]
    page = ann.get(f"/syncs/{sync.id}?group=update&row={update.ordinal}").text
    assert "your value" in page
    assert "edited" in page


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"choose.emails": "own", "own.emails": "nobody"}, "not understood"),
        ({"choose.birthday": "own", "own.birthday": "soon"}, "not understood"),
        ({"choose.nonsense": "crm"}, "No such field"),
        ({"choose.job_title": "own", "own.job_title": "x" * 3000}, "too long"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_a_sentence(
    ann: Person, store: Store, scope: Scope, sync: Sync, form: dict[str, str], says: str
) -> None:
    ordinal = rows(store, scope, sync, ChangeKind.CREATE)[0].ordinal
    answer = ann.post(f"/syncs/{sync.id}/rows/{ordinal}/edit", seen="", **form)
    assert answer.status_code == 400
    assert says in answer.text
    assert row(store, scope, sync, ordinal).state is ChangeState.PROPOSED


def test_a_plan_is_searched_without_a_name_in_the_address(ann: Person, sync: Sync) -> None:
    answer = ann.post(f"/syncs/{sync.id}/search", words="lovelace")
    assert answer.status_code == 200
    assert "found" in answer.text
    names = re.findall(r'class="name">([^<]+)<', answer.text)
    assert names
    assert "lovelace" not in str(answer.url)


def test_approving_says_the_numbers_first_and_wakes_the_run(
    ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine
) -> None:
    ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="")
    page = ann.get(f"/syncs/{sync.id}/decide")
    assert f"Write {PLANNED - 1} changes to the CRM?" in page.text
    answer = ann.post(f"/syncs/{sync.id}/approve", comment="fine", choice="approve", **fields(page))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/syncs/{sync.id}")
    assert status(store, scope, sync) is SyncStatus.EXECUTING
    assert row(store, scope, sync, 2).state is ChangeState.REJECTED
    wanted = {"decision": "approve", "reviewer": "ann@acme.example", "comment": "fine"}
    assert engine.resumed == [(sync.flow_run_id, wanted)]
    with store.read() as session:
        decided = [one for one in audit.entries(session, scope, subject=sync.id) if one.action == "sync.approved"]
    assert [(one.actor, one.detail["proven"], one.detail["digest"]) for one in decided] == [
        ("ann@acme.example", True, sync.digest)
    ]


def test_a_plan_of_which_nothing_is_left_is_completed_without_a_change(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    with store.begin() as session:
        marks.mark_all(session, scope, sync.id, Deed.REJECTED, actor="ann@acme.example", kinds=list(ChangeKind))
    assert "Complete without a change" in ann.get(f"/syncs/{sync.id}").text
    page = ann.get(f"/syncs/{sync.id}/decide")
    assert "Complete this sync without a change?" in page.text
    assert f"What was left out, {PLANNED} changes, is offered again." in page.text
    assert ann.post(f"/syncs/{sync.id}/approve", **fields(page)).status_code == 303
    assert status(store, scope, sync) is SyncStatus.EXECUTING


def test_what_the_narrower_approval_would_write_is_told_and_is_what_it_writes(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    ann.post(f"/syncs/{sync.id}/marks", deed="rejected", row=rows(store, scope, sync, ChangeKind.CREATE)[0].id)
    page, wanted = ann.get(f"/syncs/{sync.id}/decide"), SMALL["create"] + SMALL["update"] - 1
    assert f"Approve {wanted}, leave {PLANNED - wanted}" in page.text
    ann.post(f"/syncs/{sync.id}/approve", **fields(page) | {"choice": "approve_safe"})
    approved = [one for one in rows(store, scope, sync) if one.state is ChangeState.APPROVED]
    assert len([one for one in approved if one.kind is not ChangeKind.SKIP]) == wanted


def test_a_double_click_approves_once(ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))

    def press(_: int) -> int:
        return ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known).status_code

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(press, range(4))) == [303, 409, 409, 409]
    assert len(engine.resumed) == 1
    assert status(store, scope, sync) is SyncStatus.EXECUTING


def test_a_stale_page_approves_no_newer_plan(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide")) | {"digest": "0" * 64}
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert answer.status_code == 409
    assert "look at the preview again" in answer.text
    assert status(store, scope, sync) is SyncStatus.PREVIEW


def test_what_others_decided_meanwhile_is_shown_before_the_last_word(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))
    ben.post(f"/syncs/{sync.id}/rows/1/mark", deed="rejected", seen="")
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert answer.headers["location"] == f"/syncs/{sync.id}/decide?changed=1"
    assert status(store, scope, sync) is SyncStatus.PREVIEW
    assert "Somebody decided" in ann.get(answer.headers["location"]).text


def test_a_plan_is_rejected(ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine) -> None:
    page = ann.get(f"/syncs/{sync.id}/decide?choice=reject")
    ann.post(f"/syncs/{sync.id}/reject", comment="not today", **fields(page))
    assert status(store, scope, sync) is SyncStatus.REJECTED
    assert [answer["decision"] for _, answer in engine.resumed] == ["reject"]
    assert ann.get(f"/syncs/{sync.id}").status_code == 200


def test_a_decision_stands_though_prefect_does_not_answer(
    ann: Person, store: Store, scope: Scope, sync: Sync, engine: NotedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise EngineUnreachable("Prefect does not answer")

    monkeypatch.setattr(engine, "resume", away)
    known = fields(ann.get(f"/syncs/{sync.id}/decide"))
    answer = ann.post(f"/syncs/{sync.id}/approve", choice="approve", **known)
    assert "later=1" in answer.headers["location"]
    assert status(store, scope, sync) is SyncStatus.EXECUTING
    assert "when Prefect is back" in ann.get(answer.headers["location"]).text


def test_a_decision_made_elsewhere_shows_here_at_once(ann: Person, store: Store, scope: Scope, sync: Sync) -> None:
    before = ann.get(f"/syncs/{sync.id}/pulse").json()
    with store.begin() as session:
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, "ann@acme.example"))
    assert ann.get(f"/syncs/{sync.id}/pulse").json() != before
    assert "rejected" in ann.get(f"/syncs/{sync.id}").text
    assert ann.get(f"/syncs/{sync.id}/decide").headers["location"] == f"/syncs/{sync.id}"


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

    def timed(act: Callable[[], httpx.Response]) -> float:
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
    assert "120 contacts that it made are removed" in confirm.text
    once = fields(confirm)
    for _ in range(2):
        assert ann.post(f"/syncs/{sync.id}/take-back", **once).status_code == 303
    assert {key for _, _, key in engine.started} == {f"undo-{sync.id}-{once['once']}"}
    assert engine.started[0][:2] == ("undo-sync", {"sync": sync.id, "reviewer": "ann@acme.example"})
