"""Searching a plan: by all it holds, without its text when that is gone, and the text is sealed."""

from sqlalchemy import select

from storage.deciding import Choice
from storage.records import ChangeKind, Labelled, Person
from storage.scope import Scope
from storage.session import Store
from storage.sync import plan_search, plan_texts, reviews
from storage.sync.reviews import Decision
from storage.tables import plan_texts as table
from tests.storage.examples import ADA, BOB, planned, preview_key, row

ANN = "ann@acme.example"


def test_a_plan_is_searched_by_everything_it_holds(store: Store, scope: Scope) -> None:
    odd = Person(display_name='Eve "Ü" Straße', emails=(Labelled("eve@x.example"),))
    with store.begin() as session:
        sync = planned(
            session, scope, [row(ChangeKind.CREATE, n, person=who) for n, who in enumerate((ADA, BOB, odd), 1)]
        )
        key = preview_key(session, scope, sync.id)

        def found(words: str) -> list[int]:
            return [change.ordinal for change in plan_search.search(session, scope, sync.id, key, words)]

        assert found("LOVELACE ada") == [1]
        assert found("logic.example") == [2]
        assert found("ü strasse") == [3]
        assert found("source-2") == [2]
        assert found("programmer") == [1, 2, 3]
        assert found("nobody") == found("  ") == found("display_name") == []
        assert len(plan_search.search(session, scope, sync.id, key, "programmer", limit=2)) == 2


def test_a_plan_whose_text_is_gone_is_searched_all_the_same(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, [row(ChangeKind.CREATE, n, person=who) for n, who in enumerate((ADA, BOB), 1)])
        key = preview_key(session, scope, sync.id)
        plan_texts.clear(session, scope, sync.id)
        assert [one.ordinal for one in plan_search.search(session, scope, sync.id, key, "lovelace ada")] == [1]


def test_the_text_of_a_plan_is_sealed_and_goes_with_the_preview(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        sync = planned(session, scope, [row(ChangeKind.CREATE, 1, person=ADA)])
        kept = [bytes(body) for body in session.execute(select(table.c.body)).scalars()]
        assert kept
        assert not any(b"lovelace" in body for body in kept)
        reviews.decide(session, scope, sync.id, Decision(Choice.REJECT, ANN))
        assert session.execute(select(table.c.body)).all() == []
