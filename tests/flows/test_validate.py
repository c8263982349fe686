"""Great Expectations over a batch: what stops a run, and what is only said. The one file that pays for its import."""

import subprocess
import sys

import pytest

from tasks.providers.expectations import GateBroken, met
from tasks.sync.validate import expectations

GOOD = [(f"s{number}", 500, 1, 1) for number in range(20)]


def unmet(rows: list[tuple[str, int, int, int]], seen_before: int = 0) -> list[tuple[str, bool]]:
    return [(one.name, one.critical) for one in expectations(rows, seen_before=seen_before) if not one.met]


@pytest.mark.parametrize(
    ("rows", "seen_before", "expected"),
    [
        (GOOD, 0, []),
        (GOOD, 25, []),
        ([], 0, []),
        ([*GOOD, ("", 500, 1, 1)], 0, [("ids present", True)]),
        ([*GOOD, GOOD[0]], 0, [("ids unique", True)]),
        ([*GOOD, ("large", 600 * 1024, 1, 1)], 0, [("sane sizes", True)]),
        ([(name, size, 0, 0) for name, size, _, _ in GOOD], 0, [("reachable", False)]),
        (GOOD, 50, [("row count", False)]),
    ],
)
def test_a_batch_is_judged_as_a_whole(
    rows: list[tuple[str, int, int, int]], seen_before: int, expected: list[tuple[str, bool]]
) -> None:
    assert unmet(rows, seen_before) == expected


def test_a_process_that_hears_nothing_any_more_is_said_to_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = "import os, sys, time; os.close(0); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    monkeypatch.setattr("tasks.providers.expectations._process", lambda: process)
    with pytest.raises(GateBroken):
        met("people", [])
    process.kill()
    process.communicate()
