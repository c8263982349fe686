"""How fast and when mails may leave."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import OrganizationSettings, Provider
from tasks.rules.pacing import DAY, GMAIL_COM, GOOGLE, MICROSOFT, Limits, day_cap, limits_of, must_stop, opening
from tasks.rules.pacing import time_to_send as eta

ANY = OrganizationSettings()
OFFICE = OrganizationSettings(send_window="09:00-17:00", send_weekends=False, time_zone="Europe/Berlin")
moments = st.integers(1_600_000_000, 1_900_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Apia"])
windows = st.tuples(*[st.integers(0, 23)] * 2).map(lambda two: f"{two[0]:02}:00-{two[1]:02}:30")


def test_each_service_has_its_limits() -> None:
    assert limits_of(Provider.MICROSOFT, "ann@acme.example", ANY) == MICROSOFT
    assert limits_of(Provider.GOOGLE, "ann@acme.example", ANY) == GOOGLE
    assert limits_of(Provider.GOOGLE, "Ann@Gmail.com", ANY) == GMAIL_COM
    assert limits_of(None, "", ANY).interval == timedelta()


def test_an_organization_sets_limits_of_its_own() -> None:
    rules = OrganizationSettings(mails_per_minute=6, mails_per_day=100)
    found = limits_of(Provider.MICROSOFT, "ann@acme.example", rules)
    assert (found.per_minute, found.per_day) == (6, 100)


@given(st.floats(1, 10_000))
def test_a_minute_never_holds_more_than_are_allowed(per_minute: float) -> None:
    """However the first of them was delayed: between it and the one after the last there are whole intervals."""
    interval = Limits(per_minute=per_minute).interval.total_seconds()
    assert int(per_minute) * interval >= 60 * int(per_minute) / per_minute
    assert interval * per_minute <= 64


def test_gmails_units_are_kept() -> None:
    assert 60 / GOOGLE.interval.total_seconds() * 110 <= 6_000


@pytest.mark.parametrize(("days", "cap"), [(0, 20), (1, 40), (3, 160), (20, 2_000), (10_000, 2_000)])
def test_a_mailboxs_days_double_up_to_its_limit(days: int, cap: int) -> None:
    assert day_cap(GOOGLE, 20, days) == cap


def test_without_a_ramp_the_day_is_whole_at_once() -> None:
    assert day_cap(GOOGLE, 0, 0) == 2_000
    assert day_cap(Limits(), 20, 1) == 40
    assert day_cap(Limits(), 0, 5) == 0


@given(moment=moments, zone=zones, window=windows, weekends=st.booleans())
def test_a_mail_leaves_within_its_hours_and_no_later_than_it_must(
    moment: datetime, zone: str, window: str, *, weekends: bool
) -> None:
    rules = OrganizationSettings(send_window=window, send_weekends=weekends)
    found = opening(moment, zone, rules)
    assert found >= moment
    assert found - moment <= timedelta(days=4)
    assert opening(found, zone, rules) == found
    here = found.astimezone(ZoneInfo(zone))
    begins, ends = window.split("-")
    clock = f"{here:%H:%M}"
    assert begins <= clock < ends if begins < ends else clock >= begins or clock < ends


@pytest.mark.parametrize(
    ("moment", "zone", "leaves"),
    [
        ("2026-06-03T10:00+02:00", "", "2026-06-03T10:00+02:00"),
        ("2026-06-03T07:00+02:00", "", "2026-06-03T09:00+02:00"),
        ("2026-06-03T17:00+02:00", "", "2026-06-04T09:00+02:00"),
        ("2026-06-05T18:00+02:00", "", "2026-06-08T09:00+02:00"),  # over the weekend
        ("2026-06-03T10:00+02:00", "America/New_York", "2026-06-03T09:00-04:00"),
        ("2026-06-03T10:00+02:00", "No/Where", "2026-06-03T10:00+02:00"),
        ("2026-10-23T18:00+02:00", "", "2026-10-26T09:00+01:00"),  # the clocks go back meanwhile
    ],
)
def test_mails_leave_in_office_hours_where_the_reader_is(moment: str, zone: str, leaves: str) -> None:
    assert opening(datetime.fromisoformat(moment), zone, OFFICE) == datetime.fromisoformat(leaves)


def test_without_a_window_a_mail_leaves_at_once() -> None:
    moment = datetime(2026, 6, 6, 3, tzinfo=UTC)
    assert opening(moment, "Asia/Tokyo", ANY) == moment


def test_how_long_a_campaign_takes_is_told() -> None:
    assert abs(eta(285, MICROSOFT, ANY) - timedelta(minutes=10)) < timedelta(seconds=1)
    assert eta(0, MICROSOFT, ANY) == timedelta()
    assert eta(5_000, Limits(), ANY) == timedelta()
    assert eta(2_000 * 3, GOOGLE, ANY) // DAY == 2
    assert eta(100, MICROSOFT, OrganizationSettings(ramp_up_from=10)) // DAY == 3  # 10 + 20 + 40 + 80
    assert eta(100, GOOGLE, ANY, sent_today=1_950) // DAY == 1
    assert eta(30_000, Limits(per_minute=60), OrganizationSettings(send_window="09:00-10:00")) // DAY == 8


@given(st.integers(0, 50_000), st.integers(0, 500))
def test_more_mails_never_take_less_time(mails: int, more: int) -> None:
    rules = OrganizationSettings(ramp_up_from=50, send_window="08:00-18:00")
    assert eta(mails, GOOGLE, rules) <= eta(mails + more, GOOGLE, rules)


@pytest.mark.parametrize(
    ("settled", "bad", "stops"), [(19, 19, False), (20, 2, False), (20, 3, True), (1000, 100, False), (1000, 101, True)]
)
def test_a_campaign_stops_when_too_many_fail(settled: int, bad: int, *, stops: bool) -> None:
    assert must_stop(settled, bad, ANY) is stops
