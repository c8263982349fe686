"""A language model's help with matching: off unless paid for, within its budget, never deciding, never needed."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row

from deployments.simulators.openai.modes import Mode
from deployments.simulators.openai.service import Service
from deployments.simulators.server import Simulators, serve
from storage.organization import organization_settings
from storage.people import twins, vectors
from storage.records import ChangeKind, Labelled, Person, Purpose, Verdict
from storage.settings import settings
from tasks.sync.find_twins import find_twins
from tests.flows.book import Book
from tests.flows.house import ANN, House
from tests.flows.pipeline import Pipeline
from tests.usages import usages

MAIL = (Labelled("moles@family.example"),)
PETER = Person(given_name="Peter", family_name="Mole", display_name="Peter Mole", emails=MAIL)
ANNA = replace(PETER, given_name="Anna", display_name="Anna Mole")
OPINION = "a model's opinion: probably the same person"


@pytest.fixture(scope="module")
def running() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def service(running: Simulators, monkeypatch: pytest.MonkeyPatch, house: House) -> Service:
    del house  # its settings come first
    running.start_over(contacts=0, seed=1)
    monkeypatch.setenv("OPENAI_BASE_URL", running.urls.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", running.urls.openai_api_key)
    settings.cache_clear()
    return running.world.openai


def paid(house: House, dollars: str) -> None:
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, {"matching_budget": dollars}, actor=ANN)


def spent(house: House) -> list[Row[Any]]:
    with house.store.read() as session:
        (budget_id,) = (row.id for row in house.sql("SELECT id FROM ai_budgets"))
        return list(usages(session, house.scope, budget_id))


def asked(pipeline: Pipeline, connection: str, book: Book) -> str:
    """The reason with which Anna is asked about, who has Peter's address."""
    book.put("peter", PETER)
    pipeline.run(connection)
    book.put("anna", ANNA)
    (row,) = pipeline.rows(pipeline.preview(connection), ChangeKind.MAYBE)
    return row.reason


def test_without_a_budget_nobody_is_asked(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service
) -> None:
    assert OPINION not in asked(pipeline, connection, book)
    assert service.billing.bills == []
    assert house.sql("SELECT 1 FROM ai_budgets") == []


def test_an_opinion_stands_beside_the_evidence_and_is_paid_for(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service
) -> None:
    paid(house, "1")
    reason = asked(pipeline, connection, book)
    assert reason.startswith("same e-mail, given names differ, same family name; not sure because given names differ")
    assert OPINION in reason
    entries = spent(house)
    assert {entry.purpose for entry in entries} == {Purpose.EMBED, Purpose.OPINION}
    assert len(entries) == len(service.billing.bills)
    assert all(entry.cost for entry in entries)
    assert not any(bill.stored for bill in service.billing.bills)


def test_a_budget_that_is_spent_ends_the_help_and_not_the_sync(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service
) -> None:
    paid(house, "0.000001")
    assert OPINION not in asked(pipeline, connection, book)
    assert sum((entry.cost or Decimal(0) for entry in spent(house)), Decimal(0)) <= Decimal("0.000001")
    assert Purpose.OPINION not in {entry.purpose for entry in spent(house)}
    del service


@pytest.mark.parametrize("kind", ["refusal", "malformed"])
def test_a_model_that_gives_no_usable_answer_is_paid_and_passed_over(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service, kind: str
) -> None:
    paid(house, "1")
    service.modes.append(Mode(kind))
    assert OPINION not in asked(pipeline, connection, book)
    opinions = [entry for entry in spent(house) if entry.purpose == Purpose.OPINION]
    assert [entry.state for entry in opinions] == ["failed"]
    assert opinions[0].cost


def test_a_model_that_cannot_be_reached_stops_nothing(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    del service
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    settings.cache_clear()
    paid(house, "1")
    assert OPINION not in asked(pipeline, connection, book)
    assert not any(entry.cost for entry in spent(house))


def test_vectors_are_kept_beside_the_contact_made_once_and_go_with_it(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service
) -> None:
    pipeline.run(connection)
    paid(house, "1")

    def kept() -> dict[str, tuple[str, bytes]]:
        with house.store.read() as session:
            return vectors.vectors(session, house.scope, settings().openai_embedding_model)

    find_twins(house.store, house.scope, pytest.fail)
    first, calls = kept(), len(service.billing.bills)
    assert len(first) == len(book.people)
    assert {len(vector) for _, vector in first.values()} == {512}
    find_twins(house.store, house.scope, pytest.fail)
    assert len(service.billing.bills) == calls, "nothing changed, so nothing is asked"
    gone = next(iter(first))
    house.sql("DELETE FROM object_links WHERE object_id = :id", id=gone)
    house.sql("DELETE FROM objects WHERE id = :id", id=gone)
    assert kept().keys() == first.keys() - {gone}


def test_opinions_on_twins_are_kept_until_one_of_them_changes(
    house: House, pipeline: Pipeline, connection: str, book: Book, service: Service
) -> None:
    book.put("peter", PETER)
    pipeline.run(connection)
    book.put("anna", ANNA)
    question = pipeline.preview(connection)
    pipeline.approve(question, refused=[row.id for row in pipeline.rows(question, ChangeKind.MAYBE)])
    pipeline.run(connection)
    paid(house, "1")
    for _ in range(2):
        find_twins(house.store, house.scope, pytest.fail)
        with house.store.read() as session:
            (pair,) = twins.twins(session, house.scope)
        assert (pair.verdict, pair.opinion) == (Verdict.MAYBE, OPINION)
    opinions = [bill for bill in service.billing.bills if bill.endpoint != "embeddings"]
    assert len(opinions) == 1
    house.sql("UPDATE objects SET stage = 'won' WHERE id = :id", id=pair.one_id)
    find_twins(house.store, house.scope, pytest.fail)
    assert len([bill for bill in service.billing.bills if bill.endpoint != "embeddings"]) == 2
