"""Record linkage: traits to compare, blocking keys for candidate pairs, a verdict per pair, and people from pairs."""

from tasks.rules.matching.judge import judge
from tasks.rules.matching.keys import block_keys, neighbours
from tasks.rules.matching.resolve import Resolution, resolve
from tasks.rules.matching.traits import Traits, traits

__all__ = ["Resolution", "Traits", "block_keys", "judge", "neighbours", "resolve", "traits"]
