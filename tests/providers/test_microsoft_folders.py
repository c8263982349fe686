"""Folders: found at any depth, new, removed, and what has only moved from one to another."""

from collections import Counter

import httpx
import pytest

from tasks.providers.base import CursorExpired, IncompleteRead, ProviderError
from tests.providers.graph_service import BASE, DEFAULT, GONE, Graph, people, read, removed, someone


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
