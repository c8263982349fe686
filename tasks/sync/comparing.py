"""Match people: candidate pairs by blocking keys, each then judged by all of the evidence."""

from collections.abc import Sequence

from storage.records import Match
from storage.sync import blocking
from storage.sync.blocking import Candidates
from tasks.rules.matching import Traits, block_keys, judge, neighbours


def compared(incoming: Sequence[Traits], existing: Sequence[Traits]) -> tuple[list[Match], Candidates]:
    """Pairs within `incoming` are compared too, so an empty `existing` still finds duplicates."""
    people = [*incoming, *existing]
    found = blocking.candidates(block_keys(people), neighbours(people), len(incoming))
    return judge(incoming, existing, found.pairs), found
