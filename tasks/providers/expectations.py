"""Great Expectations in a subprocess, started while we wait for the network: its import takes seconds.

Not in a thread: other threads would see half-imported modules. A request is a line of JSON with the suite's name, its
rows and the measure to compare them with; the response is a line of JSON with the expectations' results. A process
forked from one that has already imported the library (`keep_ready`) needs no subprocess.
"""

import atexit
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from typing import Any

LARGEST_RECORD = 512 * 1024
REACHABLE = 0.5
SHRUNK_TO = 0.5

LONGEST_SUBJECT = 200
LARGEST_MAIL = 4 * 2**20
MOST_BLOCKED = 0.5

Row = tuple[Any, ...]
COLUMNS = {
    "people": ["source_id", "bytes", "addresses", "numbers"],
    "mails": ["mail_id", "address_hash", "content_hash", "bytes", "subject", "blocked"],
}


class GateBroken(Exception):
    """The subprocess ended without an answer."""


_ready: list[Any] = []


def keep_ready() -> None:
    """Import the library in this process, for a fork server: its children then need no subprocess."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _ready.append(_great_expectations())


def warm_up() -> None:
    if not _ready:
        _process()


def met(suite: str, rows: Sequence[Row], measure: int = 0) -> dict[str, bool]:
    """Which expectations of a suite ("people", "mails") the rows meet, by name. `COLUMNS` lists a row's values.

    `measure`: for "people", the number of rows seen before; unused for "mails".
    """
    if _ready:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own deprecation warnings
            return _met(_ready[0], suite, rows, measure)
    return _asked(suite, rows, measure)


def _asked(suite: str, rows: Sequence[Row], measure: int) -> dict[str, bool]:
    process = _process()
    if process.poll() is not None:
        _process.cache_clear()
        process = _process()
    assert process.stdin  # noqa: S101 (for the type checker: both are pipes)
    assert process.stdout  # noqa: S101 (as above)
    try:
        process.stdin.write(json.dumps([suite, rows, measure]).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except BrokenPipeError:  # it ended since it was looked at
        answer = b""
    if not answer:
        raise GateBroken("Great Expectations ended without an answer: the log of this run tells why")
    return dict(json.loads(answer))


@cache
def _process() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "tasks.providers.expectations"]
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
            answers.write(json.dumps(_met(gx, *json.loads(line))) + "\n")
            answers.flush()


def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # otherwise it reports every batch to its vendor
    import great_expectations  # noqa: PLC0415 (seconds of CPU, and only here)
    import pandas  # noqa: F401, ICN001, PLC0415 (as above)

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return great_expectations


def _met(gx: Any, suite: str, rows: Sequence[Row], measure: int) -> dict[str, bool]:
    import pandas as pd  # noqa: PLC0415 (seconds of CPU)
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415 (as above)

    frame = pd.DataFrame(rows, columns=COLUMNS[suite])
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("staging")
        .add_dataframe_asset(suite)
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )
    wanted = _people(gx.expectations, frame, measure) if suite == "people" else _mails(gx.expectations)
    result = batch.validate(gx.ExpectationSuite(name=suite, expectations=wanted), result_format="BOOLEAN_ONLY")
    return {one.expectation_config.meta["name"]: bool(one.success) for one in result.results}


def _people(expect: Any, frame: Any, seen_before: int) -> list[Any]:
    frame["reachable"] = (frame["addresses"] + frame["numbers"]) > 0
    return [
        expect.ExpectColumnValueLengthsToBeBetween(column="source_id", min_value=1, meta={"name": "ids present"}),
        expect.ExpectColumnValuesToBeUnique(column="source_id", meta={"name": "ids unique"}),
        expect.ExpectColumnMaxToBeBetween(column="bytes", max_value=LARGEST_RECORD, meta={"name": "sane sizes"}),
        expect.ExpectColumnValuesToBeInSet(
            column="reachable", value_set=[True], mostly=REACHABLE, meta={"name": "reachable"}
        ),
        expect.ExpectTableRowCountToBeBetween(min_value=int(seen_before * SHRUNK_TO), meta={"name": "row count"}),
    ]


def _mails(expect: Any) -> list[Any]:
    return [
        expect.ExpectColumnValuesToBeUnique(column="address_hash", meta={"name": "addresses unique"}),
        expect.ExpectColumnValueLengthsToEqual(column="content_hash", value=64, meta={"name": "all written"}),
        expect.ExpectColumnMaxToBeBetween(column="bytes", max_value=LARGEST_MAIL, meta={"name": "sane sizes"}),
        expect.ExpectColumnValuesToBeBetween(
            column="subject", min_value=1, max_value=LONGEST_SUBJECT, meta={"name": "subjects"}
        ),
        expect.ExpectColumnMeanToBeBetween(column="blocked", max_value=MOST_BLOCKED, meta={"name": "few blocked"}),
    ]


if __name__ == "__main__":
    main()
