"""Birthdays in the many ways people and programs write them."""

import re
from datetime import date

_ISO_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?")
_YEARLESS = re.compile(r"--(\d\d)-?(\d\d)(?:[T ].*)?")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: 0?0:00(?::00)?)?")
_LEAP_YEAR = 2000


def day_of(text: str) -> str:
    """`text` as `YYYY-MM-DD`, or `--MM-DD` without a year; empty if it is no day or may be two."""
    if _is_plain(text):
        return text
    if match := _ISO_DATE.fullmatch(text):
        return _day(*map(int, match.groups()))
    if match := _YEARLESS.fullmatch(text):
        return _day(0, int(match[1]), int(match[2]))
    if match := _DOTTED.fullmatch(text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if match := _SLASHED.fullmatch(text):
        return _slashed(int(match[1]), int(match[2]), int(match[3]))
    return ""


def _is_plain(text: str) -> bool:
    """As most are, and judged ten times faster; a week's day (`2026-W01-1`) is as long, but is none."""
    try:
        return len(text) == len("YYYY-MM-DD") and text[4] == text[7] == "-" and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _slashed(first: int, second: int, year: int) -> str:
    """Either order is in use, so only what can be read in one way is read."""
    readings = {_day(year, first, second), _day(year, second, first)} - {""}
    return readings.pop() if len(readings) == 1 else ""


def _day(year: int, month: int, day: int) -> str:
    try:
        written = date(year or _LEAP_YEAR, month, day).isoformat()
    except ValueError:
        return ""
    return written if year else f"-{written[4:]}"
