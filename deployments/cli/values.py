"""Contacts' values as text for the terminal and for spreadsheets."""

import re
from typing import Any

from storage.records import Cell
from tasks.rules.wording import as_text

SEPARATOR = " ::: "  # as in Google's CSV exports, so that Google Contacts can import ours
# Text that a spreadsheet would evaluate as a formula. Phone numbers, which it would not, are left as they are.
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d ().\-/]+(?:;ext=\d+)?(?: \([\w ()]*\))?(?: ::: .*)?\Z)", re.DOTALL)


def cell_text(cell: Cell) -> str:
    if not cell.before:
        return f"{cell.field}: {as_text(cell.after)}"
    return f"{cell.field}: {as_text(cell.before)} → {as_text(cell.after) or '(nothing)'}"


def spreadsheet_cell(value: Any) -> str:
    """A field as one cell. Text that looks like a formula gets a leading apostrophe, which `unmarked` removes again."""
    text = SEPARATOR.join(map(as_text, value)) if isinstance(value, tuple) else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def unmarked(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text
