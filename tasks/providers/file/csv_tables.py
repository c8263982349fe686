"""Split CSV text into numbered rows of cells: any delimiter, line breaks inside quotes, unclosed quotes."""

import csv
import io
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 20
_EXCEL_HINT = re.compile(r"\"?sep=([,;\t|])\"?\s*\Z", re.IGNORECASE)

# A cell may hold a long note; beyond csv's default limit reading the file would fail.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Row:
    """A row, numbered as in a spreadsheet; `fault` says why its cells could not be parsed."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    lines: list[str]
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """All rows but blank ones."""
        return (row for row in _rows(self.lines, self.delimiter) if row.fault or any(map(str.strip, row.cells)))


def table(text: str, telling: Callable[[list[str]], int]) -> Table:
    """Split `text` by the delimiter that suits its first rows best; `telling` counts the known headers of a row."""
    lines = list(io.StringIO(text, newline=""))
    if lines and (hint := _EXCEL_HINT.match(lines[0])):
        return Table(lines[1:], hint[1])
    return max((Table(lines, sign) for sign in _DELIMITERS), key=lambda split: _fitness(split, telling))


def _fitness(split: Table, telling: Callable[[list[str]], int]) -> tuple[int, int, int]:
    sample = [
        row.cells for row in islice(Table(split.lines[: 10 * _SAMPLE_ROWS], split.delimiter).rows(), _SAMPLE_ROWS)
    ]
    widths = [len(cells) for cells in sample]
    usual = max(widths, key=widths.count, default=0)
    return max(map(telling, sample), default=0), usual > 1, widths.count(usual) * usual


def _rows(lines: list[str], delimiter: str) -> Iterator[Row]:
    """All rows. An unclosed quote would swallow the rest, so its line is a faulty row and parsing restarts after it."""
    start = number = 0
    while start < len(lines):
        source = _Lines(lines, start)
        reader = csv.reader(source, delimiter=delimiter)
        begun = start
        start = len(lines)
        for cells in reader:
            number += 1
            if source.ended:
                yield Row(number, [], "a quotation mark is opened and never closed")
                start = begun + 1
                break
            yield Row(number, cells)
            begun = source.position


class _Lines:
    """Iterates over lines and records whether the csv reader hit the end, as it does inside an unclosed quote."""

    def __init__(self, lines: list[str], position: int) -> None:
        self.lines = lines
        self.position = position
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            self.ended = True
            raise StopIteration
        self.position += 1
        return self.lines[self.position - 1]
