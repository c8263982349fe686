"""When schedules come round: what people may write, the clocks' own changes, and that not all begin at once."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Timing
from tasks.rules.timing import SHORTEST, SPREAD, BadTiming, anchor, next_runs, spread, timing_of

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)  # a Friday; on Sunday the clocks of Berlin go forward
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]
CRONS = ["0 9 * * MON-FRI", "*/15 * * * *", "30 2 * * *", "5,35 */2 * * *", "59 23 1 * *", "0-50/10 8-17 * * *"]
KEYS = st.uuids().map(str)


@pytest.mark.parametrize(
    ("cron", "every", "zone", "why"),
    [
        ("", "", "UTC", "either a cron expression or how often"),
        ("0 9 * * *", "1h", "UTC", "either a cron expression or how often"),
        ("0 9 * *", "", "UTC", "five fields"),
        ("0 0 9 * * *", "", "UTC", "five fields"),
        ("@daily", "", "UTC", "five fields"),
        ("61 9 * * *", "", "UTC", "bad minute"),
        ("R 9 * * *", "", "UTC", "bad minute"),
        ("0 9 31 2 *", "", "UTC", "bad day-of-month"),
        ("0 9 31 2,4 *", "", "UTC", "bad day-of-month"),
        ("0 9 1 * MON", "", "UTC", "either days of the month or weekdays"),
        ("* * * * *", "", "UTC", "every 5 minutes"),
        ("58,2 * * * *", "", "UTC", "every 5 minutes"),
        ("0 9 * * *", "", "Berlin", "is no time zone; write it like Europe/Berlin"),
        ("0 9 * * *", "", "Europe", "is no time zone; write it like Europe/Berlin"),
        ("0 9 * * *", "", "../../etc/passwd", "is no time zone; write it like Europe/Berlin"),
        ("0 9 * * *", "", "x" * 500, "is no time zone; write it like Europe/Berlin"),
        ("", "often", "UTC", "30m, 6h or 1d"),
        ("", "4m", "UTC", "between 5 minutes and 90 days"),
        ("", "99999d", "UTC", "between 5 minutes and 90 days"),
    ],
)
def test_what_makes_no_sense_is_told_in_words(cron: str, every: str, zone: str, why: str) -> None:
    with pytest.raises(BadTiming, match=why):
        timing_of(cron, every, zone)


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=20))
def test_no_text_gets_anything_but_a_timing_or_a_sentence(cron: str, every: str, zone: str) -> None:
    try:
        found = timing_of(cron, every, zone)
    except BadTiming:
        return
    assert next_runs(found, "key", since=NOW, after=NOW)


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), KEYS)
def test_a_cron_begins_within_its_ten_minutes_and_never_in_another_hour(cron: str, zone: str, key: str) -> None:
    asked, spread_out = timing_of(cron, "", zone), spread(cron, key)
    plain = next_runs(Timing(cron, None, zone), key, since=NOW, after=NOW, number=20)
    assert spread_out == spread(cron, key)
    assert all(later > earlier for earlier, later in pairwise(plain))
    assert next_runs(asked, key, since=NOW, after=NOW, number=20) == plain


def test_a_thousand_at_nine_do_not_begin_at_nine() -> None:
    timing = timing_of("0 9 * * *", "", "UTC")
    begun = Counter(
        next_runs(timing, f"schedule {number}", since=NOW, after=NOW, number=1)[0] for number in range(1000)
    )
    assert max(begun.values()) <= 10
    assert max(begun) - min(begun) <= timedelta(seconds=SPREAD)
    assert {moment.hour for moment in begun} == {9}


def test_nine_in_the_morning_stays_nine_when_the_clocks_change() -> None:
    runs = next_runs(timing_of("0 9 * * *", "", "Europe/Berlin"), "key", since=NOW, after=NOW, number=3)
    assert [run.hour for run in runs] == [8, 7, 7]


def test_a_time_that_the_clocks_leave_out_comes_round_all_the_same() -> None:
    runs = next_runs(timing_of("30 2 * * *", "", "Europe/Berlin"), "key", since=NOW, after=NOW, number=3)
    assert [run.day for run in runs] == [28, 29, 30]


@given(st.integers(5, 60 * 24 * 90), KEYS, st.integers(0, 10**7))
def test_an_interval_keeps_its_distance_from_the_moment_it_was_made(minutes: int, key: str, later: int) -> None:
    timing = timing_of("", f"{minutes}m", "UTC")
    runs = next_runs(timing, key, since=NOW, after=NOW + timedelta(seconds=later), number=4)
    assert all(later - earlier == timedelta(minutes=minutes) for earlier, later in pairwise(runs))
    assert runs[0] > NOW + timedelta(seconds=later)
    assert (runs[0] - anchor(timing, key, NOW)) % timedelta(minutes=minutes) == timedelta()
    assert timing.every >= SHORTEST  # type: ignore[operator]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", [one for one in CRONS if not one.startswith("30 2")])
def test_prefect_begins_when_we_say(cron: str, zone: str) -> None:
    from prefect.server.schemas.schedules import CronSchedule  # noqa: PLC0415 (seconds, for this test alone)

    minutes, second = spread(cron, "key")
    theirs: Any = asyncio.run(CronSchedule(cron=f"{minutes} {second}", timezone=zone).get_dates(40, start=NOW))
    ours = next_runs(Timing(cron, None, zone), "key", since=NOW, after=NOW, number=40)
    # In the night in which clocks change, Prefect moves turns by up to an hour, and none is left out.
    last = min(theirs[-1].astimezone(UTC), ours[-1])
    assert [one.astimezone(UTC) for one in theirs if not changes(one) and one <= last] == [
        one for one in ours if not changes(one) and one <= last
    ]


def changes(moment: datetime) -> bool:
    return moment.astimezone(UTC).date() in {date(2026, 3, 28), date(2026, 3, 29)} and moment.astimezone(UTC).hour < 4
