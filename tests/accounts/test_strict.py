"""Whole syncs against a strict service that was written from the documents alone: the truth, and no rule broken."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import SyncStatus
from storage.settings import settings
from tasks.providers.base import IncompleteRead, ProviderError
from tasks.providers.contacts import sources
from tasks.providers.polite_client import Patience
from tasks.rules.guards import Allow
from tests.accounts.strict_graph import DEFAULT, Graph, lost
from tests.accounts.strict_office import CLIENT, SECRET, Office, open_office
from tests.accounts.strict_people import People
from tests.flows.house import House
from tests.flows.pipeline import Pipeline

ODD = "AAMkAD/'+=é ("  # an id that no path can hold as it is


Visiting = Callable[[Office], AbstractContextManager["Visit"]]


@dataclass
class Visit:
    house: House
    pipeline: Pipeline
    connection: str

    def linked(self) -> set[str]:
        return {row[0] for row in self.house.sql("SELECT source_id FROM object_links")}

    def names(self) -> set[str]:
        return {contact.person.given_name for contact in self.house.crm()}

    def completes(self) -> None:
        sync = self.pipeline.run(self.connection, allow=[Allow.REMOVALS])
        assert sync.status is SyncStatus.COMPLETED


@pytest.fixture
def visit(house: House, pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visiting:
    @contextmanager
    def visiting(office: Office) -> Iterator[Visit]:
        with open_office(office, tmp_path) as trusted:
            provider = "microsoft" if isinstance(office, Graph) else "google"
            point_to(monkeypatch, office.base, trusted)
            for name in ("MicrosoftSource", "GoogleSource"):
                impatient = partial(getattr(sources, name), patience=Patience(first_wait=0.01))
                monkeypatch.setattr(f"tasks.providers.contacts.sources.{name}", impatient)
            connection = house.connection(provider, "owner@example.com", StoredTokens(office.refresh_token))
            yield Visit(house, pipeline, connection)

    return visiting


def point_to(monkeypatch: pytest.MonkeyPatch, base: str, trusted: Path) -> None:
    addresses = {
        "MICROSOFT_AUTHORITY": f"{base}/common", "MICROSOFT_GRAPH_URL": f"{base}/v1.0",
        "GOOGLE_TOKEN_URL": f"{base}/token", "GOOGLE_PEOPLE_URL": f"{base}/v1",
    }  # fmt: skip
    for service in ("MICROSOFT", "GOOGLE"):
        addresses |= {f"{service}_CLIENT_ID": CLIENT, f"{service}_CLIENT_SECRET": SECRET}
    for name, value in addresses.items():
        monkeypatch.setenv(f"CONTACTFLOW_{name}", value)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    settings.cache_clear()


def card(number: int) -> dict[str, Any]:
    return {
        "givenName": f"Ann{number}",
        "surname": f"Ash{number}",
        "emailAddresses": [{"address": f"a{number}@x.example"}],
    }


def person(number: int) -> dict[str, object]:
    own = {"metadata": {"primary": True, "source": {"type": "CONTACT"}}}
    return {
        "names": [{**own, "givenName": f"Ann{number}", "familyName": f"Ash{number}"}],
        "emailAddresses": [{**own, "value": f"a{number}@x.example"}],
        "memberships": [{"contactGroupMembership": {"contactGroupResourceName": "contactGroups/g2"}}],
    }


@pytest.mark.parametrize("kept", [{}, {"default_is_known": False}, {"plain": True}], ids=["usual", "unnamed", "plain"])
def test_microsoft_first_whole_then_by_delta_then_anew(visit: Visiting, kept: dict[str, bool]) -> None:
    graph = Graph(**kept)
    graph.folders |= {ODD: DEFAULT, "f2": DEFAULT, "f3": DEFAULT, "deep": ODD, "bare": "deep"}
    for number in range(24):
        graph.put(f"c{number}=/+{number}", [DEFAULT, ODD, "f2", "deep"][number % 4], **card(number))
    with visit(graph) as there:
        if not kept:
            graph.hush(after=3, form="seconds")
            graph.hush(after=9, form="date")
        there.completes()
        assert there.linked() == set(graph.contacts)
        assert "stale" not in there.names()

        graph.end_access()
        edited, moved, *gone = list(graph.contacts)[:8]
        graph.put(edited, graph.contacts[edited][0], **card(900))
        graph.put(moved, "f3", **card(1))
        for name in gone:
            graph.remove(name)
        graph.put("new", "bare", **card(901))
        there.completes()
        assert there.linked() == set(graph.contacts)
        assert {"Ann900", "Ann1", "Ann901"} <= there.names()
    assert graph.broken == {}


@pytest.mark.parametrize(("status", "after"), [(410, 0), (400, 0), (404, 1), (410, 2)])
def test_microsoft_that_lost_the_place_is_read_anew_once(visit: Visiting, status: int, after: int) -> None:
    graph = Graph()
    for number in range(12):
        graph.put(f"c{number}", **card(number))
    with visit(graph) as there:
        if not after:
            there.completes()
            graph.remove("c3")
            graph.put("later", **card(77))
        graph.lose_place(lost(status), after=after)
        there.completes()
        assert there.linked() == set(graph.contacts)
        before = there.house.cursor(there.connection), there.house.crm()

        graph.remove("c4")
        graph.lose_place(lost(status))
        graph.lose_place(lost(status), after=1)
        with pytest.raises(ProviderError, match="no longer knows the place"):
            there.pipeline.preview(there.connection)
        assert (there.house.cursor(there.connection), there.house.crm()) == before
    assert graph.broken == {}


def test_google_first_whole_then_by_sync_token_then_anew(visit: Visiting) -> None:
    people = People()
    for number in range(15):
        people.put(f"people/c{number}", **person(number))
    with visit(people) as there:
        people.hush(after=2, form="seconds")
        people.hush(after=4, form="date")
        there.completes()
        assert there.linked() == set(people.people)
        assert {tag for contact in there.house.crm() for tag in contact.person.tags} == {"Group 2"}

        people.end_access()
        people.put("people/c1", **person(900))
        people.rename("people/c2", "people/linked2")
        people.remove("people/c3")
        people.put("people/new", **person(901))
        count = there.house.count()
        there.completes()
        assert there.linked() == set(people.people)
        assert there.house.count() == count + 1  # who is linked under another name now is nobody new
        there.completes()
        assert there.linked() == set(people.people)
    assert people.broken == {}


@pytest.mark.parametrize(("word", "after"), [("INVALID_ARGUMENT", 0), ("FAILED_PRECONDITION", 2)])
def test_google_whose_sync_token_has_expired_is_read_anew_once(visit: Visiting, word: str, after: int) -> None:
    people = People()
    for number in range(12):
        people.put(f"people/c{number}", **person(number))
    with visit(people) as there:
        there.completes()
        people.remove("people/c3")
        people.put("people/c4", **person(77))
        people.lose_place(word, after=after)
        there.completes()
        assert there.linked() == set(people.people)
    assert people.broken == {}


def test_an_empty_account_is_no_broken_one(visit: Visiting) -> None:
    for office in (Graph(), People()):
        with visit(office) as there:
            there.completes()
            there.completes()
        assert office.broken == {}


def test_a_page_that_leads_nowhere_is_no_end_and_fails_the_read(visit: Visiting) -> None:
    graph, people = Graph(), People()
    graph.put("c1", **card(1))
    people.put("people/c1", **person(1))
    for office in (graph, people):
        with visit(office) as there:
            there.completes()
            before = there.house.cursor(there.connection), there.house.crm()
            office.tells_links, asked = False, len(office.seen)
            with pytest.raises(IncompleteRead, match="ended a round"):
                there.pipeline.preview(there.connection)
            assert (there.house.cursor(there.connection), there.house.crm()) == before
            assert (
                len([target for target in office.seen[asked:] if "syncToken" in target or "deltatoken" in target]) == 1
            )
        assert office.broken == {}


def test_a_refresh_token_is_used_once_at_microsoft_and_kept_at_google(visit: Visiting) -> None:
    for office in (Graph(), People()):
        first = office.refresh_token
        with visit(office) as there:
            for _ in range(3):
                office.end_access()
                there.completes()
            with there.house.store.read() as session:
                kept = connections.tokens(session, there.house.scope, there.connection)
            assert kept
            assert kept.refresh_token == office.refresh_token
            assert (kept.refresh_token == first) is isinstance(office, People)
        assert office.broken == {}
