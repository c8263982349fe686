"""Great Expectations in a process of its own, started while the network is waited for: its import takes seconds.

Not in a thread, for the rest of the program would meet libraries that are imported only half. Rows go in as a line of
JSON, (id, bytes, addresses, numbers) each; what was met comes out as another.
"""

import atexit
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from typing import Any

LARGEST_RECORD = 512 * 1024
REACHABLE = 0.5
SHRUNK_TO = 0.5

Row = tuple[str, int, int, int]


class GateBroken(Exception):
    """Great Expectations could not be asked."""


def warm_up() -> None:
    _process()


def met(rows: Sequence[Row], seen_before: int) -> dict[str, bool]:
    """Which expectations these rows meet, by name."""
    process = _process()
    if process.poll() is not None:
        _process.cache_clear()
        process = _process()
    assert process.stdin  # noqa: S101 (for the type checker: both are pipes)
    assert process.stdout  # noqa: S101 (as above)
    process.stdin.write(json.dumps([rows, seen_before]).encode() + b"\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise GateBroken("Great Expectations ended without an answer: the log of this run tells why")
    return dict(json.loads(answer))


@cache
def _process() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "tasks.expectations"]  # others' deprecations are not ours to mend
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 (our own module)
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def main() -> None:
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        gx = _great_expectations()
        for line in sys.stdin:
            rows, seen_before = json.loads(line)
            answers.write(json.dumps(_met(gx, rows, seen_before)) + "\n")
            answers.flush()


def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would tell its makers of every batch
    logging.disable(logging.INFO)
    import great_expectations  # noqa: PLC0415 (ten seconds of CPU, and only here)

    return great_expectations


def _met(gx: Any, rows: Sequence[Row], seen_before: int) -> dict[str, bool]:
    import pandas as pd  # noqa: PLC0415 (seconds of CPU)
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415 (as above)

    frame = pd.DataFrame(rows, columns=["source_id", "bytes", "addresses", "numbers"])
    frame["reachable"] = (frame["addresses"] + frame["numbers"]) > 0
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("staging")
        .add_dataframe_asset("people")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )
    result = batch.validate(_suite(gx, seen_before), result_format="BOOLEAN_ONLY")
    return {one.expectation_config.meta["name"]: bool(one.success) for one in result.results}


def _suite(gx: Any, seen_before: int) -> Any:
    expect = gx.expectations
    return gx.ExpectationSuite(
        name="staged people",
        expectations=[
            expect.ExpectColumnValueLengthsToBeBetween(column="source_id", min_value=1, meta={"name": "ids present"}),
            expect.ExpectColumnValuesToBeUnique(column="source_id", meta={"name": "ids unique"}),
            expect.ExpectColumnMaxToBeBetween(column="bytes", max_value=LARGEST_RECORD, meta={"name": "sane sizes"}),
            expect.ExpectColumnValuesToBeInSet(
                column="reachable", value_set=[True], mostly=REACHABLE, meta={"name": "reachable"}
            ),
            expect.ExpectTableRowCountToBeBetween(min_value=int(seen_before * SHRUNK_TO), meta={"name": "row count"}),
        ],
    )


if __name__ == "__main__":
    main()
