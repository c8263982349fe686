"""`make bench`: our work beside the least it can cost and beside peers, as ratios. It never fails for being slow.

ARGS="--size 10000 1 4" runs smaller and only those rows. Peers are measured where they can be imported.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import (
    asking,
    catching,
    comparing,
    feel,
    judging,
    prefect_cost,
    queries,
    reading,
    relaying,
    whole,
    writing,
)
from tests.benchmarks.household import ROOT
from tests.benchmarks.measuring import Row

OUT = ROOT / "build" / "benchmarks.json"
Rows = Callable[[Path, int], Iterator[Row]]
MEASURED: dict[str, Rows] = {
    "1": reading.rows,
    "2": comparing.rows,
    "4": writing.rows,
    "6": whole.rows,
    "7": prefect_cost.rows,
    "8": whole.gate_rows,
    "9": asking.rows,
    "10": relaying.rows,
    "11": queries.rows,
    "12": feel.rows,
    "13": judging.rows,
    "14": catching.rows,
}
SAME = {"3": "2"}  # measured together
QUALITY = "5"
HEADS = ("row", "work", "ours", "limit", "peer", "ours/limit", "ours/peer", "goal")


def main() -> None:
    wanted = _arguments()
    logging.disable(logging.INFO)
    names = {SAME.get(name, name) for name in wanted.rows} or {*MEASURED, QUALITY}
    found: list[Row] = []
    for name, measure in MEASURED.items():
        if name in names:
            print(f"row {name} ...", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(prefix="contactflow-bench-") as home:
                found += measure(Path(home), wanted.size)
    _show(found)
    _keep(found, wanted.size)
    if QUALITY in names:
        _quality()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="people in the large rows; a tenth in the others")
    parser.add_argument(
        "rows", nargs="*", choices=[*MEASURED, *SAME, QUALITY, []], help="which rows; all of them if none"
    )
    return parser.parse_args()


def _quality() -> None:
    from tests.benchmarks import quality  # noqa: PLC0415 (it prints, and has arguments of its own)

    sys.argv[1:] = []
    quality.main()


def _show(rows: Sequence[Row]) -> None:
    lines = [HEADS, *map(_line, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADS))]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())


def _line(row: Row) -> tuple[str, ...]:
    peer = f"{_number(row.peer)} {row.peer_name}".strip() if row.peer else "-"
    ours = f"{_number(row.ours)} {row.unit}".strip()
    ratios = (_number(row.to_limit), _number(row.to_peer))
    return (str(row.number), row.work, ours, _number(row.limit), peer, *ratios, row.goal)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _keep(rows: Sequence[Row], size: int) -> None:
    OUT.parent.mkdir(exist_ok=True)
    told = [{**asdict(row), "to_limit": row.to_limit, "to_peer": row.to_peer} for row in rows]
    OUT.write_text(json.dumps({"size": size, "rows": told}, indent=2) + "\n")
    print(f"written to {OUT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
