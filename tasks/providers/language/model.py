"""The port every language model stands behind, and the ways in which it fails.

ModelError
├── Unusable        no question will be answered: bad key, no credit, no such model; stop everything
├── Unanswerable    this question will not be answered: refused, filtered, too long, malformed by us
├── Unfit           an answer came that cannot be used: cut short, or not in the shape asked for; ask again
├── Throttled       asked too fast, nothing was done; `wait` says for how long to be quiet
└── Unavailable     a server error, or the connection was lost; whether it was done nobody knows
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from storage.records import TokenCounts
from tasks.rules.model_pace import Limits

T = TypeVar("T", bound=BaseModel)

_AROUND = 32  # tokens that a service adds around what it is told


class Billed(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What a model is to write. `instructions` come first and are the same for many, so that they can be cached;
    `facts` are data about one person, and an instruction in them is none. `shape` is what the answer must be.
    """

    model: str
    instructions: str
    facts: str
    shape: type[T]
    max_output_tokens: int = 2000
    tier: str = "default"
    cache_key: str = ""
    effort: str = ""
    """How long a reasoning model thinks; its own habit if empty."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an attempt took, as the service tells it."""

    tokens: TokenCounts = field(default_factory=TokenCounts)
    model_served: str = ""
    tier: str = ""
    request_id: str = ""
    latency_ms: int = 0
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Vectors:
    values: list[list[float]]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Size:
    """Tokens of input. One that is not `exact` is the most that it can be."""

    tokens: int
    exact: bool


class ModelError(Exception):
    """`permanent`: the same question is not worth asking again. `code` is the service's own word, never its prose.

    Where it was billed, `receipt` says how much.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        billed: Billed,
        code: str = "",
        status: int = 0,
        wait: float = 0.0,
        receipt: Receipt | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent, self.billed, self.code, self.status, self.wait = permanent, billed, code, status, wait
        self.receipt = receipt or Receipt()


class Unusable(ModelError):
    pass


class Unanswerable(ModelError):
    pass


class Unfit(ModelError):
    pass


class Throttled(ModelError):
    pass


class Unavailable(ModelError):
    pass


class Model(Protocol):
    async def write(self, asked: Question[T]) -> Answer[T]:
        """One attempt, with one receipt: whoever asks again does so knowingly."""
        ...

    async def count(self, asked: Question[T]) -> Size: ...

    async def embed(self, texts: Sequence[str], *, model: str) -> Vectors: ...


def estimated(asked: Question[T]) -> Size:
    """The size of a question where nobody counts it; no token is shorter than a byte, so no budget is overdrawn."""
    told = sum(len(text.encode()) for text in (asked.instructions, asked.facts))
    return Size(told + _size_of(asked.shape) + _AROUND, exact=False)


@lru_cache(maxsize=64)
def _size_of(shape: type[BaseModel]) -> int:
    """Twice what it is here, for a strict schema says of every part that it is required and closed."""
    return 2 * len(json.dumps(shape.model_json_schema()))
