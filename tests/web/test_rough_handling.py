"""Forms too big, too slow and too many, words that no page sends, plans of nothing and of conflicts alone."""

import asyncio
from collections.abc import Iterator
from itertools import cycle

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from storage.deciding import Choice
from storage.documents import new_id
from storage.records import ChangeState, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import marks, plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync
from tests.web.conftest import NotedEngine, Person
from tests.web.plans_to_review import SMALL, waiting_plan
from web import endpoints
from web.context import AppContext
from web.visits import Refusal

NONE = dict.fromkeys(SMALL, 0)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; the repositories are tried on both."""
    return sqlite_url


@pytest.mark.parametrize("number", [1001, 5001, 30_000])
def test_more_rows_than_any_page_sends_are_refused_as_too_many(
    store: Store, scope: Scope, ann: Person, sync: Sync, number: int
) -> None:
    answer = ann.post(f"/syncs/{sync.id}/marks", deed="rejected", row=[new_id() for _ in range(number)])
    assert answer.status_code in {409, 413}
    assert "at once" in answer.text
    with store.read() as session:
        assert plans.counts(session, scope, sync.id).total() == sum(SMALL.values())
        assert not any(state is ChangeState.REJECTED for _, state in plans.counts(session, scope, sync.id))


def test_a_body_of_fifty_megabytes_is_not_read_to_its_end(ann: Person, sync: Sync) -> None:
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield b"words=" + bytes(1_000_000)

    head = {"content-type": "application/x-www-form-urlencoded"}
    answer = ann.http.post(f"/syncs/{sync.id}/search", content=body(), headers=head)
    assert answer.status_code == 413


def test_a_body_that_never_ends_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, context: AppContext) -> None:
    monkeypatch.setattr(endpoints, "SLOWEST_FORM", 0.05)
    drops = cycle([{"type": "http.request", "body": b"a", "more_body": True}])

    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return next(drops)

    request = Request({"type": "http", "method": "POST", "headers": [], "path": "/", "app": context}, receive)
    with pytest.raises(Refusal) as refused:
        asyncio.run(endpoints.posted_form(request))
    assert refused.value.status == 408


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY"])
def test_other_verbs_do_nothing(ann: Person, sync: Sync, method: str) -> None:
    for path in (f"/syncs/{sync.id}", f"/syncs/{sync.id}/approve", "/contacts", "/"):
        assert ann.http.request(method, path, data={"csrf": ann.csrf}).status_code == 405


def test_looking_without_a_body_looks_and_does_nothing(ann: Person, sync: Sync) -> None:
    for path in (f"/syncs/{sync.id}", "/", "/contacts", "/connections", "/healthz"):
        answer = ann.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert ann.http.head(f"/syncs/{sync.id}/approve").status_code == 405


def test_a_slash_too_many_leads_to_the_page_and_to_no_other_house(ann: Person, sync: Sync) -> None:
    answer = ann.get(f"/syncs/{sync.id}/")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{ann.http.base_url}/syncs/{sync.id}"
    for path in ("//evil.example/", "/\\evil.example/"):
        assert "evil" not in ann.get(path).headers.get("location", "").split("/")[2:3]


def test_who_names_no_host_is_refused(context: AppContext, stranger: TestClient) -> None:
    del context
    assert stranger.get("/healthz", headers={"host": ""}).status_code == 400


def test_words_of_a_megabyte_find_nothing_and_break_nothing(ann: Person, sync: Sync) -> None:
    for words in (
        "x" * 900_000,
        "%" * 5000,
        "\\" * 5000,
        "' OR 1=1 --",
        "\u202e\ud83d".encode("utf-16", "surrogatepass").hex(),
    ):
        assert ann.post(f"/syncs/{sync.id}/search", words=words).status_code == 200
        assert ann.post("/contacts/search", words=words).status_code == 200


def test_a_plan_of_nothing_can_be_looked_at_and_ended(
    store: Store, scope: Scope, ann: Person, engine: NotedEngine
) -> None:
    with store.begin() as session:
        empty = waiting_plan(session, scope, NONE)
    for path in ("", "?group=create&row=1", "/decide", "/decide?choice=reject"):
        assert ann.get(f"/syncs/{empty.id}{path}").status_code in {200, 404}
    with store.read() as session:
        pulse = marks.pulse(session, scope, empty.id)
    assert ann.post(f"/syncs/{empty.id}/approve", digest=empty.digest, pulse=pulse).status_code == 303
    assert len(engine.resumed) == 1


def test_a_plan_of_conflicts_alone_writes_none_of_them_safely(store: Store, scope: Scope, ann: Person) -> None:
    with store.begin() as session:
        plan = waiting_plan(session, scope, {**NONE, "conflict": 5})
    assert "Conflicts" in ann.get(f"/syncs/{plan.id}").text
    with store.begin() as session:
        reviews.decide(session, scope, plan.id, Decision(Choice.APPROVE_SAFE, "ann@acme.example", digest=plan.digest))
        counted = plans.counts(session, scope, plan.id)
        assert {state for _, state in counted} == {ChangeState.REJECTED}


def test_going_back_after_the_last_word_changes_nothing(store: Store, scope: Scope, ann: Person, sync: Sync) -> None:
    with store.begin() as session:
        reviews.decide(session, scope, sync.id, Decision(Choice.APPROVE, "ann@acme.example", digest=sync.digest))
        before = plans.counts(session, scope, sync.id)
    late: dict[str, dict[str, str]] = {
        "rows/1/mark": {"deed": "rejected", "seen": ""},
        "rows/1/edit": {"seen": ""},
        "marks": {"whole": "rejected", "group": "create"},
        "reject": {"digest": sync.digest},
    }
    for path, form in late.items():
        assert ann.post(f"/syncs/{sync.id}/{path}", **form).status_code == 409
    assert ann.get(f"/syncs/{sync.id}/decide").headers["location"] == f"/syncs/{sync.id}"
    with store.read() as session:
        assert plans.counts(session, scope, sync.id) == before
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.EXECUTING
