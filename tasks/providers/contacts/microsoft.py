"""Microsoft Graph contacts: a delta per folder, with links followed verbatim."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from storage.records import SourceRecord
from tasks.providers.base import CursorExpired, IncompleteRead, Page, ProviderError, Tokens
from tasks.providers.contacts.ahead import read_ahead
from tasks.providers.contacts.graph_homes import DEFAULT, Homes, is_unknown
from tasks.providers.contacts.graph_pages import Answer, read_answer, read_landed, records, removed
from tasks.providers.contacts.landed import decoder, settle, wrap
from tasks.providers.http_errors import NotThere
from tasks.providers.polite_client import Chance, Patience, PoliteClient, new_client

T = TypeVar("T")

SCOPE = "Contacts.Read"


class _Folder(msgspec.Struct):
    id: str


class _Folders(msgspec.Struct):
    value: list[_Folder]
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Round(msgspec.Struct, frozen=True):
    """Progress of a round: the next link of each folder, and the delta links of those completely read."""

    next: dict[str, str]
    done: dict[str, str] = {}

    def after(self, folder: str, answer: Answer) -> "_Round":
        left = {name: link for name, link in self.next.items() if name != folder}
        if answer.next_link:
            return _Round({**left, folder: answer.next_link}, self.done)
        return _Round(left, {**self.done, folder: answer.delta_link} if answer.delta_link else self.done)


_NOTHING = b'{"value":[]}'
_read_folder = decoder(_Folder)
_read_folders = decoder(_Folders)


class MicrosoftSource:
    """The contacts of one mailbox. A removed folder expires the cursor: only a full read tells what went with it.

    A folder also reports as removed what has moved to another folder, which may have reported it in an earlier round.
    So each of these contacts is looked up before it counts as gone.
    """

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        *,
        page_size: int = 500,
        connect: Callable[[], httpx.AsyncClient] = new_client,
        patience: Patience | None = None,
        chance: Chance | None = None,
        quiet_until: Callable[[], float] = lambda: 0.0,
        on_quiet: Callable[[float], None] = lambda _until: None,
    ) -> None:
        self._contacts = f"{base_url.rstrip('/')}/me/contacts"
        self._me = f"{base_url.rstrip('/')}/me/contactFolders"
        self._client = PoliteClient(
            base_url,
            tokens,
            provider="Microsoft",
            scope=SCOPE,
            # On every request: ids that survive a move, and the page size ($top would end a delta early).
            headers={"Prefer": f'IdType="ImmutableId", odata.maxpagesize={page_size}'},
            connect=connect,
            patience=patience,
            chance=chance,
            quiet_until=quiet_until,
            on_quiet=on_quiet,
        )

    async def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:
        async with self._client:
            so_far = _stored(position) if position else await self._begin(cursor)
            if not so_far.next:
                yield _page(DEFAULT, _NOTHING, [], so_far)
            async with aclosing(read_ahead(self._answers(so_far))) as answers:
                async for folder, body, answer, moved in answers:
                    so_far = so_far.after(folder, answer)
                    yield _page(folder, body, moved, so_far)

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        return records(read_landed(body))

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        """The records of all pages of a round, ordered so that the last record of an id is the current one."""
        landed = map(read_landed, bodies)
        return settle((page.folder, one) for page in landed for one in records(page))

    async def _begin(self, cursor: str) -> _Round:
        known = _stored(cursor).done if cursor else {}
        folders = await self._folders()
        if known.keys() - folders:
            raise _folder_removed()
        return _Round({folder: known.get(folder) or self._at(folder, "contacts/delta") for folder in sorted(folders)})

    def _at(self, folder: str, what: str) -> str:
        return f"{self._me}/{quote(folder, safe='=')}/{what}"

    async def _answers(self, so_far: _Round) -> AsyncIterator[tuple[str, bytes, Answer, list[str]]]:
        """Responses of each folder in turn, from its link to its end, with the removed ids that have only moved."""
        folders = so_far.next.keys() | so_far.done.keys()
        homes = Homes(self._client, self._contacts, folders, self._default_id) if len(folders) > 1 else None
        for folder, link in so_far.next.items():
            following: str | None = link
            while following:
                body, answer = await self._delta(folder, following)
                gone = removed(answer) if homes and b"@removed" in body else []
                yield folder, body, answer, [name for name in gone if homes and await homes.has(name)]
                following = answer.next_link

    async def _delta(self, folder: str, link: str) -> tuple[bytes, Answer]:
        try:
            body, answer = await self._inside(folder, self._client.get(link, read_answer))
        except ProviderError as refused:
            if _is_unknown_place(refused, link):
                raise _place_lost(refused) from refused
            raise
        if not answer.next_link and not answer.delta_link:
            raise IncompleteRead("Microsoft ended a round without a delta link", provider="Microsoft")
        return body, answer

    async def _inside(self, folder: str, asking: Awaitable[T]) -> T:
        """Expire the cursor if a listed folder is not found: only a full read tells what became of its contacts."""
        try:
            return await asking
        except NotThere as missing:
            if folder == DEFAULT:
                raise  # every mailbox has a default folder: the mailbox itself is missing
            raise _folder_removed() from missing

    async def _folders(self) -> set[str]:
        """All folders by id; the default one under its well-known name, whether listed or not."""
        default, found, level = await self._default_id(), set[str](), await self._listed(self._me)
        while level:
            found |= level
            deeper = [
                await self._inside(folder, self._listed(self._at(folder, "childFolders"))) for folder in sorted(level)
            ]
            level = set[str]().union(*deeper) - found
        return found - {default} | {DEFAULT}

    async def _default_id(self) -> str:
        try:
            _, folder = await self._client.get(f"{self._me}/{DEFAULT}", _read_folder)
        except ProviderError as refused:
            if not is_unknown(refused):
                raise
            return DEFAULT
        return folder.id

    async def _listed(self, address: str) -> set[str]:
        found: set[str] = set()
        link: str | None = address
        while link:
            _, folders = await self._client.get(link, _read_folders)
            found.update(folder.id for folder in folders.value)
            link = folders.next_link
        return found


def _folder_removed() -> CursorExpired:
    return CursorExpired("a contact folder was removed; all contacts are read anew", provider="Microsoft")


def _is_unknown_place(refused: ProviderError, link: str) -> bool:
    """Whether the service no longer knows a delta's state. Only links made by the service carry a query."""
    return type(refused) is ProviderError and refused.status == httpx.codes.BAD_REQUEST and "?" in link


def _place_lost(refused: ProviderError) -> ProviderError:
    cause = f"{refused}: it does not accept the place where reading had ended; `--full` reads everything anew"
    return ProviderError(cause, provider=refused.provider, status=refused.status, excerpt=refused.excerpt)


def _stored(text: str) -> _Round:
    try:
        return msgspec.json.decode(text, type=_Round)
    except msgspec.DecodeError as trouble:
        raise CursorExpired("the stored read position cannot be read", provider="Microsoft") from trouble


def _page(folder: str, answer: bytes, moved: list[str], so_far: _Round) -> Page:
    stored = msgspec.json.encode(so_far).decode()
    body = wrap(folder=msgspec.json.encode(folder), moved=msgspec.json.encode(moved), answer=answer)
    return Page(body, position=stored, cursor="" if so_far.next else stored)
