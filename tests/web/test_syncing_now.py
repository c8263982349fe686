"""A sync is begun by a button; where one is open, the page says so, and nothing takes its place unsaid."""

import pytest

from storage.documents import new_id
from storage.records import SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import syncs
from storage.sync.syncs import Sync
from tests.web.conftest import NotedEngine, Person


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; the repositories are tried on both."""
    return sqlite_url


def test_an_open_sync_is_shown_in_place_of_the_button(store: Store, scope: Scope, ann: Person, sync: Sync) -> None:
    for page in ("/", "/connections"):
        shown = ann.get(page).text
        assert f'href="/syncs/{sync.id}"' in shown
        assert "Sync now" not in shown
        assert "takes its place" in shown
    with store.begin() as session:
        syncs.move(session, scope, sync.id, expected=SyncStatus.PREVIEW, to=SyncStatus.EXECUTING)
    assert "takes its place" not in ann.get("/").text, "what is being written is not interrupted"


def test_a_waiting_plan_is_replaced_only_by_who_said_so(ann: Person, sync: Sync, engine: NotedEngine) -> None:
    path = f"/connections/{sync.connection_id}/sync"
    for instead in ("", new_id()):
        answer = ann.post(path, once=new_id(), instead=instead)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/syncs/{sync.id}")
    assert engine.started == []
    assert ann.post(path, once=new_id(), instead=sync.id).headers["location"] == "/?started=1"
    assert [flow for flow, _, _ in engine.started] == ["contact-sync"]


def test_what_is_being_written_is_never_replaced(
    store: Store, scope: Scope, ann: Person, sync: Sync, engine: NotedEngine
) -> None:
    with store.begin() as session:
        syncs.move(session, scope, sync.id, expected=SyncStatus.PREVIEW, to=SyncStatus.EXECUTING)
    ann.post(f"/connections/{sync.connection_id}/sync", once=new_id(), instead=sync.id)
    assert engine.started == []
