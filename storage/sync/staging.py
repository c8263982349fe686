"""The staging area: one in-memory DuckDB for each run that is being planned in this process.

Never on disk, for what is in it is personal and not yet anybody's decision. A run that starts again builds it anew
from its landed pages. Relations never leave this module; lists of plain values do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import duckdb
import numpy as np

from storage.documents import fingerprint_of, from_json, to_json
from storage.records import Erased, Gone, Match, Seen, SourceRecord, Unreadable, Verdict
from storage.sql import statement

_BATCH = 4000
_COLUMNS = ("state", "source_id", "fingerprint", "person", "version", "modified_at", "previous_ids", "reason")

# Return freed memory to the system at once; insert with one thread, because each thread has buffers of its own.
_SPARING = (
    "SET temp_directory = ''",
    "SET allocator_flush_threshold = '1MB'",
    "SET allocator_bulk_deallocation_flush_threshold = '1MB'",
    "SET threads = 1",
    "SET pandas_analyze_sample = 0",  # all columns are text: there is nothing to guess
)

_open: dict[str, duckdb.DuckDBPyConnection] = {}


@dataclass(frozen=True, slots=True)
class Classified:
    """A source record and its stored link; `linked_as` differs from its id if the source renamed it."""

    source_id: str
    seen: Seen | None
    object_id: str
    linked_as: str
    reason: str


@dataclass(frozen=True, slots=True)
class Linked:
    """The match of a new source record; `twin_of` is a record of the same source that is the same person."""

    source_id: str
    object_id: str
    verdict: Verdict
    reason: str
    twin_of: str


def begin(sync_id: str) -> None:
    """Create an empty staging area, replacing what an earlier attempt left in this process."""
    drop(sync_id)
    connection = duckdb.connect()
    for setting in _SPARING:
        connection.execute(setting)
    connection.execute(statement("staging"))
    _open[sync_id] = connection


def drop(sync_id: str) -> None:
    connection = _open.pop(sync_id, None)
    if connection is not None:
        connection.close()


def add(sync_id: str, records: Iterable[SourceRecord]) -> None:
    """Add records in order, streaming them in batches; of several with one id the last counts."""
    rows = map(_row, records)
    while batch := list(islice(rows, _BATCH)):
        _insert(sync_id, f"staged ({', '.join(_COLUMNS)})", batch)


def add_links(sync_id: str, links: Iterable[tuple[str, str, str]]) -> None:
    """(source id, contact id, fingerprint) of all stored links of this account."""
    _insert(sync_id, "linked_before", links)


def classify(sync_id: str, *, full: bool) -> dict[str, int]:
    """Tell new, changed, unchanged, removed, erased and unreadable records apart; returns how many of each."""
    _of(sync_id).execute("RESET threads")
    _of(sync_id).execute(statement("classify"), {"full": full})
    return dict(_of(sync_id).execute("SELECT standing, count(*) FROM classified GROUP BY standing").fetchall())


def standing(sync_id: str, which: str) -> list[Classified]:
    rows = _of(sync_id).execute(statement("standing"), [which]).fetchall()
    return [
        Classified(id_, _seen(id_, *told) if told[0] else None, object_id, linked_as, reason)
        for id_, object_id, linked_as, reason, *told in rows
    ]


def renamed(sync_id: str) -> dict[str, str]:
    """Former id → current id, of records that report a former one."""
    query = "SELECT unnest(string_split(previous_ids, chr(10))), source_id FROM latest WHERE previous_ids <> ''"
    return dict(_of(sync_id).execute(query).fetchall())


def unchanged(sync_id: str) -> list[tuple[str, str]]:
    """(source id, contact id) of unchanged records; their persons are not decoded."""
    query = "SELECT source_id, object_id FROM classified WHERE standing = 'unchanged' ORDER BY ordinal"
    return _of(sync_id).execute(query).fetchall()


def add_matches(
    sync_id: str,
    links: Iterable[Match],
    twins: Iterable[tuple[str, str, str]],
    doubts: Iterable[tuple[str, str]] = (),
) -> None:
    """`links`: new records matched to contacts; `twins`: (record, its twin, reason); `doubts`: (record, reason)."""
    _insert(sync_id, "doubts", doubts)
    rows = [(match.left, match.right, match.verdict.value, match.reason, "") for match in links]
    rows += [(record, "", Verdict.SURE.value, reason, twin) for record, twin, reason in twins]
    _insert(sync_id, "matched", rows)


def matches(sync_id: str) -> dict[str, Linked]:
    rows = _of(sync_id).execute("SELECT source_id, object_id, verdict, reason, twin_of FROM matched").fetchall()
    return {row[0]: Linked(row[0], row[1], Verdict(row[2]), row[3], row[4]) for row in rows}


def doubts(sync_id: str) -> dict[str, str]:
    """Source id → reason, of new records that may be the same person as another one of this source."""
    rows = _of(sync_id).execute("SELECT source_id, min(reason) FROM doubts GROUP BY source_id").fetchall()
    return dict(rows)


def sizes(sync_id: str) -> list[tuple[str, int, int, int]]:
    """For each record that could be read: its id, its size in bytes, and how many addresses and numbers it has."""
    return _of(sync_id).execute(statement("sizes")).fetchall()


def most_repeated(sync_id: str) -> list[tuple[str, int, int]]:
    """(field, holders, people): for addresses and for numbers, the one that most people share."""
    return _of(sync_id).execute(statement("most_repeated")).fetchall()


def _row(record: SourceRecord) -> tuple[str, ...]:
    match record:
        case Seen(source_id, person, version, modified_at, earlier):
            written = to_json(person)
            moment = modified_at.isoformat() if modified_at else ""
            return "seen", source_id, fingerprint_of(written), written.decode(), version, moment, "\n".join(earlier), ""
        case Gone(source_id):
            return "gone", source_id, "", "", "", "", "", ""
        case Erased(source_id):
            return "erased", source_id, "", "", "", "", "", ""
        case Unreadable(source_id, reason):
            return "unreadable", source_id, "", "", "", "", "", reason


def _seen(source_id: str, person: str, version: str, moment: str, earlier: str) -> Seen:
    modified_at = datetime.fromisoformat(moment) if moment else None
    return Seen(source_id, from_json(person), version, modified_at, tuple(earlier.split("\n")) if earlier else ())


def _insert(sync_id: str, target: str, rows: Iterable[tuple[str, ...]]) -> None:
    # Registering NumPy arrays inserts thirty times faster than executemany.
    columns = {f"c{i}": np.array(column, dtype=object) for i, column in enumerate(zip(*rows, strict=True))}
    if columns:
        connection = _of(sync_id)
        connection.register("arriving", columns)
        connection.execute(f"INSERT INTO {target} SELECT * FROM arriving")  # noqa: S608 (named above)
        connection.unregister("arriving")


def _of(sync_id: str) -> duckdb.DuckDBPyConnection:
    return _open[sync_id]
