"""That the strict service would notice: whoever breaks one of its rules is blamed for that one."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
import pytest

from tests.accounts.strict_graph import ROOT, Graph, lost
from tests.accounts.strict_office import CLIENT, SECRET, Office, open_office
from tests.accounts.strict_people import CONNECTIONS, People


class Rude:
    """Asks whatever it likes."""

    def __init__(self, office: Office, trusted: Path) -> None:
        self._office, self._http = office, httpx.Client(verify=ssl.create_default_context(cafile=str(trusted)))
        self._token = self.sign_in(office.refresh_token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        self._http.close()

    def sign_in(self, token: str, scope: str = "contacts offline_access") -> str:
        form = {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "refresh_token"}
        answer = self._http.post(
            self._office.base + self._office.token_path, data={**form, "scope": scope, "refresh_token": token}
        )
        return str(answer.json().get("access_token", ""))

    def get(self, target: str, *, prefer: str = 'IdType="ImmutableId", odata.maxpagesize=9', token: str = "") -> Any:
        url = target if target.startswith("https") else self._office.base + target
        headers = {"Authorization": f"Bearer {token or self._token}", "Prefer": prefer}
        return self._http.get(url, headers=headers).json()


DELTA = f"{ROOT}/contacts/contacts/delta"


def lose_and_return(ask: Rude, graph: Graph) -> None:
    link = ask.get(DELTA)["@odata.nextLink"]
    graph.lose_place(lost(410))
    for _ in range(2):
        ask.get(link)


async def crowd(ask: Rude) -> None:
    await asyncio.gather(*(asyncio.to_thread(ask.get, ROOT) for _ in range(30)))


@pytest.mark.parametrize(
    ("rule", "rude"),
    [
        ("$top on a delta", lambda ask, _: ask.get(f"{DELTA}?$top=5")),
        ("no ImmutableId", lambda ask, _: ask.get(ROOT, prefer="odata.maxpagesize=9")),
        ("no ImmutableId", lambda ask, _: ask.get(ask.get(DELTA)["@odata.nextLink"], prefer="odata.maxpagesize=9")),
        ("no odata.maxpagesize", lambda ask, _: ask.get(DELTA, prefer='IdType="ImmutableId"')),
        (
            "a link not followed by the letter",
            lambda ask, _: ask.get(ask.get(DELTA)["@odata.nextLink"].replace("%7e", "~")),
        ),
        ("a refresh token twice", lambda ask, graph: [ask.sign_in(t) for t in [graph.refresh_token] * 2]),
        ("scopes", lambda ask, graph: ask.sign_in(graph.refresh_token, "Contacts.Read,offline_access")),
        ("a refused access token again", lambda ask, _: [ask.get(ROOT, token="old"), ask.get(ROOT, token="old")]),
        ("too early", lambda ask, graph: [graph.hush(after=1, form="date"), ask.get(ROOT), ask.get(ROOT)]),
        ("a place that is known to be lost", lose_and_return),
        ("more than three at once", lambda ask, _: asyncio.run(crowd(ask))),
    ],
)  # fmt: skip
def test_each_rule_that_is_broken_at_microsoft_counts(
    tmp_path: Path, rule: str, rude: Callable[[Rude, Graph], object]
) -> None:
    graph = Graph()
    for number in range(9):
        graph.put(f"c{number}")
    with open_office(graph, tmp_path) as trusted, Rude(graph, trusted) as ask:
        assert graph.broken == {}
        rude(ask, graph)
        assert set(graph.broken) == {rule}


SYNC = "requestSyncToken=true"


@pytest.mark.parametrize(
    ("rule", "first", "then"),
    [
        ("person fields", SYNC, ""),
        ("person fields", "personFields=names,shoeSize", ""),
        ("changed parameters", f"personFields=names&{SYNC}", f"personFields=names,urls&{SYNC}"),
        ("changed parameters", "personFields=names&pageSize=9", "personFields=names&pageSize=10"),
        ("page size", "personFields=names&pageSize=1001", ""),
        ("an unknown parameter", "personFields=names&updatedMin=1", ""),
        ("a token that was never given", "personFields=names&syncToken=x", ""),
        ("a sort order with a sync token", f"personFields=names&sortOrder=FIRST_NAME_ASCENDING&{SYNC}", ""),
    ],
)
def test_each_rule_that_is_broken_at_google_counts(tmp_path: Path, rule: str, first: str, then: str) -> None:
    people = People()
    for number in range(9):
        people.put(f"people/c{number}")
    with open_office(people, tmp_path) as trusted, Rude(people, trusted) as ask:
        answer = ask.get(f"{CONNECTIONS}?{first}")
        if then:
            assert people.broken == {}
            ask.get(f"{CONNECTIONS}?{then}&pageToken={quote(answer['nextPageToken'], safe='')}")
        assert set(people.broken) == {rule}
