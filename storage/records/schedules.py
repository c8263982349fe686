"""When a sync runs by itself, and who looks at what it would do."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class ReviewPolicy(StrEnum):
    """Whether a person looks at every plan of a schedule, or only at those that hold more than new and plain rows."""

    ALWAYS = "always"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class Timing:
    """Either a cron expression, read on the clocks of a time zone, or every so often."""

    cron: str = ""
    every: timedelta | None = None
    time_zone: str = "UTC"


def zone(name: str) -> ZoneInfo:
    """ValueError where it is none, whatever else the library would make of odd names."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"time_zone: {name[:64]!r} is no time zone; write it like Europe/Berlin") from None
