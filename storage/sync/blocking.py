"""Candidate pairs: people who share a blocking key, found as set work in DuckDB.

Keys that too many people share are not compared whole: within such a block everybody meets only the nearest
neighbours in sort order, or nobody where the rule is a broad one (its name ends in "alone"). What that leaves out is
reported, never dropped in silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from storage.sql import statement

_LEAST_BUDGET = 200_000
_PAIRS_PER_PERSON = 5
_WINDOW = 3


@dataclass(frozen=True, slots=True)
class Capped:
    """Keys of one rule that so many people share that of their pairs only some were looked at."""

    rule: str
    keys: int
    people: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Positions in `[*incoming, *existing]`: the left one is always an incoming person, the right one either."""

    pairs: NDArray[np.int32]
    capped: tuple[Capped, ...] = ()


def candidates(
    keys: tuple[Sequence[int], Sequence[str], Sequence[str]],
    neighbours: Sequence[str],
    incoming: int,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Candidates:
    """`keys` are three columns: position, rule, key. `neighbours` is everybody's sort text. `incoming` come first."""
    with connection.cursor() if connection else duckdb.connect() as cursor:
        _load_keys(cursor, keys, neighbours)
        budget = max(_LEAST_BUDGET, _PAIRS_PER_PERSON * len(neighbours))
        cursor.execute(statement("block_sizes"), {"incoming": incoming, "budget": budget})
        capped = tuple(Capped(*row) for row in cursor.execute(statement("block_capped")).fetchall())
        cursor.execute(statement("block_pairs"), {"incoming": incoming, "window": _WINDOW})
        return Candidates(np.column_stack(list(cursor.fetchnumpy().values())), capped)


def _load_keys(
    cursor: duckdb.DuckDBPyConnection,
    keys: tuple[Sequence[int], Sequence[str], Sequence[str]],
    neighbours: Sequence[str],
) -> None:
    person, rule, key = keys
    _load(cursor, "block_key", person=np.array(person, dtype=np.int32), rule=_texts(rule), key=_texts(key))
    _load(cursor, "block_person", person=np.arange(len(neighbours), dtype=np.int32), neighbour=_texts(neighbours))


def _texts(values: Sequence[str]) -> np.ndarray:
    return np.array(values, dtype=object)


def _load(cursor: duckdb.DuckDBPyConnection, table: str, **columns: np.ndarray) -> None:
    cursor.register("arriving", columns)
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM arriving")  # noqa: S608 (named above)
    cursor.unregister("arriving")
