"""Rate limiting of a model, across any number of tasks of one event loop."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from tasks.providers.language.model import (
    Answer,
    Billed,
    Model,
    ModelError,
    Question,
    Size,
    T,
    Throttled,
    Unusable,
    Vectors,
    estimated,
)
from tasks.rules.model_pace import Limits, Pace, Turn

A = TypeVar("A")

_BYTES_A_TOKEN = 3


class NeverAsked(asyncio.CancelledError):
    """Cancelled before the request was made."""


class Turns:
    """A FIFO rate limiter. `async with turns.turn(tokens) as turn:` waits until a request of that size is allowed.

    If the wait would exceed `longest` seconds, as when a daily limit is used up, it raises and everything stops.
    """

    def __init__(
        self, pace: Pace | None = None, *, clock: Callable[[], float] = time.monotonic, longest: float = 900
    ) -> None:
        self.pace, self.clock, self._longest = pace or Pace(), clock, longest
        self._queue, self._news = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncGenerator[Turn, None]:
        try:
            turn = await self._begun(tokens)
        except asyncio.CancelledError as off:
            raise NeverAsked from off
        try:
            yield turn
        finally:
            self.pace.end()
            self._news.set()

    async def _begun(self, tokens: int) -> Turn:
        async with self._queue:
            while (wait := self.pace.wait(tokens, self.clock())) > 0:
                if self._longest < wait < math.inf:
                    raise _too_long(wait)
                await self._news_or(wait)
            return self.pace.begin(tokens, self.clock())

    async def _news_or(self, wait: float) -> None:
        """Wait, but no longer than until a response reports more room than was known."""
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), None if math.isinf(wait) else wait)
        except TimeoutError:
            return


def _too_long(wait: float) -> Unusable:
    cause = f"the model's limits are spent and leave room again in {wait / 3600:.1f} hours; go on then"
    return Unusable(cause, permanent=True, billed=Billed.NO, code="limits_spent", wait=wait)


class PacedModel:
    """A rate-limited model. After Throttled the caller still retries; its next turn waits as long as was asked."""

    def __init__(self, model: Model, turns: Turns) -> None:
        self._model, self._turns = model, turns

    async def write(self, asked: Question[T], *, tokens: int = 0) -> Answer[T]:
        """`tokens` is the size of the input, if known."""
        most = (tokens or estimated(asked).tokens) + asked.max_output_tokens
        return await self._in_turn(most, lambda: self._model.write(asked), lambda answer: answer.receipt.limits)

    async def count(self, asked: Question[T]) -> Size:
        return await self._model.count(asked)

    async def embed(self, texts: Sequence[str], *, model: str) -> Vectors:
        most = sum(len(text.encode()) // _BYTES_A_TOKEN + 1 for text in texts)
        ask = self._model.embed
        return await self._in_turn(most, lambda: ask(texts, model=model), lambda found: found.receipt.limits)

    async def _in_turn(self, tokens: int, ask: Callable[[], Awaitable[A]], limits: Callable[[A], Limits]) -> A:
        pace, clock = self._turns.pace, self._turns.clock
        async with self._turns.turn(tokens) as turn:
            try:
                answer = await ask()
            except ModelError as error:
                if isinstance(error, Throttled):
                    pace.throttled(turn, error.receipt.limits, error.wait, clock())
                elif error.receipt.tokens.input:
                    pace.answered(turn, error.receipt.limits, clock())
                raise
            pace.answered(turn, limits(answer), clock())
            return answer
