"""Schedules at the terminal."""

from collections.abc import Callable
from typing import Any

import pytest

from storage import audit
from tests.cli.conftest import Call
from tests.flows.house import House

Told = Callable[..., Any]


@pytest.fixture
def made(told: Told, connection: str) -> dict[str, Any]:
    words = (
        "--cron",
        "0 9 * * MON-FRI",
        "--time-zone",
        "Europe/Berlin",
        "--review",
        "risky",
        "--as",
        "ann@acme.example",
    )
    return dict(told("schedule", "add", "--org", "acme", "--connection", connection, *words))


def test_a_schedule_is_added_listed_paused_resumed_and_removed(
    told: Told, call: Call, house: House, made: dict[str, Any]
) -> None:
    assert (made["review"], made["policy_by"], made["active"], len(made["next_runs"])) == (
        "risky", "ann@acme.example", True, 3,
    )  # fmt: skip
    assert told("schedule", "list", "--org", "acme") == [made]
    listed = call("schedule", "list", "--org", "acme").stdout
    assert "0 9 * * MON-FRI (Europe/Berlin)" in listed
    assert "ann@gmail.example" in listed
    assert told("schedule", "pause", made["id"])["next_runs"] == []
    assert "paused" in call("schedule", "list", "--org", "acme").stdout
    assert told("schedule", "resume", made["id"])["active"]
    assert call("schedule", "remove", made["id"]).stdout == "removed\n"
    assert "no schedule yet" in call("schedule", "list", "--org", "acme").stdout
    with house.store.read() as session:
        done = [one.action for one in audit.entries(session, house.scope) if one.subject == made["id"]]
    assert done[::-1] == ["schedule.added", "schedule.paused", "schedule.resumed", "schedule.removed"]


def test_what_is_changed_of_a_schedule_is_changed_and_the_rest_stays(told: Told, made: dict[str, Any]) -> None:
    def changed(*words: str) -> tuple[str, float | None, str, str, str]:
        now = told("schedule", "change", made["id"], *words, "--as", "ben@acme.example")
        return now["cron"], now["every_seconds"], now["time_zone"], now["review"], now["policy_by"]

    assert changed("--time-zone", "Asia/Tokyo") == (
        "0 9 * * MON-FRI", None, "Asia/Tokyo", "risky", "ann@acme.example",
    )  # fmt: skip
    assert changed("--every", "6h") == ("", 21600, "Asia/Tokyo", "risky", "ann@acme.example")
    assert changed("--review", "always") == ("", 21600, "Asia/Tokyo", "always", "ben@acme.example")
    assert changed("--cron", "30 7 * * *") == ("30 7 * * *", None, "Asia/Tokyo", "always", "ben@acme.example")
    assert changed() == ("30 7 * * *", None, "Asia/Tokyo", "always", "ben@acme.example")


def test_a_change_that_makes_no_sense_changes_nothing(told: Told, call: Call, made: dict[str, Any]) -> None:
    for words in (
        ("--cron", "nine"),
        ("--every", "2s"),
        ("--time-zone", "Mars"),
        ("--cron", "0 9 * * *", "--every", "6h"),
    ):
        assert call("schedule", "change", made["id"], *words).exit_code == 1
    assert told("schedule", "list", "--org", "acme") == [made]


def test_what_prefect_could_not_be_told_is_kept_and_said(call: Call, connection: str) -> None:
    result = call("schedule", "add", "--org", "acme", "--connection", connection, "--every", "6h")
    assert result.exit_code == 0
    assert "told to Prefect as soon as it can be" in result.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--cron", "9 o'clock"), "write five fields"),
        (("--every", "now and then"), "write it like 30m, 6h or 1d"),
        (("--cron", "0 9 * * *", "--time-zone", "Mars/Olympus"), "write it like Europe/Berlin"),
        ((), "name either a cron expression or how often"),
    ],
)
def test_times_that_make_no_sense_are_answered_in_words(
    call: Call, connection: str, words: tuple[str, ...], why: str
) -> None:
    result = call("schedule", "add", "--org", "acme", "--connection", connection, *words)
    assert result.exit_code == 1
    assert why in result.stderr
