"""What a plan must say, worked out the slow and obvious way: one record at a time, in plain Python.

It shares nothing with the SQL but the words: what was linked before, and what the source said now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.records import Gone, Person, Seen, Unreadable


@dataclass(frozen=True, slots=True)
class Told:
    """One source record and what became of it: who it is linked to, and under which id it was known."""

    standing: str
    source_id: str
    object_id: str = ""
    linked_as: str = ""


Said = Seen | Gone | Unreadable
"""What a source says of a record."""
Before = Mapping[str, tuple[str, Person]]
"""source id → (contact, what the source gave when it was last written)"""


def classify(records: Sequence[Said], before: Before, *, full: bool) -> list[Told]:
    told = [_told(record, before) for record in last_words(records)]
    if full:
        spoken_of = {one.linked_as for one in told}
        told += [
            Told("removed", source_id, object_id, source_id)
            for source_id, (object_id, _) in before.items()
            if source_id not in spoken_of
        ]
    return told


def last_words(records: Sequence[Said]) -> list[Said]:
    """The last thing said of each record; what has no name stands for itself.

    A name that a later record says it used to bear is nobody's any more: what stood under it stands under the new one.
    """
    found: dict[str, tuple[int, Said]] = {}
    for place, record in enumerate(records):
        found[f"id {record.source_id}" if record.source_id else f"place {place}"] = (place, record)
    said = list(found.values())
    return [record for place, record in said if isinstance(record, Gone) or not _renamed(place, record, said)]


def _renamed(place: int, record: Said, said: Sequence[tuple[int, Said]]) -> bool:
    return any(at > place and isinstance(later, Seen) and record.source_id in later.previous_ids for at, later in said)


def _told(record: Said, before: Before) -> Told:
    known_as = _known_as(record, before)
    object_id, base = before.get(known_as, ("", Person()))
    match record:
        case Unreadable(source_id):
            return Told("unreadable", source_id, object_id, known_as)
        case Gone(source_id):
            return Told("removed" if object_id else "never known", source_id, object_id, known_as)
        case Seen(source_id, person):
            if not object_id:
                return Told("new", source_id)
            same = person == base and known_as == source_id
            return Told("unchanged" if same else "changed", source_id, object_id, known_as)


def _known_as(record: Said, before: Before) -> str:
    if record.source_id in before:
        return record.source_id
    earlier = record.previous_ids if isinstance(record, Seen) else ()
    return min((name for name in earlier if name in before), default="")
