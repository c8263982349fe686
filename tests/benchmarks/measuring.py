"""How the benchmarks measure: everything of one row in turns, the best turn counts, and ratios rather than seconds."""

import gc
import importlib.util
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]
Clock = Callable[[], float]

wall: Clock = time.perf_counter
cpu: Clock = time.process_time
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what it cost us, the least it can cost, what a peer takes; seconds unless `unit`."""

    number: int
    work: str
    ours: float
    goal: str
    limit: float | None = None
    peer: float | None = None
    peer_name: str = ""
    unit: str = "s"

    @property
    def to_limit(self) -> float | None:
        return self.ours / self.limit if self.limit else None

    @property
    def to_peer(self) -> float | None:
        return self.ours / self.peer if self.peer else None


def in_turns(works: Mapping[str, Work], *, turns: int = 3, clock: Clock = wall) -> dict[str, float]:
    """The best time of each, run one after the other and again, so that a busy machine is busy for all."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(turns):
        for name, work in works.items():
            gc.collect()
            started = clock()
            work()
            best[name] = min(best[name], clock() - started)
    return best


def spent(work: Work, *, clock: Clock = wall) -> float:
    started = clock()
    work()
    return clock() - started


def is_there(*modules: str) -> bool:
    """Peers are no dependencies of ours: where one is missing, a line says so."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        print(f"  skipped: {', '.join(missing)} is not installed")
    return not missing


@contextmanager
def peak_memory(found: dict[str, float], name: str) -> Iterator[None]:
    """MB by which this process grew at its highest; only Linux tells."""
    own = _PROC / "self"
    if not (own / "clear_refs").exists():
        yield
        return
    gc.collect()
    (own / "clear_refs").write_text("5")
    before = _status_mb("VmRSS")
    yield
    found[name] = _status_mb("VmHWM") - before


def cpu_of(process_id: int) -> float:
    """Seconds of CPU that another process has used so far; only Linux tells."""
    words = (_PROC / str(process_id) / "stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def _status_mb(name: str) -> float:
    for line in (_PROC / "self" / "status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0
