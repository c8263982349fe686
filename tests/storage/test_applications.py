"""A registration that a service refused: known by nothing but a hash, until it is changed or taken back."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from storage import applications
from storage.records import Provider
from storage.session import Store
from storage.tables import refused_applications as table

MICROSOFT, GOOGLE = Provider.MICROSOFT, Provider.GOOGLE


def test_a_refusal_holds_for_what_was_refused_and_nothing_else(store: Store) -> None:
    with store.begin() as session:
        applications.refuse(session, MICROSOFT, "id/lapsed", "invalid_client")
        told = applications.refusal(session, MICROSOFT, "id/lapsed")
        assert told
        assert told.cause == "invalid_client"
        assert applications.refusal(session, MICROSOFT, "id/renewed") is None
        assert applications.refusal(session, GOOGLE, "id/lapsed") is None
        assert "lapsed" not in repr(session.execute(select(table)).all())


def test_it_stands_since_it_was_told_first_until_it_is_taken_back(store: Store) -> None:
    with store.begin() as session:
        applications.refuse(session, MICROSOFT, "one", "invalid_client")
        first = applications.refusal(session, MICROSOFT, "one")
        applications.refuse(session, MICROSOFT, "one", "invalid_client")
        assert applications.refusal(session, MICROSOFT, "one") == first
        applications.refuse(session, MICROSOFT, "two", "deleted_client")
        assert applications.refusal(session, MICROSOFT, "one") is None, "the settings of a service are what they are"
        assert applications.accept(session, MICROSOFT)
        assert not applications.accept(session, MICROSOFT)
        assert applications.refusal(session, MICROSOFT, "two") is None


def test_many_may_be_told_at_once(store: Store) -> None:
    def refuse(_: int) -> None:
        with store.begin() as session:
            applications.refuse(session, GOOGLE, "one", "invalid_client")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(refuse, range(8)))
    with store.read() as session:
        assert applications.refusal(session, GOOGLE, "one")
