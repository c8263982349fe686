"""When a schedule's runs begin: what people write, made sure to make sense, and spread so that not all begin at once.

Everybody wants nine o'clock. Each schedule keeps a moment of its own within ten minutes after the hour that was asked
for, found from its id, so that it is the same every day.
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError

from storage.records import Timing, zone

SPREAD = 600
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=90)
CRON_FIELDS = 5
LONGEST_CRON = 500  # characters: enough to list every minute, and no number that Python refuses to read
LAST_MINUTE = 59
SPELT = re.compile(r"^(\d{1,6})\s*([mhd])$")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
HOW = "write five fields: minute, hour, day of the month, month, weekday, such as '0 9 * * MON-FRI'"


class BadTiming(Exception):
    """A schedule's times make no sense as they stand. The text says what to write."""


def timing_of(cron: str, every: str, time_zone: str) -> Timing:
    """As a person wrote it, one of the two and a zone."""
    if bool(cron.strip()) == bool(every.strip()):
        raise BadTiming("name either a cron expression or how often")
    found = Timing(" ".join(cron.split()), _interval(every) if every.strip() else None, time_zone.strip() or "UTC")
    try:
        zone(found.time_zone)
    except ValueError as trouble:
        raise BadTiming(str(trouble)) from None
    if found.cron:
        _demand_sensible(found)
    return found


def spelt(timing: Timing) -> str:
    """As a person would write it: a cron expression, or 30m, 6h, 1d."""
    if timing.every is None:
        return timing.cron
    return next(
        f"{timing.every // unit}{letter}" for letter, unit in reversed(UNITS.items()) if not timing.every % unit
    )


def next_runs(timing: Timing, key: str, *, since: datetime, after: datetime, number: int = 3) -> list[datetime]:
    """`since` is when the schedule was made: intervals are counted from there."""
    if timing.every:
        begun = anchor(timing, key, since)
        rounds = (after - begun) // timing.every + 1
        return [begun + timing.every * max(0, rounds + one) for one in range(number)]
    minutes, second = spread(timing.cron, key)
    late = timedelta(seconds=second)
    local = (after - late).astimezone(zone(timing.time_zone))
    return [moment.astimezone(UTC) + late for moment in islice(CronSim(minutes, local), number)]


def anchor(timing: Timing, key: str, since: datetime) -> datetime:
    """The moment from which an interval is counted."""
    most = min(SPREAD, int(timing.every.total_seconds())) if timing.every else SPREAD
    return since.replace(microsecond=0) + timedelta(seconds=_share(key, most))


def spread(cron: str, key: str) -> tuple[str, int]:
    """The expression with its minutes moved on, within the hour, and the second at which its runs begin."""
    minutes, rest = cron.split(maxsplit=1)
    moved, second = divmod(_share(key, _room(minutes)), 60)
    return f"{_moved(minutes, moved)} {rest}", second


def _share(key: str, most: int) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % most


def _room(minutes: str) -> int:
    """How many seconds the minutes can be moved on without getting into the next hour, or into their next turn."""
    if step := re.fullmatch(r"\*/(\d+)", minutes):
        return min(SPREAD, 60 * int(step[1]))
    if re.fullmatch(r"\d+(,\d+)*", minutes):
        return min(SPREAD, 60 * (LAST_MINUTE + 1 - max(map(int, minutes.split(",")))))
    return 60


def _moved(minutes: str, by: int) -> str:
    if step := re.fullmatch(r"\*/(\d+)", minutes):
        return f"{by}-{LAST_MINUTE}/{step[1]}" if by else minutes
    return ",".join(str(int(one) + by) for one in minutes.split(",")) if by else minutes


def _interval(text: str) -> timedelta:
    spelt = SPELT.match(text.strip().lower())
    if spelt is None:
        raise BadTiming(f"{text[:40]!r} is no interval: write it like 30m, 6h or 1d")
    every = int(spelt[1]) * UNITS[spelt[2]]
    if not SHORTEST <= every <= LONGEST:
        raise BadTiming("an interval is between 5 minutes and 90 days")
    return every


def _demand_sensible(timing: Timing) -> None:
    fields = timing.cron.split()
    if len(fields) != CRON_FIELDS or len(timing.cron) > LONGEST_CRON:
        raise BadTiming(f"{timing.cron[:80]!r} is no cron expression: {HOW}")
    if fields[2] != "*" and fields[4] != "*":
        raise BadTiming("name either days of the month or weekdays, and * for the other: together they mean two things")
    try:
        # Where the clocks stand still all year, so that a change of the clocks is not taken for haste.
        runs = list(islice(CronSim(timing.cron, datetime(2026, 1, 1, tzinfo=UTC)), 100))
    except CronSimError as trouble:
        raise BadTiming(f"{timing.cron[:80]!r} is no cron expression ({str(trouble).lower()}): {HOW}") from None
    if any(later - earlier < SHORTEST for earlier, later in pairwise(runs)):
        raise BadTiming("a schedule begins at most every 5 minutes")
