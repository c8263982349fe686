"""Landed pages and what they say: a place and a raw answer in, records out."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from storage.records import Gone, Seen, SourceRecord, Unreadable

T = TypeVar("T")


class _Named(msgspec.Struct):
    """The least that a record must have to be set aside under its name."""

    id: str = ""
    resourceName: str = ""  # noqa: N815 - the service's word


def wrap(**parts: bytes) -> bytes:
    """One JSON object of parts that are JSON already; the raw answer is neither parsed nor changed."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), part) for name, part in parts.items()) + b"}"


def decoder(shape: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """Reads JSON as `shape`; text that no Unicode allows (half an emoji, cut off by its service) becomes `?`."""
    strict = msgspec.json.Decoder(shape)

    def decode(body: bytes | msgspec.Raw) -> T:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            raise
        except RecursionError:
            raise msgspec.DecodeError("nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as trouble:
            return strict.decode(_mended(bytes(body), trouble))

    return decode


def _mended(body: bytes, trouble: Exception) -> bytes:
    try:
        tree = json.loads(body.decode(errors="replace"))
        return json.dumps(tree, ensure_ascii=False).encode(errors="replace")
    except (ValueError, RecursionError):
        raise msgspec.DecodeError(str(trouble)) from None


_read_named = decoder(_Named)


def each(
    items: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], T], record: Callable[[T], SourceRecord]
) -> Iterator[SourceRecord]:
    """One record for each item; one that cannot be read is set aside and harms no other."""
    for item in items:
        try:
            yield record(read(item))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as trouble:
            yield Unreadable(_name(item), str(trouble))


def _name(item: msgspec.Raw) -> str:
    try:
        named = _read_named(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return named.id or named.resourceName


def settle(placed: Iterable[tuple[str, SourceRecord]]) -> Iterator[SourceRecord]:
    """All records of a round, given as (place, record), in an order in which the last word on an id is the truth.

    A contact that moved is reported gone from one place and present in another, in any order: it is gone once no
    place has it. Removals come last; a removal under a name that the contact has since given up is none.
    """
    homes: dict[str, tuple[str, ...]] = {}
    alone: dict[str, tuple[str, ...]] = {}  # one and the same for all whose only home it is: they are many
    gone: dict[str, Gone] = {}
    renamed: set[str] = set()
    for place, record in placed:
        known = homes.get(record.source_id)
        others = tuple([home for home in known if home != place]) if known else ()
        if isinstance(record, Gone):
            homes[record.source_id] = others
            gone[record.source_id] = record
            continue
        homes[record.source_id] = (*others, place) if others else alone.setdefault(place, (place,))
        if isinstance(record, Seen):
            renamed.update(record.previous_ids)
        yield record
    yield from (record for name, record in gone.items() if not homes[name] and name not in renamed)
