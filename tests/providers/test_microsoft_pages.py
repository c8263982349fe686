"""The walk through a mailbox's pages, from its first link to the one that the next sync starts from."""

import asyncio
import json

import pytest

from tasks.providers.base import CursorExpired, IncompleteRead, ProviderError
from tests.providers.graph_service import (
    BAD_TOKEN,
    BASE,
    EXPIRED,
    Graph,
    people,
    read,
    removed,
    someone,
)


async def test_one_folder_is_read_page_by_page_and_an_empty_page_ends_nothing() -> None:
    graph = Graph()
    graph.round("contacts", [someone("a")], [], [someone("b")])
    source = graph.source()

    pages = await read(source)

    assert people(source, pages) == {"a": "a", "b": "b"}
    assert [bool(page.cursor) for page in pages] == [False, False, True]


async def test_every_request_asks_for_immutable_ids_and_none_for_a_top() -> None:
    graph = Graph({"": ["f"], "f": ["g"]})
    graph.round("f", [someone("a")], [someone("b")])

    await read(graph.source(page_size=250))

    assert {request.headers["prefer"] for request in graph.requests} == {'IdType="ImmutableId", odata.maxpagesize=250'}
    assert not [path for path in graph.asked() if "top" in path]


async def test_the_next_sync_goes_on_from_each_folders_delta_link() -> None:
    graph = Graph({"": ["f"]})
    graph.round("contacts", [someone("a")], to="c1")
    graph.round("f", [someone("b")], to="f1")
    source = graph.source()
    cursor = (await read(source))[-1].cursor
    graph.round("contacts", [removed("a")], after="c1", to="c2")
    graph.round("f", [someone("b", givenName="B")], after="f1", to="f2")
    graph.requests.clear()

    pages = await read(source, cursor=cursor)

    assert people(source, pages) == {"a": "-", "b": "B"}
    assert sorted(path for path in graph.asked() if "delta" in path) == sorted(
        [graph.path("contacts") + "?$deltatoken=c1", graph.path("f") + "?$deltatoken=f1"]
    )
    assert json.loads(pages[-1].cursor)["done"] == {
        "contacts": graph.url("contacts") + "?$deltatoken=c2",
        "f": graph.url("f") + "?$deltatoken=f2",
    }


async def test_a_crash_goes_on_at_the_page_it_had_reached() -> None:
    graph = Graph({"": ["f"]})
    graph.round("contacts", [someone("a")], [someone("b")], [someone("c")])
    graph.round("f", [someone("d")], [someone("e")])
    whole = await read(graph.source())
    for landed in range(len(whole) + 1):
        graph.requests.clear()
        source = graph.source()

        rest = await read(source, position=whole[landed - 1].position if landed else "")

        pages = whole[:landed] + rest
        assert people(source, pages).keys() == {"a", "b", "c", "d", "e"}
        assert len([path for path in graph.asked() if "/delta" in path]) == len(whole) - landed
        assert json.loads(pages[-1].cursor)["done"] == json.loads(whole[-1].cursor)["done"]


async def test_an_expired_delta_link_expires_the_cursor() -> None:
    graph = Graph()
    graph.round("contacts", [someone("a")], to="c1")
    cursor = (await read(graph.source()))[-1].cursor
    graph.answers[graph.path("contacts") + "?$deltatoken=c1"] = EXPIRED
    with pytest.raises(CursorExpired):
        await read(graph.source(), cursor=cursor)


async def test_expiry_in_the_middle_of_paging_is_told_after_the_pages_before_it() -> None:
    graph = Graph()
    graph.round("contacts", [someone("a")], [someone("b")])
    graph.answers[graph.path("contacts") + "?$skiptoken=1.1"] = EXPIRED
    pages = graph.source().pages()
    assert not (await anext(pages)).cursor
    with pytest.raises(CursorExpired):
        await anext(pages)


async def test_a_page_with_neither_link_is_no_end() -> None:
    graph = Graph()
    graph.answers[graph.path("contacts")] = {"value": [someone("a")]}
    with pytest.raises(IncompleteRead, match="delta link"):
        await read(graph.source())


async def test_a_malformed_place_fails_and_the_way_out_is_told() -> None:
    graph = Graph()
    cursor = (await read(graph.source()))[-1].cursor
    graph.answers[graph.path("contacts") + "?$deltatoken=1"] = BAD_TOKEN
    with pytest.raises(ProviderError, match="`--full` reads everything anew") as caught:
        await read(graph.source(), cursor=cursor)
    assert not isinstance(caught.value, CursorExpired)


async def test_a_first_question_that_is_malformed_is_not_mended_by_reading_anew() -> None:
    graph = Graph()
    graph.answers[graph.path("contacts")] = BAD_TOKEN
    with pytest.raises(ProviderError) as caught:
        await read(graph.source())
    assert "--full" not in str(caught.value)


@pytest.mark.parametrize("path", [Graph.path("contacts"), "/me/contactFolders"])
async def test_links_that_lead_in_a_circle_are_left(path: str) -> None:
    graph = Graph()
    graph.answers[path] = {"value": [], "@odata.nextLink": BASE + path}
    with pytest.raises(IncompleteRead, match="circle"):
        await read(graph.source())


async def test_a_link_to_another_host_is_not_followed() -> None:
    graph = Graph()
    graph.answers[graph.path("contacts")] = {"value": [], "@odata.nextLink": "https://evil.test/v1.0/x"}
    with pytest.raises(ProviderError, match="foreign"):
        await read(graph.source())
    assert {request.url.host for request in graph.requests} == {"graph.test"}


@pytest.mark.parametrize("stored", ["nonsense", "{}", '{"next": 1}', "[]"])
async def test_a_stored_position_that_makes_no_sense_counts_as_expired(stored: str) -> None:
    for kind in ("cursor", "position"):
        with pytest.raises(CursorExpired):
            await read(Graph().source(), **{kind: stored})


async def test_of_a_contact_that_comes_twice_the_last_word_counts() -> None:
    graph = Graph()
    graph.round("contacts", [someone("a", givenName="old"), removed("b"), someone("c")], [someone("a"), removed("c")])
    source = graph.source()
    assert people(source, await read(source)) == {"a": "a", "b": "-", "c": "-"}


async def test_pages_are_fetched_ahead_of_the_reader_but_not_far() -> None:
    graph = Graph()
    graph.round("contacts", *([[someone("a")]] * 8))
    pages = graph.source().pages()
    await anext(pages)
    await asyncio.sleep(0.05)
    assert 2 <= len([path for path in graph.asked() if "/delta" in path]) <= 3
    await pages.aclose()
