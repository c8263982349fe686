"""Record linkage: traits of a person, blocking keys, a verdict for each candidate pair, and clusters from pairs."""

from tasks.rules.matching.judge import judge
from tasks.rules.matching.keys import block_keys, neighbours
from tasks.rules.matching.resolve import Resolution, resolve
from tasks.rules.matching.traits import Traits, traits

__all__ = ["Resolution", "Traits", "block_keys", "judge", "neighbours", "resolve", "traits"]
