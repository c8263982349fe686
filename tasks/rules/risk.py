"""Why somebody should look at a plan before it is written: what in it is not plainly new or plainly changed."""

from collections import Counter
from collections.abc import Sequence

from storage.records import SAFE_KINDS, Change, ChangeKind
from tasks.rules.planning import DOUBTFUL


def risks(rows: Sequence[Change], warnings: Sequence[str]) -> list[str]:
    """Nothing personal: kinds and numbers, and what validation remarked of the batch."""
    counted = Counter(row.kind for row in rows)
    found = [f"{counted[kind]} of kind {kind}" for kind in ChangeKind if kind not in SAFE_KINDS and counted[kind]]
    doubtful = sum(row.kind is ChangeKind.CREATE and DOUBTFUL in row.reason for row in rows)
    return [*found, *([f"{doubtful} doubtful of kind create"] if doubtful else []), *warnings]
