"""Find out whether a contact that a Microsoft Graph folder reports as removed has only moved to another folder."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from urllib.parse import quote

from tasks.providers.base import IncompleteRead, ProviderError
from tasks.providers.contacts.graph_pages import read_named
from tasks.providers.http_errors import NotThere
from tasks.providers.polite_client import PoliteClient

DEFAULT = "contacts"  # well-known name of the default folder, which the list of folders may omit
_UNKNOWN = frozenset({400, 404, 405})  # statuses for an unknown contact id or folder name
_NOWHERE = "nowhere"


def is_unknown(refused: ProviderError) -> bool:
    """Whether the error says that the id is unknown. Token errors share its statuses, but have types of their own."""
    return type(refused) in {NotThere, ProviderError, IncompleteRead} and refused.status in _UNKNOWN


class Homes:
    """Tells whether any of the folders read has a contact; each contact is looked up once.

    A service may answer "not found" in plain text. The first such answer is retried like any response that is not
    JSON; if it persists, this is how the service answers, and it is believed from then on.
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
        if self._default == DEFAULT:  # its id is unknown: a contact that is found counts as present
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
