"""No test that shares a server is left alone, and the groups hold what there is."""

import re
from pathlib import Path

from tests.together import GROUPS

ROOT = Path(__file__).parent.parent


def test_all_that_runs_together_is_there() -> None:
    assert all((ROOT / path).exists() for group in GROUPS for path in group)


def test_whoever_asks_for_a_server_of_prefects_runs_together() -> None:
    listed = {path for group in GROUPS for path in group}
    asking = {
        f"tests/flows/{file.name}"
        for file in (ROOT / "tests" / "flows").glob("test_*.py")
        if re.search(r"\b(driver|prefect_server): ", file.read_text(encoding="utf-8"))
    }
    assert len(asking) > 5
    assert asking <= listed
