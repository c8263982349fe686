"""The mail side of one mailbox: what lies where, and the order in which it came there."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from deployments.simulators.mail.rules import Rules

FOLDERS = {"inbox": "Inbox", "drafts": "Drafts", "sentitems": "Sent Items", "deleteditems": "Deleted Items"}


@dataclass(slots=True)
class Item:
    """One mail in a mailbox. `facts` is the JSON it was made from, at Microsoft; None if it came as MIME.

    `submitted` is when it was sent; until `shown` it lies neither here nor there. `name` is the draft's own, at Google.
    `posted` is the SHA-256 of the JSON that it is made from, as long as nothing of it was changed.
    """

    key: str
    folder: str
    raw: bytes
    message_id: str
    thread: str
    recipients: tuple[str, ...]
    created: float
    modified: float
    draft: bool = False
    name: str = ""
    read: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] | None = None
    posted: str = ""
    submitted: float = 0.0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to an item, seen from `shown` on. Kinds: put, sent, gone."""

    kind: str
    key: str
    at: float
    shown: float
    item: Item | None = None


@dataclass(slots=True)
class Upload:
    """A resumable upload under way: what was said of it, and what has come."""

    wish: Any
    raw: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class Letterbox:
    provider: str
    email: str
    rules: Rules
    items: dict[str, Item] = field(default_factory=dict)
    order: list[tuple[str, str]] = field(default_factory=list)
    """What was touched, with what was done: a position in it is a sync state."""
    folders: dict[str, set[str]] = field(default_factory=dict)
    """Where an item ever lay."""
    pending: list[Step] = field(default_factory=list)
    threads: dict[str, str] = field(default_factory=dict)
    """By Message-ID."""
    message_ids: dict[str, dict[str, None]] = field(default_factory=dict)
    """Items by Message-ID."""
    values: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    """Items by extended property and value."""
    names: dict[str, str] = field(default_factory=dict)
    """Drafts by their own names."""
    units: deque[tuple[float, int]] = field(default_factory=deque)
    """What was spent of Gmail's quota, and when."""
    uploads: dict[str, Upload] = field(default_factory=dict)
    number: int = 0

    @property
    def now(self) -> int:
        return len(self.order)

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def seen(self, key: str) -> Item | None:
        """An item that its owner can find now."""
        item = self.items.get(key)
        hidden = item is not None and item.submitted and item.draft and self.rules.sent_style == "hidden"
        return None if hidden else item

    def lying(self, folder: str = "") -> list[Item]:
        """What can be seen in this folder, or anywhere; newest first."""
        found = [item for key in self.items if (item := self.seen(key)) and folder in ("", item.folder)]
        return found[::-1]

    def since(self, position: int, until: int) -> list[str]:
        return list(dict.fromkeys(key for _, key in self.order[position:until]))

    def settle(self, moment: float) -> None:
        due = sorted((step for step in self.pending if step.shown <= moment), key=lambda step: step.shown)
        for step in due:
            self.pending.remove(step)
            self._happen(step)

    def take(self, step: Step) -> None:
        """Let it happen, now or when it is due; everything due before comes before."""
        if self.pending:
            self.settle(step.at)
        self.number = max(self.number, int(step.key.removeprefix("m")))
        if step.kind == "sent":
            self.items[step.key].submitted = step.at
        if step.shown > step.at:
            self.pending.append(step)
        else:
            self._happen(step)

    def _happen(self, step: Step) -> None:
        if step.kind == "gone":
            self.items.pop(step.key, None)
        elif step.kind == "sent" and step.key in self.items:
            item = self.items[step.key]
            item.folder, item.draft, item.modified = "sentitems", False, step.shown
        elif step.item is not None:
            self._enter(step.item)
        self.order.append((step.kind, step.key))
        if step.key in self.items:
            self.items[step.key].version = self.now
            self.folders.setdefault(step.key, set()).add(self.items[step.key].folder)

    def _enter(self, item: Item) -> None:
        self.items[item.key] = item
        self.names[item.name] = item.key
        self.threads.setdefault(item.message_id, item.thread)
        self.message_ids.setdefault(item.message_id, {})[item.key] = None
        for name, value in item.properties.items():
            self.values.setdefault((name, value.lower()), {})[item.key] = None
