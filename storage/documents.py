"""People as JSON: the form in which they are stored, compared and sealed.

A document leaves out what is empty and sorts its keys, and so has one fingerprint.
"""

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec
from uuid_utils import uuid7

from storage.records import Cell, Person

FIELDS = tuple(field.name for field in fields(Person))
_TYPES = get_type_hints(Person)
_values_of = attrgetter(*FIELDS)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode_person = msgspec.json.Decoder(Person).decode


def new_id() -> str:
    return str(uuid7())


def now() -> datetime:
    return datetime.now(UTC)


def document(person: Person) -> dict[str, Any]:
    return {name: value for name, value in zip(FIELDS, _values_of(person), strict=True) if value}


def person(stored: dict[str, Any]) -> Person:
    return msgspec.convert(stored, Person)


def to_json(person: Person) -> bytes:
    return _encode(document(person))


def from_json(text: str | bytes) -> Person:
    return _decode_person(text)


def fingerprint(person: Person) -> str:
    return fingerprint_of(to_json(person))


def fingerprint_of(written: bytes) -> str:
    """The fingerprint of a person who is written as JSON already."""
    return hashlib.blake2b(written, digest_size=16).hexdigest()


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
