"""The ledger of delivered mails: every mail that really left, once for each time it did."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Delivery:
    """`raw` and its `sha256` are the bytes that were handed in; `message_id` is the one it left with.

    `key` is what the sender called it: see `post.key_of`. `built` tells that `raw` was made here, from JSON, of which
    `posted` is the SHA-256; that is empty if the draft was changed afterwards.
    """

    provider: str
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    subject: str
    key: str
    sha256: str
    at: float
    raw: bytes
    built: bool = False
    posted: str = ""

    def about(self) -> dict[str, Any]:
        names = ("provider", "sender", "recipients", "message_id", "subject", "key", "sha256", "at", "built", "posted")
        return {name: getattr(self, name) for name in names} | {"size": len(self.raw)}


@dataclass(slots=True)
class Delivered:
    """In the order of their leaving."""

    mails: list[Delivery] = field(default_factory=list)
    keys: Counter[str] = field(default_factory=Counter)
    by_sender: defaultdict[tuple[str, str], list[Delivery]] = field(default_factory=lambda: defaultdict(list))
    by_message_id: dict[str, Delivery] = field(default_factory=dict)

    def add(self, delivery: Delivery) -> None:
        self.mails.append(delivery)
        self.keys[delivery.key] += 1
        self.by_sender[delivery.provider, delivery.sender].append(delivery)
        self.by_message_id[delivery.message_id] = delivery

    def __len__(self) -> int:
        return len(self.mails)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.mails)

    def times(self, key: str) -> int:
        """How often the mail of this key left."""
        return self.keys[key]

    def of(self, sender: str, provider: str = "") -> list[Delivery]:
        pages = self.by_sender.items()
        return [one for (by, who), mails in pages if who == sender and provider in ("", by) for one in mails]

    def duplicates(self) -> dict[str, int]:
        """Keys of mails that left more than once, with how often."""
        return {key: times for key, times in self.keys.items() if times > 1}

    def counts(self) -> dict[str, Any]:
        senders = {f"{provider}/{who}": len(mails) for (provider, who), mails in self.by_sender.items()}
        return {
            "delivered": len(self.mails),
            "keys": len(self.keys),
            "duplicates": len(self.mails) - len(self.keys),
            "recipients": sum(len(mail.recipients) for mail in self.mails),
            "by_mailbox": senders,
        }
