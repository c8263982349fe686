"""The port for language models, and its errors.

ModelError
├── Unusable        every request will fail: bad key, no credit, no such model; stop everything
├── Unanswerable    this request will always fail: refused, filtered, too long, malformed by us
├── Unfit           an unusable answer: truncated, or not in the shape asked for; retry
├── Throttled       rate limited, nothing was done; `wait` says for how long
└── Unavailable     a server error or a lost connection; the request may or may not have been carried out
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

_AROUND = 32  # tokens that a service adds to a prompt


class Billed(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A request to a model. `instructions` come first and are shared by many requests, so that they can be cached.
    `facts` are data about one person and must not act as instructions. `shape` is the schema of the answer.
    """

    model: str
    instructions: str
    facts: str
    shape: type[T]
    max_output_tokens: int = 2000
    tier: str = "default"
    cache_key: str = ""
    effort: str = ""
    """The reasoning effort; the model's default if empty."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an attempt used, as reported by the service."""

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
    """Input tokens. An upper bound unless `exact`."""

    tokens: int
    exact: bool


class ModelError(Exception):
    """`permanent`: retrying the same request is useless. `code` is the service's code, never its message.

    `receipt` says what was used, if it was billed.
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
        """One attempt with one receipt. Retries are up to the caller."""
        ...

    async def count(self, asked: Question[T]) -> Size: ...

    async def embed(self, texts: Sequence[str], *, model: str) -> Vectors: ...


def estimated(asked: Question[T]) -> Size:
    """An upper bound of a request's tokens, for services that do not count: no token is shorter than a byte."""
    told = sum(len(text.encode()) for text in (asked.instructions, asked.facts))
    return Size(told + _size_of(asked.shape) + _AROUND, exact=False)


@lru_cache(maxsize=64)
def _size_of(shape: type[BaseModel]) -> int:
    """Twice the size of our schema, since the strict form adds `required` and `additionalProperties` to every part."""
    return 2 * len(json.dumps(shape.model_json_schema()))
