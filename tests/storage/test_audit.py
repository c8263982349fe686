"""The audit log: what stands in it stays, and if somebody changed it all the same, that is found."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from storage import audit
from storage.audit import Verification
from storage.scope import Scope
from storage.session import Session, Store
from tests.conftest import past_row_security

UNLOCK = {
    "sqlite": ("DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"),
    "postgresql": ("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only",),
}
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcZ1", max_size=3), inner, max_size=3),
    max_leaves=5,
)


def three_entries(session: Session, scope: Scope) -> None:
    """The fixture's own entry, of Ann being added, comes before them."""
    for number in range(3):
        audit.record(
            session, scope, actor="ann", action="counted", subject=f"thing {number}", detail={"number": number}
        )


def test_a_chain_that_nobody_touched_is_whole(store: Store, scope: Scope, rival: Scope) -> None:
    with store.begin() as session:
        three_entries(session, scope)
        audit.record(session, rival, actor="rob", action="counted", subject="thing 1")
        assert audit.verify(session, scope) == Verification(4)
        assert audit.verify(session, rival) == Verification(2)
        assert [entry.subject for entry in audit.entries(session, scope, limit=2)] == ["thing 2", "thing 1"]
        assert [entry.detail for entry in audit.entries(session, scope, subject="thing 1")] == [{"number": 1}]


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE subject = 'thing 1'", 3),
        ("UPDATE audit_log SET detail = '{\"number\": 7}' WHERE subject = 'thing 0'", 2),
        ("UPDATE audit_log SET sequence = 9 WHERE subject = 'thing 2'", 4),
        ("UPDATE audit_log SET at = '2001-01-01 00:00:00.000000' WHERE subject = 'thing 1'", 3),
        ("DELETE FROM audit_log WHERE subject = 'thing 0'", 2),
        ("UPDATE audit_log SET previous_hash = hash WHERE subject = 'thing 2'", 4),
    ],
)
def test_tampering_is_found_where_it_happened(store: Store, scope: Scope, tampering: str, broken_at: int) -> None:
    with past_row_security(store) as session:
        three_entries(session, scope)
        for statement in UNLOCK[store.engine.dialect.name]:
            session.execute(text(statement))
        assert audit.verify(session, scope) == Verification(4)
        session.execute(text(tampering.replace(":", r"\:")))
        assert audit.verify(session, scope).broken_at == broken_at


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(detail=st.dictionaries(st.text("abcZ1", max_size=4), json, max_size=4))
def test_whatever_the_detail_the_chain_stays_whole(store: Store, scope: Scope, detail: dict[str, Any]) -> None:
    with store.begin() as session:
        audit.record(session, scope, actor="ann", action="noted", subject="anything", detail=detail)
        assert audit.verify(session, scope).broken_at is None
        assert audit.entries(session, scope, limit=1)[0].detail == detail
        session.connection.rollback()


def test_many_who_write_at_once_leave_one_chain(store: Store, scope: Scope) -> None:
    def write(number: int) -> None:
        with store.begin() as session:
            audit.record(session, scope, actor=f"worker {number}", action="worked", subject="all at once")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(write, range(24)))
    with store.read() as session:
        assert audit.verify(session, scope) == Verification(25)
