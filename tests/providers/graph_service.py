"""A small Graph of the tests' own: folders, and the pages of each; what was asked for is kept."""

import itertools
from collections.abc import Callable
from typing import Any

import httpx

from storage.records import Gone, Seen
from tasks.providers.base import Page
from tasks.providers.contacts.microsoft import MicrosoftSource
from tasks.providers.polite_client import Chance, Patience

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
