"""Sign-ins to the page: a link is used once, a session ends, and what is long over is forgotten."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import update

from storage.documents import now
from storage.organization import sign_ins
from storage.records import SignInKind
from storage.scope import Scope
from storage.session import Store
from storage.tables import sign_ins as sign_ins_table
from tasks.upkeep.forget import forget_sign_ins

ANN = "ann@acme.example"


def test_a_link_becomes_a_session_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        token = sign_ins.offer_link(session, scope)
        found = sign_ins.visitor(session, token, SignInKind.LINK)
        assert found is not None
        assert (found.email, found.is_over) == (ANN, False)
        assert sign_ins.visitor(session, token) is None  # a link is no session

    def redeem(_: int) -> bool:
        with store.begin() as session:
            return sign_ins.redeem(session, scope, found.sign_in_id)

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(redeem, range(3))) == [False, False, True]
    with store.read() as session:
        replayed = sign_ins.visitor(session, token, SignInKind.LINK)
        assert replayed is not None
        assert replayed.is_over


def test_a_session_ends_when_it_is_ended(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        token = sign_ins.start(session, scope, actor=ANN, how="test")
        found = sign_ins.visitor(session, token)
        assert found is not None
        assert not found.is_over
        assert sign_ins.end(session, scope, found.sign_in_id)
        again = sign_ins.visitor(session, token)
        assert again is not None
        assert again.is_over
        assert sign_ins.visitor(session, "forged") is None


def test_sign_ins_that_are_long_over_are_forgotten_and_no_others(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        tokens = [sign_ins.start(session, scope, actor=ANN, how="test") for _ in range(3)]
        ages = (sign_ins.REMEMBERED * 1.1, sign_ins.REMEMBERED * 0.9)
        for token, age in zip(tokens, ages, strict=False):
            found = sign_ins.visitor(session, token)
            assert found is not None
            mine = sign_ins_table.c.id == found.sign_in_id
            session.execute(update(sign_ins_table).where(mine).values(expires_at=now() - age))
    assert forget_sign_ins(store) == 1
    with store.read() as session:
        there = [sign_ins.visitor(session, token) for token in tokens]
    assert [one and one.is_over for one in there] == [None, True, False]
