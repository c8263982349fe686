"""Pages land once, in order, sealed; after a crash reading goes on where it had come to."""

import pytest
from sqlalchemy import select

from storage.crypto import CannotDecrypt
from storage.scope import Scope
from storage.session import Store
from storage.sync import landing
from storage.tables import staged_pages
from tests.storage.examples import begun, preview_key


def test_pages_come_back_in_order_with_the_position_after_the_last(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        assert landing.progress(session, scope, sync.id, key) == (0, "")
        for number, body in enumerate((b"first", b"second", b"third"), 1):
            landing.land(session, scope, sync.id, key, number=number, body=body, position=f"after {number}")
        assert landing.progress(session, scope, sync.id, key) == (3, "after 3")
        assert list(landing.bodies(session, scope, sync.id, key)) == [b"first", b"second", b"third"]
        landing.clear(session, scope, sync.id)
        assert list(landing.bodies(session, scope, sync.id, key)) == []
        assert landing.progress(session, scope, sync.id, key) == (0, "")


def test_landing_a_page_twice_changes_nothing_and_spoils_nothing_else(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = begun(session, scope)
        key = preview_key(session, scope, sync.id)
        landing.land(session, scope, sync.id, key, number=1, body=b"first", position="a")
        landing.land(session, scope, sync.id, key, number=1, body=b"again", position="b")
        landing.land(session, scope, sync.id, key, number=2, body=b"second", position="c")
    with store.read() as session:
        assert list(landing.bodies(session, scope, sync.id, key)) == [b"first", b"second"]
        assert landing.progress(session, scope, sync.id, key) == (2, "c")


def test_a_page_is_sealed_and_opens_at_its_own_place_only(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync, other = begun(session, scope), begun(session, scope)
        key = preview_key(session, scope, sync.id)
        landing.land(session, scope, sync.id, key, number=1, body=b"ada@engines.example", position="cursor")
        row = session.execute(select(staged_pages)).one()
        assert b"ada" not in row.body
        assert b"cursor" not in row.position
        with pytest.raises(CannotDecrypt):
            list(landing.bodies(session, scope, sync.id, preview_key(session, scope, other.id)))
