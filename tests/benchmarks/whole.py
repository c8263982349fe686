"""Rows 6 and 8: a sync from first request to last number, the second one too, and what the gate adds to it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec
import pandas as pd

from tasks.sync import validate
from tests.benchmarks.household import (
    ROOT,
    Household,
    Simulated,
    alone,
    begun,
    connected,
    household,
    person_at,
    simulated,
)
from tests.benchmarks.measuring import Row, in_turns, is_there, wall

TURNS = 2
LATENCY_MS = 300  # as Graph takes for a page of some hundred contacts


def rows(home: Path, size: int) -> Iterator[Row]:
    people = max(10, size // 10)
    with simulated(people) as world:
        _sync_twice(home / "warm", world)  # imports are row 8's
        turns = [_sync_twice(home / f"whole-{turn}", world) for turn in range(TURNS)]
        load = min(_dlt(home / f"dlt-{turn}", people) for turn in range(TURNS)) if is_there("dlt") else None
    first, second = (min(times) for times in zip(*turns, strict=True))
    yield Row(6, f"whole sync of {people:,}, first time", first, "< peer", peer=load, peer_name="dlt load to SQLite")
    yield Row(6, f"whole sync of {people:,}, nothing changed", second, "<= 0.25 of the first", first)


def gate_rows(home: Path, size: int) -> Iterator[Row]:
    batch = [(f"s{at}", 900, 2, 1) for at in range(size)]
    connection = duckdb.connect()
    connection.register("batch", pd.DataFrame(batch, columns=["id", "bytes", "addresses", "numbers"]))
    connection.execute("CREATE TABLE staged AS SELECT * FROM batch")
    query = "SELECT count(*), count(DISTINCT id), max(bytes), avg((addresses + numbers > 0)::INT) FROM staged"
    validate.expectations(batch)
    best = in_turns(
        {"ours": lambda: validate.expectations(batch), "query": lambda: connection.execute(query).fetchall()}
    )
    yield Row(8, f"gate over {size:,}, warm", best["ours"], "as it is", best["query"])
    people = max(10, size // 10)
    with simulated(people) as world:
        world.latency(LATENCY_MS)
        times: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(TURNS):
            for gated, spent in times.items():
                spent.append(_in_a_process(home / f"gate-{turn}-{gated}", world, gated=gated))
    added = min(times[True]) - min(times[False])
    yield Row(
        8, f"what the gate adds to a first sync of {people:,}, {LATENCY_MS} ms a page", added, "<= 1 s", unit="s wall"
    )


def _sync_twice(home: Path, world: Simulated) -> tuple[float, float]:
    with household(home, **world.environment) as house, alone():
        connection = connected(house, world)
        return _timed(house, connection), _timed(house, connection)


def _timed(house: Household, connection: str, *, gated: bool = True) -> float:
    run, spent = begun(house, connection=connection, full=True), 0.0
    for step in run.steps:
        if gated or step != run.validate:
            started = wall()
            step()
            spent += 0 if step == run.approve else wall() - started
    return spent


def _in_a_process(home: Path, world: Simulated, *, gated: bool) -> float:
    """As Prefect runs it: a fresh process, with everything still to import."""
    order = json.dumps([str(home), world.urls, gated])
    command = [sys.executable, "-m", "tests.benchmarks.whole", order]
    started = wall()
    subprocess.run(command, cwd=ROOT, check=True)
    return wall() - started


def _once(home: str, urls: dict[str, str], gated: bool) -> None:  # noqa: FBT001 (out of a command line)
    world = Simulated(urls)
    with household(Path(home), **world.environment) as house, alone():
        _timed(house, connected(house, world), gated=gated)


def _dlt(home: Path, people: int) -> float:
    """The peer only loads: the same number of people, in hand already, into SQLite."""
    import dlt  # noqa: PLC0415 (a peer that need not be there)

    home.mkdir()
    cards = [{"id": f"s{at}", **msgspec.to_builtins(person_at(at))} for at in range(people)]
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{home / 'peer.db'}")
    started = wall()
    pipeline = dlt.pipeline("peer", destination=destination, dataset_name="main", pipelines_dir=str(home))
    pipeline.run(cards, table_name="contacts", primary_key="id", write_disposition="merge")
    return wall() - started


if __name__ == "__main__":
    _once(*json.loads(sys.argv[1]))
