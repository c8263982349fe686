"""Reads the rows of an edited export, CSV or JSON. A malformed file is rejected as a whole, by raising Refused.

Rejected is whatever would silently blank, shift or drop a value, such as a short or long row or an unclosed quote.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from deployments.cli.terminal import Refused
from storage.documents import FIELDS
from storage.records import Person
from storage.settings import settings
from tasks.providers.file.file_text import as_narrow

Row = tuple[str, dict[str, Any]]

_DELIMITERS = ",;\t"  # Excel uses the locale's list separator, and tabs for "Unicode text"
_MEGABYTE = 2**20


def rows_of(path: Path) -> list[Row]:
    """Each row's id (empty for a new contact), and the values of the fields that it names."""
    body = _bytes(path)
    rows = list(_json_rows(path.name, body) if path.suffix.lower() == ".json" else _csv_rows(path.name, body))
    twice = [row_id for row_id, times in Counter(row_id for row_id, _ in rows if row_id).items() if times > 1]
    if twice:
        raise Refused(f"{len(twice)} ids stand in more than one row, first {twice[0]}: nothing was read in")
    return rows


def _bytes(path: Path) -> bytes:
    limit = settings().file_limit_mb
    try:
        if path.stat().st_size > limit * _MEGABYTE:
            raise Refused(f"{path.name} has more than {limit} MB: split it, or raise CONTACTFLOW_FILE_LIMIT_MB")
        body = path.read_bytes()
    except OSError as wrong:
        raise Refused(f"{path} cannot be read: {wrong.strerror}") from None
    if not body.strip():
        raise Refused(f"{path.name} is empty: nothing was read in")
    return body


def _json_rows(name: str, body: bytes) -> Iterator[Row]:
    try:
        for one in msgspec.json.decode(body, type=list[dict[str, Any]]):
            given = one.get("properties", {})
            person = msgspec.convert(given, Person)
            _refuse_unknown(given)
            yield str(one.get("id") or ""), {field: getattr(person, field) for field in FIELDS if field in given}
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"{name} is not what `contactflow export` writes: {error}") from None


def _csv_rows(name: str, body: bytes) -> Iterator[Row]:
    try:
        text = as_narrow(body).decode()
    except UnicodeDecodeError:
        raise Refused(f"{name} is not UTF-8: save it as CSV in UTF-8") from None
    csv.field_size_limit(sys.maxsize)  # a cell may hold a long note; the size of the file is limited instead
    table = _table(text)
    head = next(table, [])
    _refuse_unknown(head, "id")
    if len(set(head)) < len(head):
        raise Refused(f"a column stands twice in the head of {name}: nothing was read in")
    for cells in _whole(table, name, len(head)):
        row = dict(zip(head, cells, strict=True))
        yield row.get("id", "").strip(), {field: row[field] for field in FIELDS if field in row}


def _table(text: str) -> Iterator[list[str]]:
    """CSV rows, parsed with the delimiter under which the header contains the most known columns."""
    lines = list(io.StringIO(text.replace("\0", ""), newline=""))

    def told(delimiter: str) -> int:
        return len({"id", *FIELDS} & set(next(csv.reader(lines[:1], delimiter=delimiter), [])))

    return csv.reader(lines, delimiter=max(_DELIMITERS, key=told), strict=True)


def _whole(table: Iterator[list[str]], name: str, width: int) -> Iterator[Sequence[str]]:
    number = 1
    try:
        for number, cells in enumerate(table, 2):
            if cells and len(cells) != width:
                raise Refused(
                    f"row {number} of {name} has {len(cells)} cells, its head has {width}: nothing was read in"
                )
            if cells:
                yield cells
    except csv.Error as wrong:
        raise Refused(f"after row {number} of {name}: {wrong}; nothing was read in") from None


def _refuse_unknown(names: Iterable[str], *others: str) -> None:
    if unknown := set(names) - {*others, *FIELDS}:
        raise Refused(
            f"columns that no export has: {', '.join(sorted(unknown))}; "
            "for contacts from elsewhere use `contactflow sync --file`"
        )
