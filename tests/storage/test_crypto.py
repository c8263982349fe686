"""What is sealed opens at its own place, with a key at hand, and nowhere else; keys change without anybody noticing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from storage import rotation
from storage.crypto import CannotDecrypt, Keyring, bound_to
from storage.organization import connections, tenants
from storage.organization.connections import StoredTokens
from storage.records import ChangeKind, Labelled, Person, Role, Seen
from storage.scope import NotAllowed, Scope
from storage.session import Store
from storage.sync import deferred, plans, reviews, syncs
from storage.tables import oauth_connections
from tests.conftest import opened, past_row_security
from tests.storage.examples import connected, planned, preview_key, row, undo_key

OLD, NEW = "the secret of last year", "the secret of this year"
PLACE = bound_to("acme", "oauth_connections", "1", "tokens")


@given(st.binary())
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    ring = Keyring([NEW])
    sealed = ring.seal(plain, PLACE)
    assert ring.open(sealed, PLACE) == plain
    assert len(plain) < 4 or plain not in sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        bound_to("rival", "oauth_connections", "1", "tokens"),
        bound_to("acme", "contact_syncs", "1", "tokens"),
        bound_to("acme", "oauth_connections", "2", "tokens"),
        bound_to("acme", "oauth_connections", "1", "cursor"),
    ],
)
def test_a_value_moved_elsewhere_does_not_open(elsewhere: str) -> None:
    ring = Keyring([NEW])
    with pytest.raises(CannotDecrypt):
        ring.open(ring.seal(b"token", PLACE), elsewhere)


@given(st.data())
def test_a_value_with_any_bit_changed_does_not_open(data: st.DataObject) -> None:
    ring = Keyring([NEW])
    sealed = bytearray(ring.seal(b"a token", PLACE))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << at % 8
    with pytest.raises(CannotDecrypt):
        ring.open(bytes(sealed), PLACE)


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"\x01abcd", b"plain text that was never sealed"])
def test_what_was_never_sealed_is_refused_plainly(rubbish: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        Keyring([NEW]).open(rubbish, PLACE)
    with pytest.raises(CannotDecrypt):
        Keyring([NEW]).run_key(Keyring([NEW]).new_run_key(PLACE), PLACE).open(rubbish, PLACE)


def test_a_missing_key_is_named_with_the_way_out() -> None:
    with pytest.raises(CannotDecrypt, match="put that key back behind the new one"):
        Keyring([NEW]).open(Keyring([OLD]).seal(b"token", PLACE), PLACE)


def test_a_keyed_hash_stays_when_a_key_is_put_in_front() -> None:
    before, after = Keyring([OLD]), Keyring([NEW, OLD])
    assert before.keyed_hash("ada@engines.example") == after.keyed_hash("ada@engines.example")
    assert before.keyed_hash("ada@engines.example") != before.keyed_hash("bob@logic.example")
    assert before.keyed_hash("ada@engines.example") != Keyring([NEW]).keyed_hash("ada@engines.example")


def test_a_row_copied_to_another_organization_gives_nothing_away(store: Store, scope: Scope, rival: Scope) -> None:
    with past_row_security(store) as session:
        mine, theirs = connected(session, scope), connected(session, rival)
        stolen = session.execute(
            select(oauth_connections.c.tokens).where(oauth_connections.c.id == mine.id)
        ).scalar_one()
        session.execute(update(oauth_connections).where(oauth_connections.c.id == theirs.id).values(tokens=stolen))
        with pytest.raises(CannotDecrypt):
            connections.tokens(session, rival, theirs.id)


def test_keys_rotate_and_the_old_one_may_go(database_url: str) -> None:
    with opened(database_url, OLD) as store, store.begin() as session:
        tenants.add_organization(session, "Acme")
        tenants.add_user(session, "acme", "ann@acme.example", role=Role.ADMIN)
        scope = tenants.scope_of(session, "acme", "ann@acme.example")
        connection = connected(session, scope)
        connections.advance(session, scope, connection.id, "cursor")
        sync = planned(session, scope, [row(ChangeKind.CREATE, 1)], connection.id)
        syncs.keep_cursor(session, scope, sync.id, "next cursor")
        deferred.add(session, scope, connection.id, sync.id, [Seen("later", Person())])

    with opened(database_url, NEW, OLD) as store, store.begin() as session:
        assert connections.cursor(session, scope, connection.id) == "cursor"
        assert rotation.rotate(session, scope) == 6
        assert rotation.rotate(session, scope) == 0

    with opened(database_url, NEW) as store, store.read() as session:
        assert rotation.readable(session, scope) == 6
        assert connections.tokens(session, scope, connection.id) == StoredTokens("refresh-me", "access-me", version=1)
        assert connections.cursor(session, scope, connection.id) == "cursor"
        assert syncs.kept_cursor(session, scope, sync.id) == "next cursor"
        assert deferred.deferred(session, scope, connection.id) == [Seen("later", Person())]
        key = preview_key(session, scope, sync.id)
        assert plans.digest(session, scope, sync.id, key) == sync.digest
        assert undo_key(session, scope, sync.id)


def test_only_an_admin_rotates_keys(store: Store, scope: Scope) -> None:
    member = Scope(scope.organization_id, scope.user_id, Role.MEMBER)
    with store.begin() as session, pytest.raises(NotAllowed, match="admin"):
        rotation.rotate(session, member)


def test_without_its_key_a_plan_cannot_be_read(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, [row(ChangeKind.CREATE, 1)])
        key = preview_key(session, scope, sync.id)
        syncs.note(session, scope, sync.id, preview_key=None)
        assert syncs.preview_key(session, scope, sync.id) is None
        (left,) = plans.changes(session, scope, sync.id, None)
        assert (left.proposal, left.fields, left.kind) == (None, ("job_title",), ChangeKind.CREATE)
        stranger = session.keyring.run_key(session.keyring.new_run_key("x"), "x")
        with pytest.raises(CannotDecrypt):
            plans.changes(session, scope, sync.id, stranger)
        reviews.forget(session, scope, sync.id)
        assert [one.proposal for one in plans.changes(session, scope, sync.id, key)] == [None]


def test_nothing_personal_of_a_plan_stands_in_the_database_file(sqlite_url: str, tmp_path: Path) -> None:
    person = Person(
        display_name="Zebulon Quatermass",
        job_title="Programmer",
        notes="likes xylophones",
        emails=(Labelled("zebulon@quatermass.example", "work"),),
    )
    with opened(sqlite_url) as store:
        with store.begin() as session:
            tenants.add_organization(session, "Acme")
            tenants.add_user(session, "acme", "ann@acme.example", role=Role.ADMIN)
            scope = tenants.scope_of(session, "acme", "ann@acme.example")
            connection = connected(session, scope)
            sync = planned(session, scope, [row(ChangeKind.CREATE, 1, person=person)], connection.id)
            deferred.add(session, scope, connection.id, sync.id, [Seen("later", person)])
        bytes_there = b"".join(file.read_bytes() for file in tmp_path.glob("contactflow.db*"))
    assert sync.id.encode() in bytes_there
    for secret in (b"Zebulon", b"Quatermass", b"quatermass", b"Programmer", b"xylophones", b"refresh-me"):
        assert secret not in bytes_there
