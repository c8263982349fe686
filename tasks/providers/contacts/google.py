"""Google People: connections by sync token, with the names of the groups they belong to."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from functools import partial
from urllib.parse import urlencode

import httpx
import msgspec

from storage.records import SourceRecord
from tasks.providers.access.sign_in_refusals import NoToken
from tasks.providers.base import CursorExpired, IncompleteRead, Page, ProviderError, ShutOut, Tokens
from tasks.providers.contacts.ahead import read_ahead
from tasks.providers.contacts.google_labels import Labels, read_labels
from tasks.providers.contacts.landed import decoder, each, settle, wrap
from tasks.providers.contacts.people_person import record
from tasks.providers.contacts.people_shapes import FIELDS, Contact
from tasks.providers.polite_client import Chance, Patience, PoliteClient, new_client

SCOPE = "https://www.googleapis.com/auth/contacts.readonly"
OTHER_SCOPE = "https://www.googleapis.com/auth/contacts.other.readonly"
SIX_DAYS = 6 * 86_400  # sync tokens live seven days from the full read, whatever is read in between

_CONNECTIONS = "people/me/connections"
_OTHERS = "otherContacts"
_PARAMETERS = {  # besides these only the tokens: Google refuses a token with other parameters
    _CONNECTIONS: {"personFields": FIELDS, "pageSize": "1000", "requestSyncToken": "true"},
    _OTHERS: {"readMask": "emailAddresses,metadata,names,phoneNumbers", "pageSize": "1000", "requestSyncToken": "true"},
}


class _Answer(msgspec.Struct, rename="camel"):
    connections: list[msgspec.Raw] = []
    other_contacts: list[msgspec.Raw] = []
    next_page_token: str = ""
    next_sync_token: str = ""


class _Landed(msgspec.Struct):
    place: str
    groups: dict[str, str]
    answer: _Answer


class _Round(msgspec.Struct, frozen=True):
    """Progress of a round: for each list the next page token, and its old and new sync token."""

    parameters: int
    full_at: float
    labels: Labels
    next: dict[str, str]
    since: dict[str, str] = {}
    done: dict[str, str] = {}

    def after(self, place: str, answer: _Answer) -> "_Round":
        left = {name: token for name, token in self.next.items() if name != place}
        if answer.next_page_token:
            return msgspec.structs.replace(self, next={**left, place: answer.next_page_token})
        return msgspec.structs.replace(self, next=left, done={**self.done, place: answer.next_sync_token})


_read_answer = decoder(_Answer)
_read_landed = decoder(_Landed)
_read_contact = decoder(Contact)


class GoogleSource:
    """The contacts of one account; `other_contacts` adds those that Google collects automatically.

    `remembered` returns the labels as of the last sync, for a full read that cannot get them. None if unknown: the read
    then fails, since otherwise tags would seem to have been removed.
    """

    def __init__(
        self,
        base_url: str,
        tokens: Tokens,
        *,
        other_contacts: bool = False,
        remembered: Callable[[], Labels | None] = lambda: None,
        connect: Callable[[], httpx.AsyncClient] = new_client,
        patience: Patience | None = None,
        chance: Chance | None = None,
        quiet_until: Callable[[], float] = lambda: 0.0,
        on_quiet: Callable[[float], None] = lambda _until: None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._places = [_CONNECTIONS, _OTHERS] if other_contacts else [_CONNECTIONS]
        self._parameters = zlib.crc32(repr({place: _PARAMETERS[place] for place in self._places}).encode())
        self._remembered, self._chance = remembered, chance or Chance()
        self._client = PoliteClient(
            base_url,
            tokens,
            provider="Google",
            scope=f"{SCOPE} and {OTHER_SCOPE}" if other_contacts else SCOPE,
            connect=connect,
            patience=patience,
            chance=chance,
            quiet_until=quiet_until,
            on_quiet=on_quiet,
        )

    async def pages(self, *, cursor: str = "", position: str = "") -> AsyncGenerator[Page, None]:
        known = self._known(position or cursor)
        async with self._client:
            labels, warning = await self._labels(known)
            so_far = self._begin(known, labels, resumed=bool(position))
            if not so_far.next:
                yield _page(_CONNECTIONS, labels, b"{}", so_far, warning)
            async with aclosing(read_ahead(self._answers(so_far))) as answers:
                async for place, body, answer in answers:
                    so_far = so_far.after(place, answer)
                    yield _page(place, labels, body, so_far, warning)

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        return _records(_read_landed(body))

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        """The records of all pages of a round, ordered so that the last record of an id is the current one."""
        landed = map(_read_landed, bodies)
        return settle((page.place, one) for page in landed for one in _records(page))

    def _known(self, stored: str) -> _Round | None:
        """The round of an earlier page or sync, if it can be continued."""
        if not stored:
            return None
        try:
            known = msgspec.json.decode(stored, type=_Round)
        except msgspec.DecodeError as trouble:
            raise _expired("the stored read position cannot be read") from trouble
        if known.parameters != self._parameters:
            raise _expired("other fields are read than before")
        if self._chance.clock() - known.full_at > SIX_DAYS:
            raise _expired("the last full read is six days old")
        return known

    async def _labels(self, known: _Round | None) -> tuple[Labels, str]:
        """The current labels; if the service fails to list them, the last known ones with a warning, so that people
        are read all the same.
        """
        try:
            return await read_labels(self._client, self._base), ""
        except (ShutOut, NoToken):
            raise  # not specific to labels: people could not be read either
        except ProviderError as trouble:
            before = known.labels if known else self._remembered()
            if before is None:
                raise
            warning = f"the labels could not be read ({trouble}): tags stay as they were, and the next sync looks again"
            return Labels(before.names, stale=True), warning

    def _begin(self, known: _Round | None, labels: Labels, *, resumed: bool) -> _Round:
        everywhere = dict.fromkeys(self._places, "")
        if known is None:
            return _Round(self._parameters, self._chance.clock(), labels, next=everywhere)
        if known.labels.outdated_by(labels):
            raise _expired("a contact group was renamed or removed, or could not be read before")
        if resumed:
            return msgspec.structs.replace(known, labels=labels)
        return msgspec.structs.replace(known, labels=labels, next=everywhere, since=known.done, done={})

    async def _answers(self, so_far: _Round) -> AsyncIterator[tuple[str, bytes, _Answer]]:
        """Responses of each list in turn, from its page token to its end."""
        for place, token in so_far.next.items():
            following = token
            while True:
                body, answer = await self._page(place, so_far.since.get(place, ""), following)
                yield place, body, answer
                if not (following := answer.next_page_token):
                    break

    async def _page(self, place: str, since: str, token: str) -> tuple[bytes, _Answer]:
        tokens = {"syncToken": since, "pageToken": token}
        parameters = {**_PARAMETERS[place], **{name: value for name, value in tokens.items() if value}}
        body, answer = await self._client.get(f"{self._base}/{place}?{urlencode(parameters)}", _read_answer)
        if not answer.next_page_token and not answer.next_sync_token:
            raise IncompleteRead("Google ended a round without a sync token", provider="Google")
        return body, answer


def _records(page: _Landed) -> Iterator[SourceRecord]:
    items = page.answer.connections or page.answer.other_contacts
    return each(items, _read_contact, partial(record, groups=page.groups))


def _page(place: str, labels: Labels, answer: bytes, so_far: _Round, warning: str) -> Page:
    stored = msgspec.json.encode(so_far).decode()
    body = wrap(place=msgspec.json.encode(place), groups=msgspec.json.encode(labels.names), answer=answer)
    return Page(body, position=stored, cursor="" if so_far.next else stored, warning=warning)


def labels_of(cursor: str) -> Labels | None:
    """The labels stored in a cursor."""
    try:
        return msgspec.json.decode(cursor, type=_Round).labels
    except msgspec.DecodeError:
        return None


def _expired(cause: str) -> CursorExpired:
    return CursorExpired(f"{cause}; all contacts are read anew", provider="Google")
