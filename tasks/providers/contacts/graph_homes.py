"""Where a Microsoft Graph contact lives that its folder calls removed: it may only have moved."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from urllib.parse import quote

from tasks.providers.base import IncompleteRead, ProviderError
from tasks.providers.contacts.graph_pages import read_named
from tasks.providers.http_errors import NotThere
from tasks.providers.polite_client import PoliteClient

DEFAULT = "contacts"  # the well-known name of the folder that the list of folders may or may not show
_UNKNOWN = frozenset({400, 404, 405})  # how it says that it has nobody of this id, or no folder by this name
_NOWHERE = "nowhere"


def is_unknown(refused: ProviderError) -> bool:
    """Whether this is about what was asked for. A sign-in's refusals have the same statuses, but types of their own."""
    return type(refused) in {NotThere, ProviderError, IncompleteRead} and refused.status in _UNKNOWN


class Homes:
    """Tells whether one of the folders that are read has a contact; each contact is asked for once.

    A service may say in plain text that somebody is not there. The first such answer is doubted, and asked for again
    like every answer that is no data; one that persists is how this service speaks, and is believed from then on.
    """

    def __init__(
        self, client: PoliteClient, contacts: str, folders: AbstractSet[str], default_id: Callable[[], Awaitable[str]]
    ) -> None:
        self._client, self._contacts, self._folders, self._default_id = client, contacts, folders, default_id
        self._default, self._of, self._believed = "", dict[str, str](), frozenset[int]()

    async def has(self, name: str) -> bool:
        self._default = self._default or await self._default_id()
        if name not in self._of:
            self._of[name] = await self._home(name)
        if self._default == DEFAULT:  # its id cannot be told: whoever is found is taken to be there
            return self._of[name] != _NOWHERE
        return self._of[name] in self._folders or self._of[name] == self._default

    async def _home(self, name: str) -> str:
        address = f"{self._contacts}/{quote(name, safe='=')}"
        try:
            _, found = await self._client.get(address, read_named, believe=self._believed)
        except ProviderError as refused:
            if not is_unknown(refused):
                raise
            if isinstance(refused, IncompleteRead):
                self._believed = _UNKNOWN
            return _NOWHERE
        return found.folder
