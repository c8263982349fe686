"""Row 12: how long a person waits for the terminal."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from storage.documents import new_id
from storage.records import Provider, SyncStatus
from storage.sync import opening, reviews
from storage.sync.opening import NewSync
from tests.benchmarks.household import ROOT, Household, household
from tests.benchmarks.measuring import Row, in_turns

SYNCS = 100


def rows(home: Path, _size: int) -> Iterator[Row]:
    with household(home / "feel") as house:
        _syncs(house)
        best = in_turns({
            "help": _command("deployments.cli", "--help"),
            "list": _command("deployments.cli", "syncs", "--org", "acme"),
            "python": _command("this"),
            "prefect": _command("prefect", "--help"),
        }, turns=5)  # fmt: skip
    yield Row(12, "contactflow --help", best["help"], "<= 0.4 s", best["python"], best["prefect"], "prefect --help")
    yield Row(12, f"list of {SYNCS} syncs", best["list"], "<= 0.8 s", best["python"])


def _syncs(house: Household) -> None:
    for _ in range(SYNCS):
        with house.store.begin() as session:
            new = NewSync(new_id(), new_id(), Provider.FILE)
            opening.open_sync(session, house.scope, new)
            reviews.end(
                session, house.scope, new.id, to=SyncStatus.FAILED, expected=[SyncStatus.EXTRACTING], why="a benchmark"
            )


def _command(*words: str) -> Callable[[], object]:
    command = [sys.executable, "-m", *words]
    return lambda: subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, check=True)
