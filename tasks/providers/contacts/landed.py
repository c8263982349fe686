"""Stored pages: a place (folder or list) and a raw response in, records out."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from storage.records import Gone, Seen, SourceRecord, Unreadable

T = TypeVar("T")


class _Named(msgspec.Struct):
    """The id of a record that cannot be parsed otherwise, to report it as unreadable."""

    id: str = ""
    resourceName: str = ""  # noqa: N815 - the service's word


def wrap(**parts: bytes) -> bytes:
    """Join JSON fragments to one object, without parsing or changing the raw response."""
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), part) for name, part in parts.items()) + b"}"


def decoder(shape: type[T]) -> Callable[[bytes | msgspec.Raw], T]:
    """A decoder of JSON to `shape`. Lone surrogates (an emoji cut in half by the service) become `?`."""
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
    """One record per item; an item that cannot be parsed becomes Unreadable and affects no other."""
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
    """All records of a round, given as (place, record), ordered so that the last record of an id is the current one.

    A contact that moved is reported as gone from one place and present in another, in any order: it is gone only if no
    place has it. Removals come last; the removal of an id that the contact no longer uses is dropped.
    """
    homes: dict[str, tuple[str, ...]] = {}
    alone: dict[str, tuple[str, ...]] = {}  # shared tuples: most contacts have a single place
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
