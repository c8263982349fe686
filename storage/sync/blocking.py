"""Candidate pairs: people who share a blocking key, found set-based in DuckDB.

Blocks that are too large are capped: everybody in them is compared with the nearest neighbours in sort order only, or
with nobody if the rule is a broad one (its name ends in "alone"). What capping leaves out is reported.
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
    """Capped keys of one rule: how many, how many people share them, and how many pairs those would have made."""

    rule: str
    keys: int
    people: int
    pairs: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """`pairs`, of shape (n, 2), are positions in `[*incoming, *existing]`; the left one is always incoming."""

    pairs: NDArray[np.int32]
    capped: tuple[Capped, ...] = ()


def candidates(
    keys: tuple[Sequence[int], Sequence[str], Sequence[str]],
    neighbours: Sequence[str],
    incoming: int,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Candidates:
    """`keys`: columns (position, rule, key). `neighbours`: everybody's sort text. The first `incoming` are new."""
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
