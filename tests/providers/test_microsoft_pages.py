"""The walk through a mailbox's folders, against a small Graph of our own."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from storage.records import Gone, Seen
from tasks.providers.base import CursorExpired, IncompleteRead, Page, ProviderError
from tasks.providers.manners import Chance, Patience
from tasks.providers.microsoft import MicrosoftSource

BASE = "https://graph.test/v1.0"
DEFAULT = "AQ=default"
Answer = dict[str, Any] | httpx.Response


class Tokens:
    async def access_token(self, *, refused: str = "") -> str:
        return "another" if refused else "token"


class Graph:
    """Answers by path and query; what is asked for is kept."""

    def __init__(self, folders: dict[str, list[str]] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: dict[str, Answer | Callable[[], Answer]] = {
            "/me/contactFolders/contacts": {"id": DEFAULT},
        }
        for parent, children in (folders or {"": []}).items():
            path = f"/me/contactFolders/{parent}/childFolders" if parent else "/me/contactFolders"
            self.answers[f"{path}"] = {"value": [{"id": child} for child in children]}
            for child in children:
                self.answers.setdefault(f"/me/contactFolders/{child}/childFolders", {"value": []})
                self.round(child, [])
        self.round("contacts", [])

    def round(self, folder: str, *pages: list[dict[str, Any]], after: str = "", to: str = "1") -> None:
        """The pages of a round in a folder, first to last, after a delta token; a dict is a contact."""
        query = f"?$deltatoken={after}" if after else ""
        for number, page in enumerate(pages, 1):
            last = number == len(pages)
            following = f"?$deltatoken={to}" if last else f"?$skiptoken={to}.{number}"
            link = {"@odata.deltaLink" if last else "@odata.nextLink": self.url(folder) + following}
            self.answers[self.path(folder) + query] = {"value": page, **link}
            query = following

    @staticmethod
    def path(folder: str) -> str:
        return f"/me/contactFolders/{folder}/contacts/delta"

    def url(self, folder: str) -> str:
        return BASE + self.path(folder)

    def source(self, **options: Any) -> MicrosoftSource:
        async def no_sleep(_seconds: float) -> None: ...

        clock = itertools.count(1_800_000_000, 100).__next__
        return MicrosoftSource(
            BASE,
            Tokens(),
            connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            patience=Patience(attempts=2),
            chance=Chance(clock=clock, sleep=no_sleep),
            **options,
        )

    def asked(self) -> list[str]:
        return [request.url.raw_path.decode().removeprefix("/v1.0") for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.get(self.asked()[-1], httpx.Response(404, json={"error": {"code": "ErrorItemNotFound"}}))
        answer = answer() if callable(answer) else answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def someone(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "changeKey": f"{name}-1", "givenName": name, **fields}


def removed(name: str, reason: str = "deleted") -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.contact", "id": name, "@removed": {"reason": reason}}


async def read(source: MicrosoftSource, *, cursor: str = "", position: str = "") -> list[Page]:
    return [page async for page in source.pages(cursor=cursor, position=position)]


def people(source: MicrosoftSource, pages: list[Page]) -> dict[str, str]:
    """What a stage makes of it: the last word on each id."""
    last = {record.source_id: record for record in source.settled(page.body for page in pages)}
    assert all(isinstance(record, Seen | Gone) for record in last.values())
    return {name: record.person.given_name if isinstance(record, Seen) else "-" for name, record in last.items()}


GONE = httpx.Response(404, json={"error": {"code": "ErrorItemNotFound"}})
EXPIRED = httpx.Response(410, json={"error": {"code": "SyncStateNotFound"}})
BAD_TOKEN = httpx.Response(400, json={"error": {"code": "ErrorInvalidUrlQuery"}})


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


async def test_folders_are_found_at_any_depth() -> None:
    graph = Graph({"": ["f", "g"], "f": ["f1"], "f1": ["f2"]})
    for folder in ("f", "g", "f1", "f2"):
        graph.round(folder, [someone(f"in-{folder}")])
    source = graph.source()
    assert people(source, await read(source)).keys() == {"in-f", "in-g", "in-f1", "in-f2"}


async def test_a_long_list_of_folders_is_followed_by_its_links() -> None:
    graph = Graph({"": ["f"]})
    graph.answers["/me/contactFolders"] = {"value": [], "@odata.nextLink": f"{BASE}/me/contactFolders?more"}
    graph.answers["/me/contactFolders?more"] = {"value": [{"id": "f"}]}
    graph.round("f", [someone("a")])
    source = graph.source()
    assert people(source, await read(source)) == {"a": "a"}


@pytest.mark.parametrize("listed", [True, False])
async def test_the_default_folder_is_read_once_whether_it_is_listed_or_not(*, listed: bool) -> None:
    graph = Graph({"": [DEFAULT]} if listed else None)
    graph.round("contacts", [someone("a")])
    source = graph.source()

    pages = await read(source)

    assert people(source, pages) == {"a": "a"}
    assert [path for path in graph.asked() if "/delta" in path] == [graph.path("contacts")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"error": {"code": "ErrorItemNotFound"}}),
        httpx.Response(404, text="Not Found"),
        httpx.Response(400, json={"error": {"code": "ErrorInvalidIdMalformed"}}),
        httpx.Response(405, text="Method Not Allowed"),
    ],
)
async def test_the_default_folder_is_read_even_where_its_id_cannot_be_told(answer: httpx.Response) -> None:
    graph = Graph()
    graph.answers["/me/contactFolders/contacts"] = answer
    graph.round("contacts", [someone("a")])
    source = graph.source()
    assert people(source, await read(source)) == {"a": "a"}


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


async def test_a_new_folder_is_read_whole_beside_the_others_changes() -> None:
    graph = Graph()
    graph.round("contacts", [someone("a")], to="c1")
    source = graph.source()
    cursor = (await read(source))[-1].cursor
    later = Graph({"": ["new"]})
    later.round("contacts", [], after="c1", to="c2")
    later.round("new", [someone("n")])
    source = later.source()
    assert people(source, await read(source, cursor=cursor)) == {"n": "n"}


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
    pages = []
    with pytest.raises(CursorExpired):
        pages += [pages.append(page) async for page in graph.source().pages()]
    assert len(pages) == 1
    assert not pages[0].cursor


@pytest.mark.parametrize("how", ["no longer listed", "gone when read"])
async def test_a_removed_folder_expires_the_cursor_so_that_a_full_round_tells_what_went_with_it(how: str) -> None:
    graph = Graph({"": ["f"]})
    cursor = (await read(graph.source()))[-1].cursor
    if how == "no longer listed":
        graph.answers["/me/contactFolders"] = {"value": []}
    else:
        graph.round("contacts", [], after="1")
        graph.answers[graph.path("f") + "?$deltatoken=1"] = GONE
    with pytest.raises(CursorExpired, match="folder"):
        await read(graph.source(), cursor=cursor)


@pytest.mark.parametrize("path", [Graph.path("f"), "/me/contactFolders/f/childFolders"])
async def test_a_listed_folder_that_is_not_there_is_never_an_empty_one(path: str) -> None:
    graph = Graph({"": ["f"]})
    graph.answers[path] = GONE
    with pytest.raises(CursorExpired, match="folder"):
        await read(graph.source())


@pytest.mark.parametrize("path", ["/me/contactFolders", "/me/contactFolders/contacts/contacts/delta"])
async def test_a_mailbox_that_is_not_there_is_never_an_empty_one(path: str) -> None:
    graph = Graph()
    graph.answers[path] = httpx.Response(404, json={"error": {"code": "MailboxNotEnabledForRESTAPI"}})
    with pytest.raises(ProviderError) as caught:
        await read(graph.source())
    assert caught.value.status == 404


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


@pytest.mark.parametrize("order", [["contacts", "f"], ["f", "contacts"]])
async def test_a_contact_that_moved_is_present_in_whichever_order_its_folders_are_read(order: list[str]) -> None:
    graph = Graph({"": order})
    source = graph.source()
    graph.round(order[0], [removed("a", "changed")])
    graph.round(order[1], [someone("a")])
    if order[0] != "contacts":
        graph.answers["/me/contactFolders"] = {"value": [{"id": "f"}]}
    assert people(source, await read(source)) == {"a": "a"}


@pytest.mark.parametrize("found", [True, False])
async def test_who_left_a_folder_and_is_found_is_there_even_if_nobody_knows_the_default_folders_id(
    *, found: bool
) -> None:
    graph = Graph({"": ["f"]})
    graph.answers["/me/contactFolders/contacts"] = GONE
    graph.round("f", [removed("a")])
    if found:
        graph.answers["/me/contacts/a"] = {"id": "a", "parentFolderId": DEFAULT}
    source = graph.source()
    assert people(source, await read(source)) == ({} if found else {"a": "-"})


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


async def test_a_service_that_says_in_plain_text_who_is_not_there_is_doubted_once_and_then_believed() -> None:
    graph = Graph({"": ["f"]})
    graph.round("contacts", [removed("a"), removed("b"), removed("moved"), removed("c")])
    for name in "abc":
        graph.answers[f"/me/contacts/{name}"] = httpx.Response(404, text="Not Found")
    graph.answers["/me/contacts/moved"] = {"id": "moved", "parentFolderId": "f"}
    source = graph.source()
    assert people(source, await read(source)) == {"a": "-", "b": "-", "c": "-"}
    asked = Counter(graph.asked())
    assert asked["/me/contacts/a"] > 1
    assert asked["/me/contacts/b"] == asked["/me/contacts/c"] == 1


async def test_a_web_page_instead_of_a_contact_tells_nothing_about_it() -> None:
    graph = Graph({"": ["f"]})
    graph.round("contacts", [removed("a")])
    graph.answers["/me/contacts/a"] = httpx.Response(200, html="<p>Please sign in</p>")
    with pytest.raises(IncompleteRead):
        await read(graph.source())
