"""When a chore was last done is known from outside, and no oftener written down than anybody wants to know."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import event

from storage import chores
from storage.documents import now
from storage.reporting import measures
from storage.session import Store


def ages(store: Store) -> dict[str, float]:
    with store.read() as session:
        return {one.split: one.value for one in measures.measures(session) if one.name == "chore_age_seconds"}


def test_each_chore_has_an_age_and_is_young_again_when_it_is_done(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ages(store) == {}
    with monkeypatch.context() as earlier:
        earlier.setattr("storage.chores.now", lambda: now() - timedelta(hours=2))
        for name in ("floor", "roof"):
            chores.note(store, name)
    assert all(7200 <= age < 9000 for age in ages(store).values())
    chores.note(store, "roof")
    assert ages(store)["roof"] < 1800 < ages(store)["floor"]


def test_what_is_done_every_few_seconds_is_not_written_down_as_often(store: Store) -> None:
    written: list[str] = []
    chores.note(store, chores.SWEEPING)
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: written.append(statement))
    chores.note(store, chores.SWEEPING)
    assert not [one for one in written if one.startswith(("UPDATE", "INSERT"))]


def test_many_may_do_it_at_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(partial(chores.note, store), ["roof"] * 8))
    assert ages(store).keys() == {"roof"}
