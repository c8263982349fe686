"""People as JSON: the form in which they are stored, compared and sealed.

A document leaves out what is empty and sorts its keys, and so has one fingerprint.
"""

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec
from uuid_utils import uuid7

from storage.records import Cell, Person, Seen

FIELDS = tuple(field.name for field in fields(Person))
_TYPES = get_type_hints(Person)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_seen = msgspec.json.Decoder(Seen).decode


def new_id() -> str:
    return str(uuid7())


def now() -> datetime:
    return datetime.now(UTC)


def document(person: Person) -> dict[str, Any]:
    return {name: value for name in FIELDS if (value := getattr(person, name))}


def person(stored: dict[str, Any]) -> Person:
    return msgspec.convert(stored, Person)


def to_json(person: Person) -> bytes:
    return _encode(document(person))


def fingerprint(person: Person) -> str:
    return hashlib.blake2b(to_json(person), digest_size=16).hexdigest()


def typed(cell: Cell) -> Cell:
    """A cell out of JSON, its values again of the types that the field has in a `Person`."""
    kind = _TYPES[cell.field]
    if kind is str:
        return cell  # as most are: text is text in JSON too
    return Cell(cell.field, msgspec.convert(cell.before, kind), msgspec.convert(cell.after, kind))


def encode(value: Any) -> bytes:
    """Canonical JSON: the same value gives the same bytes, so that digests can be compared.

    Keys are sorted, for Postgres keeps JSON documents in an order of its own.
    """
    return _encode(value)


def seen_to_json(seen: Seen) -> bytes:
    return _encode(seen)


def seen_from_json(text: bytes) -> Seen:
    return _decode_seen(text)
