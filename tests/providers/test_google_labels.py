"""Labels that cannot be read: people are read all the same, and nobody's tags seem to be taken off."""

from typing import Any

import httpx
import pytest

from tasks.providers.base import CursorExpired, NeedsReconnect, Page
from tasks.providers.contacts.google import labels_of
from tasks.providers.contacts.google_labels import Labels
from tasks.providers.http_errors import NotThere
from tests.providers.people_service import People, group, read, someone, tags

TROUBLES = [httpx.Response(404, json={}), httpx.Response(410), httpx.Response(503), httpx.Response(200, html="<h1>")]


def silent(service: People, answer: httpx.Response = TROUBLES[0]) -> None:
    service.answer_to_groups = answer


def talkative(service: People) -> None:
    service.answer_to_groups = None


def told(pages: list[Page]) -> set[str]:
    return {page.warning for page in pages}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_tags_are_named_as_the_last_read_knew_them(trouble: httpx.Response) -> None:
    service = People()
    service.groups = [group("1", "VIP")]
    service.round([someone("a", "1")])
    first = await read(service.source())
    assert told(first) == {""}
    silent(service, trouble)
    service.round([someone("b", "1")], [someone("a")], since="s1", to="s2")

    pages = await read(service.source(), cursor=first[-1].cursor)

    assert tags(service.source(), pages) == {"people/b": ("VIP",), "people/a": ()}
    [warning] = told(pages)
    assert warning.startswith("the labels could not be read (Google ")


async def test_a_read_without_them_is_followed_by_a_full_one_if_they_are_not_what_they_were() -> None:
    service = People()
    service.groups = [group("1", "VIP")]
    service.round([someone("a", "1")])
    cursor = (await read(service.source()))[-1].cursor
    silent(service)
    service.round([someone("a", "1", "2")], since="s1", to="s2")
    cursor = (await read(service.source(), cursor=cursor))[-1].cursor
    talkative(service)
    service.round([], since="s2", to="s3")
    assert told(await read(service.source(), cursor=cursor)) == {""}
    service.groups.append(group("2", "Press"))
    with pytest.raises(CursorExpired, match="could not be read before"):
        await read(service.source(), cursor=cursor)


@pytest.mark.parametrize("known", [{}, {"contactGroups/1": "VIP"}])
async def test_a_full_read_goes_by_what_is_remembered(known: dict[str, str]) -> None:
    service = People()
    silent(service)
    service.round([someone("a", "1")])
    source = service.source(remembered=lambda: Labels(known))
    pages = await read(source)
    assert tags(source, pages) == {"people/a": tuple(known.values())}
    assert labels_of(pages[-1].cursor) == Labels(known, stale=True)


async def test_where_nothing_is_remembered_the_read_fails() -> None:
    service = People()
    silent(service)
    service.round([someone("a", "1")])
    with pytest.raises(NotThere):
        await read(service.source())


async def test_labels_that_are_not_allowed_need_a_new_sign_in() -> None:
    service = People()
    refusal: dict[str, Any] = {"error": {"code": 403, "status": "PERMISSION_DENIED"}}
    silent(service, httpx.Response(403, json=refusal))
    with pytest.raises(NeedsReconnect):
        await read(service.source(remembered=lambda: Labels({})))


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}"])
def test_a_cursor_of_another_make_tells_no_labels(cursor: str) -> None:
    assert labels_of(cursor) is None
