"""A source of contacts in memory, behind the same port as the real ones: quick to stir, and it knows who read it."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from storage.records import Gone, Labelled, Person, Seen, SourceRecord
from tasks.providers.base import CursorExpired, Page

PAGE = 4
_records = msgspec.json.Decoder(list[tuple[Seen | None, Gone | None]])

SYLLABLES = ("ka", "lo", "mi", "ru", "te", "sho", "vy", "zan", "pri", "gu", "ne", "dob", "fex", "hul", "jow", "bri")


def somebody(number: int, **values: Any) -> Person:
    """Nobody whom matching could take for another."""
    digits = hashlib.sha256(str(number).encode()).hexdigest()
    word = "".join(SYLLABLES[int(digit, 16)] for digit in digits[:8])
    given, family = word[: len(word) // 2].title(), word[len(word) // 2 :].title()
    return replace(
        Person(
            given_name=given, family_name=family, display_name=f"{given} {family}",
            emails=(Labelled(f"{digits[8:20]}@{digits[20:30]}.example"),),
        ),
        **values,
    )  # fmt: skip


@dataclass
class Book:
    """`changes` is what happened, in order; a cursor is a place in it."""

    people: dict[str, Person] = field(default_factory=dict)
    changes: list[SourceRecord] = field(default_factory=list)
    generation: int = 0
    reads: list[str] = field(default_factory=list)

    def put(self, source_id: str, person: Person, *previous: str) -> None:
        for name in previous:
            self.people.pop(name, None)
        self.people[source_id] = person
        self.changes.append(Seen(source_id, person, previous_ids=previous))

    def edit(self, source_id: str, **values: Any) -> None:
        self.put(source_id, replace(self.people[source_id], **values))

    def remove(self, source_id: str) -> None:
        del self.people[source_id]
        self.changes.append(Gone(source_id))

    def expire(self) -> None:
        self.generation += 1

    async def pages(self, *, cursor: str = "", position: str = "") -> AsyncIterator[Page]:
        self.reads.append("from the cursor" if cursor else "full")
        generation, _, place = cursor.partition("/")
        if cursor and generation != str(self.generation):
            raise CursorExpired("the cursor is too old", provider="google", status=410)
        everyone: list[SourceRecord] = [Seen(name, one) for name, one in self.people.items()]
        told = self.changes[int(place) :] if cursor else everyone
        new = f"{self.generation}/{len(self.changes)}"
        batches = [told[start : start + PAGE] for start in range(0, len(told), PAGE)] or [[]]
        for number, batch in enumerate(batches):
            if number < int(position or 0):
                continue
            last = number == len(batches) - 1
            yield Page(_encoded(batch), position=str(number + 1), cursor=new if last else "")

    def read(self, body: bytes) -> Iterator[SourceRecord]:
        yield from (record for pair in _records.decode(body) for record in pair if record is not None)

    def settled(self, bodies: Iterable[bytes]) -> Iterator[SourceRecord]:
        for body in bodies:
            yield from self.read(body)


def _encoded(batch: list[SourceRecord]) -> bytes:
    return msgspec.json.encode([(one, None) if isinstance(one, Seen) else (None, one) for one in batch])


def lay_open(monkeypatch: pytest.MonkeyPatch, books: dict[str, Book]) -> None:
    """From now on each connection reads its book."""
    for verb in ("fetch", "stage"):
        monkeypatch.setattr(f"tasks.sync.{verb}.source_of", lambda _store, _scope, sync, **_: books[sync.connection_id])
