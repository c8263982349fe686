"""Where somebody's clock stands, as far as their phone number or their country can tell; empty where it may be two."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

# Zones that agree in both seasons are one clock.
_SEASONS = (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC))


def time_zone(phones: Iterable[str], country: str) -> str:
    """`phones` are spelt E.164; what is spelt otherwise tells nothing."""
    from tasks.rules.folding import fold  # noqa: PLC0415 (numpy comes with it, which pages do without)

    named = _of_countries().get(fold(country), "")
    return named or next(filter(None, map(_of_phone, phones)), "")


@lru_cache(maxsize=65536)
def _of_phone(phone: str) -> str:
    try:
        zones = timezone.time_zones_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return ""
    clocks = {_clock(zone) for zone in zones}
    return zones[-1] if len(clocks) == 1 and clocks != {None} else ""


@cache
def _clock(zone: str) -> tuple[float, ...] | None:
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # Etc/Unknown, say
        return None
    offsets = (moment.astimezone(here).utcoffset() for moment in _SEASONS)
    return tuple(offset.total_seconds() for offset in offsets if offset is not None)


@cache
def _of_countries() -> dict[str, str]:
    text = Path(__file__).with_name("country_zones.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name.replace("_", " "): zone for zone, *names in rows for name in names}
