"""CSV files as contacts: exports of Google and Outlook, and any other file by its headers or a mapping."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tasks.providers.file.csv_headers import BadMapping, Column, columns, known
from tasks.providers.file.csv_rows import SLASHED, person
from tasks.providers.file.csv_tables import Row, Table, table
from tasks.providers.file.file_drafts import Draft
from tasks.providers.file.file_text import decoded
from tasks.rules.normalise import is_email

_HEADER_WITHIN = 10
_MONTHS = 12
_INTERNATIONAL = re.compile(r"\+[\d ().\-/]{7,}")
_PHONE_LIKE = re.compile(r"\+?[\d ().\-/]{6,}")


class NoTable(ValueError):
    """The columns of the text cannot be determined."""


def read(body: bytes, mapping: Mapping[str, str]) -> Iterator[Draft]:
    """One draft per row. Raises NoTable or BadMapping when called, not during iteration."""
    split = table(decoded(body), lambda cells: known(cells, mapping))
    first = list(islice(split.rows(), _HEADER_WITHIN))
    if not first:
        raise NoTable("the file holds no text")
    header = max(first, key=lambda row: (_heads(row, mapping, is_first=row is first[0]), -row.number))
    if _heads(header, mapping, is_first=header is first[0]):
        return _drafts(split, header.number, columns(_named(header.cells), mapping))
    if mapping:
        raise BadMapping(f"the file has no column named {', '.join(map(repr, mapping))}")
    return _drafts(split, 0, _by_content(first))


def _drafts(split: Table, after: int, found: list[Column]) -> Iterator[Draft]:
    month_first = _month_first(split, after, found)
    for row in split.rows():
        fault = row.fault or ("text above the line of headers" if row.number < after else "")
        where = f"row-{row.number}"
        if fault:
            yield Draft(where, reason=f"row {row.number}: {fault}")
        elif row.number != after:
            yield Draft(where, person(row, found, month_first=month_first))


def _heads(row: Row, mapping: Mapping[str, str], *, is_first: bool) -> int:
    """Score of `row` as the header line: its known headers. Except in the first row they must be at least two, and at
    least half of the filled cells; otherwise the score is 0.
    """
    count = known(row.cells, mapping)
    filled = sum(bool(cell.strip()) for cell in row.cells)
    return count if is_first or (count > 1 and count * 2 >= filled) else 0


def _named(headers: Sequence[str]) -> list[str]:
    return [header.strip() or f"Column {place}" for place, header in enumerate(headers, start=1)]


def _by_content(rows: Sequence[Row]) -> list[Column]:
    """Guess the columns of a file without headers by their cells: e-mail addresses, phones, and the first other column
    as the name. Raises NoTable if the first row has neither an e-mail address nor an international phone number.
    """
    if not any(is_email(cell.strip()) or _INTERNATIONAL.fullmatch(cell.strip()) for cell in rows[0].cells):
        raise NoTable(f"no header of its {len(rows[0].cells)} columns is known")
    found: list[Column] = []
    for place in range(max(len(row.cells) for row in rows)):
        cells = [row.cells[place].strip() for row in rows if len(row.cells) > place and row.cells[place].strip()]
        field = _field_of(cells)
        if field == "display_name" and Column(field) in found:
            field = "custom"
        found.append(Column(field, "" if field == "display_name" else str(place), label=_label_of(field, place)))
    return found


def _field_of(cells: Sequence[str]) -> str:
    if any(map(is_email, cells)):
        return "emails"
    return "phones" if cells and all(map(_PHONE_LIKE.fullmatch, cells)) else "display_name"


def _label_of(field: str, place: int) -> str:
    return f"Column {place + 1}" if field == "custom" else ""


def _month_first(split: Table, after: int, found: Sequence[Column]) -> bool | None:
    """Whether 4/5/1980 is in April, judged by the birthdays that have only one reading; None if they are missing or
    disagree.
    """
    places = [place for place, column in enumerate(found) if column.field == "birthday"]
    rows = (row for row in split.rows() if row.number > after) if places else ()
    cells = (row.cells[place] for row in rows for place in places if place < len(row.cells))
    dates = [(int(match[1]), int(match[2])) for cell in cells if (match := SLASHED.fullmatch(cell.strip()))]
    votes = {second > _MONTHS for first, second in dates if (first > _MONTHS) != (second > _MONTHS)}
    return votes.pop() if len(votes) == 1 else None
