"""The review as a person meets it: rows are decided, one by one or together, and fields typed."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.records import ChangeKind, ChangeState
from storage.scope import Scope
from storage.session import Store
from storage.sync import plan_verdicts, syncs
from storage.sync.syncs import Sync
from tests.web.conftest import Person
from tests.web.kept_rows import row, rows
from tests.web.plans_to_review import PLANNED


def test_rows_are_decided_one_by_one_and_both_places_see_it(
    ann: Person, ben: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    answer = ann.post(f"/syncs/{sync.id}/rows/2/mark", deed="rejected", seen="", group="conflict", open="2")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/syncs/{sync.id}?group=conflict&row=2")
    assert row(store, scope, sync, 2).state is ChangeState.REJECTED
    seen_by_ben = ben.get(f"/syncs/{sync.id}").text
    assert f"Approve {PLANNED - 1}, leave out 1" in seen_by_ben
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
    assert f"Approve {PLANNED - 6}, leave out 6" in ann.get(f"/syncs/{sync.id}").text


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
