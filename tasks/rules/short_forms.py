"""Short forms of given names: which full names one may stand for. The table is `words/short_forms.txt`."""

from functools import cache, lru_cache

from tasks.rules.folding import fold_name
from tasks.rules.words import lines


@cache
def _stands_for() -> dict[str, frozenset[str]]:
    stands_for: dict[str, set[str]] = {}
    for line in lines("short_forms"):
        full, *shorts = map(fold_name, line.split())
        for short in shorts:
            stands_for.setdefault(short, set()).add(full)
    return {short: frozenset(full) for short, full in stands_for.items()}


@lru_cache(maxsize=100_000)
def formal(given: str) -> frozenset[str]:
    """Every full name that a folded given name may stand for, itself among them."""
    return _stands_for().get(given, frozenset()) | {given} if given else frozenset()
