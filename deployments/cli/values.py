"""Values of contacts as a terminal and a spreadsheet show them."""

import re
from typing import Any

from storage.records import Cell
from tasks.rules.wording import as_text

SEPARATOR = " ::: "  # Google's own separator, so that its import reads our files
# What a spreadsheet would take for a formula; phone numbers, which start with a plus too, are left as they are.
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d ().\-/]+(?:;ext=\d+)?(?: \([\w ()]*\))?(?: ::: .*)?\Z)", re.DOTALL)


def cell_text(cell: Cell) -> str:
    if not cell.before:
        return f"{cell.field}: {as_text(cell.after)}"
    return f"{cell.field}: {as_text(cell.before)} → {as_text(cell.after) or '(nothing)'}"


def spreadsheet_cell(value: Any) -> str:
    """A field as one cell, with a mark in front of what looks like a formula; importing removes the mark."""
    text = SEPARATOR.join(map(as_text, value)) if isinstance(value, tuple) else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def unmarked(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text
