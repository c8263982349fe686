"""One account at a provider: its contacts, and the journal of all changes to them since the start.

The journal is persisted across restarts and also answers delta queries: a position in it is a sync state.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from deployments.simulators.people import Card
from deployments.simulators.population import population

DEFAULT_FOLDER = "AQMkADcontacts"
BASE_FOLDERS = {  # id: (name, parent)
    DEFAULT_FOLDER: ("Contacts", ""),
    "AQMkADclients": ("Clients", DEFAULT_FOLDER),
    "AQMkADformer": ("Former clients", "AQMkADclients"),
    "AQMkADpartners": ("Partners", DEFAULT_FOLDER),
}
FIRST_FOLDERS = (*[DEFAULT_FOLDER] * 17, "AQMkADclients", "AQMkADformer", "AQMkADpartners")
FIRST_MODIFIED = 1_767_600_000.0
"""2026-01-05: modification time of the first contact; each further one is a second later."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `folder` is the contact's folder afterwards ("" if deleted), `left` the one before.

    Kinds: put, gone, renamed (the source gave it another id), folder, folder_gone, group.
    """

    kind: str
    key: str
    card: Card | None = None
    folder: str = ""
    left: str = ""
    name: str = ""
    at: float = 0.0


@dataclass(slots=True)
class Entry:
    key: str
    card: Card
    folder: str
    modified: float
    version: int = 0
    created: float = 0.0
    numbers: tuple[int, ...] = ()
    """The number in its id, preceded by those of former ids."""

    @property
    def gone(self) -> bool:
        return not self.folder


@dataclass(slots=True)
class Mailbox:
    provider: str
    email: str
    seed: int
    size: int
    page_size: int = 0
    """Upper limit of the page size, whatever the client asks for (0: no limit)."""
    empty_every: int = 0
    """Every n-th page is empty although there is more."""
    replays: int = 0
    """How many items of the previous page each page repeats."""
    reset_style: str = "gone"
    generation: int = 0
    """Cursors of earlier generations are expired."""
    without_scopes: tuple[str, ...] = ()
    delay_s: float = 0.0
    """Seconds until a change becomes visible to clients."""
    journal: list[Change] = field(default_factory=list)
    pending: list[Change] = field(default_factory=list)
    entries: dict[str, Entry] = field(init=False, default_factory=dict)
    order: dict[str, list[str]] = field(init=False, default_factory=dict)
    folders: dict[str, tuple[str, str]] = field(init=False, default_factory=dict)
    groups: dict[str, str] = field(init=False, default_factory=dict)
    """Current names of renamed tags (contact groups), by tag."""
    views: dict[str, dict[str, bytes]] = field(init=False, default_factory=dict)
    """Cache of serialised contacts, by request variant (id kind, fields) and contact key."""
    numbers: dict[int, str] = field(init=False, default_factory=dict)
    salt: int = field(init=False)
    """Part of every id, so that ids differ between mailboxes."""
    lost: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.salt = zlib.crc32(self.email.encode())
        self.folders = dict(BASE_FOLDERS)
        for position, card in enumerate(population(self.seed, self.size, self.provider)):
            self._enter(str(position + 1), card, _first_folder(self.provider, position), FIRST_MODIFIED + position)
        replayed, self.journal = self.journal, []
        for change in replayed:
            self.happen(change)

    @property
    def now(self) -> int:
        """The current position in the journal."""
        return len(self.journal)

    @property
    def count(self) -> int:
        return len(self.entries) - self.lost

    def alive(self) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if not entry.gone)

    def happen(self, change: Change) -> None:
        self.journal.append(change)
        if change.kind == "folder":
            self.folders[change.key] = (change.name, change.folder)
        elif change.kind == "folder_gone":
            self.folders.pop(change.key)
        elif change.kind == "group":
            self.groups[change.key] = change.name
        else:
            self._alter(change)

    def settle(self, moment: float) -> None:
        """Apply the delayed changes that are due."""
        due = [change for change in self.pending if change.at + self.delay_s <= moment]
        for change in due:
            self.pending.remove(change)
            self.happen(change)

    def since(self, position: int, until: int, folder: str = "") -> list[str]:
        """The contacts added, removed or changed between two journal positions, each once."""
        stretch = (change for change in self.journal[position:until] if change.key in self.entries)
        return list(dict.fromkeys(change.key for change in stretch if folder in ("", change.folder, change.left)))

    def everything(self, folder: str = "") -> list[str]:
        """All contacts that were ever in the folder ("": in any), oldest first. Append-only, so offsets stay valid."""
        return self.order.get(folder, [])

    def _alter(self, change: Change) -> None:
        entry = self.entries.get(change.key)
        if entry is None:
            self._enter(change.key, change.card or Card(person=""), change.folder, change.at)
            entry = self.entries[change.key]
        if change.folder and change.folder != entry.folder:
            self.order.setdefault(change.folder, []).append(change.key)
        if change.kind == "renamed":
            entry.numbers = (*entry.numbers, int(change.name))
            self.numbers[int(change.name)] = change.key
        self.lost += (not change.folder) - entry.gone
        entry.card, entry.folder = change.card or entry.card, change.folder
        entry.version, entry.modified = self.now, change.at
        for view in self.views.values():
            view.pop(change.key, None)

    def _enter(self, key: str, card: Card, folder: str, at: float) -> None:
        number = self.salt * 10_000_000 + int(key)
        self.entries[key] = Entry(key, card, folder, at, created=at, numbers=(number,))
        self.numbers[number] = key
        for place in (folder, ""):
            self.order.setdefault(place, []).append(key)


def _first_folder(provider: str, position: int) -> str:
    """Outlook contacts are spread over several folders; Google has only one address book."""
    return DEFAULT_FOLDER if provider == "google" else FIRST_FOLDERS[position % len(FIRST_FOLDERS)]
