"""A small People API of the tests' own: pages by list, sync token and page token; what was asked for is kept."""

from typing import Any

import httpx

from storage.records import Gone, Seen
from tasks.providers.base import Page
from tasks.providers.contacts.google import GoogleSource
from tasks.providers.polite_client import Chance, Patience

BASE = "https://people.test/v1"
DAY = 86_400
START = 1_800_000_000.0


class Tokens:
    async def access_token(self, *, refused: str = "") -> str:
        return "another" if refused else "token"


class People:
    """Pages by (list, sync token, page token); groups by id. What is asked for is kept."""

    def __init__(self) -> None:
        self.groups: list[dict[str, Any]] = []
        self.pages: dict[tuple[str, str, str], Any] = {}
        self.requests: list[httpx.Request] = []
        self.now = START
        self.answer_to_groups: httpx.Response | None = None

    def round(self, *pages: list[dict[str, Any]], since: str = "", to: str = "s1", place: str = "connections") -> None:
        field = place
        for number, page in enumerate(pages):
            token = f"{to}.{number}" if number else ""
            last = number == len(pages) - 1
            link = {"nextSyncToken": to} if last else {"nextPageToken": f"{to}.{number + 1}"}
            self.pages[place, since, token] = {**({field: page} if page else {}), **link}

    def source(self, **options: Any) -> GoogleSource:
        async def no_sleep(_seconds: float) -> None:
            self.now += 100

        return GoogleSource(
            BASE,
            Tokens(),
            connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(self._answer)),
            patience=Patience(attempts=2),
            chance=Chance(clock=lambda: self.now, sleep=no_sleep),
            **options,
        )

    def asked(self, place: str = "connections") -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.requests if request.url.path.endswith(place)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        place, asked = request.url.path.rpartition("/")[2], request.url.params
        if place == "contactGroups":
            return self.answer_to_groups or self._groups(asked)
        page = self.pages.get((place, asked.get("syncToken", ""), asked.get("pageToken", "")))
        return page if isinstance(page, httpx.Response) else httpx.Response(200 if page else 400, json=page or {})

    def _groups(self, asked: httpx.QueryParams) -> httpx.Response:
        """One a page, to make sure that all pages are read."""
        at = int(asked.get("pageToken", "0"))
        more = {"nextPageToken": str(at + 1)} if at + 1 < len(self.groups) else {"nextSyncToken": "g"}
        return httpx.Response(200, json={"contactGroups": self.groups[at : at + 1], **more})


def group(name: str, label: str, kind: str = "USER_CONTACT_GROUP", **more: Any) -> dict[str, Any]:
    return {"resourceName": f"contactGroups/{name}", "name": label, "groupType": kind, **more}


def someone(name: str, *groups: str, **fields: Any) -> dict[str, Any]:
    joined = [{"contactGroupMembership": {"contactGroupResourceName": f"contactGroups/{one}"}} for one in groups]
    return {"resourceName": f"people/{name}", "names": [{"givenName": name}], "memberships": joined, **fields}


def deleted(name: str) -> dict[str, Any]:
    return {"resourceName": f"people/{name}", "metadata": {"deleted": True}}


def expired(status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "details": [{"reason": "EXPIRED_SYNC_TOKEN"}]}})


async def read(source: GoogleSource, *, cursor: str = "", position: str = "") -> list[Page]:
    return [page async for page in source.pages(cursor=cursor, position=position)]


def people(source: GoogleSource, pages: list[Page]) -> dict[str, str]:
    last = {record.source_id: record for record in source.settled(page.body for page in pages)}
    assert all(isinstance(record, Seen | Gone) for record in last.values())
    return {
        name.removeprefix("people/"): record.person.given_name if isinstance(record, Seen) else "-"
        for name, record in last.items()
    }


def tags(source: GoogleSource, pages: list[Page]) -> dict[str, tuple[str, ...]]:
    records = [record for page in pages for record in source.read(page.body)]
    return {record.source_id: record.person.tags for record in records if isinstance(record, Seen)}
