"""Charts: numbers in, rectangles out, in hundredths of a drawing that is stretched to its place.

Colours, labels and scales are in the page around the drawing, so that they follow the reader's font size and contrast.
Each chart comes with a table of the same numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WHOLE = 100.0
GAP = 0.22  # share of a column's width
LEAST = 0.8  # the least height of a value above 0


@dataclass(frozen=True, slots=True)
class Box:
    series: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Stack:
    """The column at one place of the axis, with its description."""

    label: str
    values: tuple[int, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    series: tuple[str, ...]
    stacks: tuple[Stack, ...]
    top: int

    @property
    def sums(self) -> tuple[int, ...]:
        return tuple(sum(stack.values[at] for stack in self.stacks) for at in range(len(self.series)))

    @property
    def is_empty(self) -> bool:
        return not any(self.sums)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, as a bar. `percent` is of the first bar's number, or of all together."""

    label: str
    number: int
    percent: float


def columns(
    title: str, series: Mapping[str, Mapping[date, int]], since: date, until: date, *, width: int, stacked: bool
) -> Chart:
    """Columns over time, each of `width` days; several series side by side or stacked."""
    starts = [since + timedelta(days=at) for at in range(0, (until - since).days + 1, width)]
    rows = [tuple(_within(days, start, width) for days in series.values()) for start in starts]
    top = round_up(max((sum(row) if stacked else max(row) for row in rows), default=0))
    place = _upon if stacked else _beside
    stacks = (
        Stack(_named(start, width), row, place(row, WHOLE * at / len(rows), WHOLE / len(rows), top))
        for at, (start, row) in enumerate(zip(starts, rows, strict=True))
    )
    return Chart(title, tuple(series), tuple(stacks), top)


def shares(numbers: Mapping[str, int], *, of: int) -> list[Share]:
    return [Share(label, number, min(WHOLE, WHOLE * number / of) if of else 0.0) for label, number in numbers.items()]


def round_up(number: int) -> int:
    """Round up to 1, 2 or 5 times a power of ten."""
    scale = int(10 ** max(0, len(str(number)) - 1))
    return next(step * scale for step in (1, 2, 5, 10) if step * scale >= number)


def _within(days: Mapping[date, int], start: date, width: int) -> int:
    return sum(days.get(start + timedelta(days=at), 0) for at in range(width))


def _named(start: date, width: int) -> str:
    def told(day: date) -> str:
        return f"{day.day} {day:%b %Y}"

    return told(start) if width == 1 else f"{told(start)} to {told(start + timedelta(days=width - 1))}"


def _upon(row: Sequence[int], x: float, room: float, top: int) -> tuple[Box, ...]:
    boxes, floor = list[Box](), WHOLE
    for series, value in enumerate(row):
        if height := _height(value, top):
            floor = max(0.0, floor - height)
            boxes.append(_box(series, x + room * GAP / 2, floor, room * (1 - GAP), height))
    return tuple(boxes)


def _beside(row: Sequence[int], x: float, room: float, top: int) -> tuple[Box, ...]:
    each = room * (1 - GAP) / len(row)
    return tuple(
        _box(series, x + room * GAP / 2 + each * series, WHOLE - height, each, height)
        for series, value in enumerate(row)
        if (height := _height(value, top))
    )


def _height(value: int, top: int) -> float:
    return max(LEAST, WHOLE * value / top) if value else 0.0


def _box(series: int, x: float, y: float, width: float, height: float) -> Box:
    return Box(series, round(x, 2), round(y, 2), round(width, 2), round(height, 2))
