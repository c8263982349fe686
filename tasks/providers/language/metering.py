"""Metered calls of a language model: what one may cost is reserved from a budget before, and settled after.

An entry an attempt, whatever came of it, for a reply that was lost may have been billed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from storage.campaign import usage
from storage.campaign.usage import LONGEST_CALL, Attempt, BudgetSpent, Result
from storage.records import Cost, TokenCounts, UsageState
from storage.scope import Scope
from storage.session import Store
from tasks.providers.language.model import Billed, ModelError, Receipt
from tasks.providers.language.model_turns import NeverAsked
from tasks.rules import prices
from tasks.rules.prices import Tariff

PROVIDER = "openai"
NEVER_ASKED = Result(UsageState.FAILED, TokenCounts(), Cost(Decimal(0), {}), error="never asked")
LOST = Result(UsageState.UNKNOWN, TokenCounts(), Cost(None, {}), error="called off")
GLANCE = 0.1


class Receipted(Protocol):
    @property
    def receipt(self) -> Receipt: ...


A = TypeVar("A", bound=Receipted)


@dataclass(frozen=True, slots=True)
class Meter:
    store: Store
    scope: Scope
    budget_id: str
    tariff: Tariff
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def metered(self, entry: Attempt, size: tuple[int, int], ask: Callable[[], Awaitable[A]]) -> A:
        """`size` is how many tokens go in and may come out at most: what that costs becomes the worst of `entry`.

        Where that is too much only while other calls are under way, these are waited for; else BudgetSpent.
        """
        begun = await self._begun(entry, size)
        try:
            answer = await ask()
        except ModelError as error:
            await self._settled(begun, self._failure(error, entry.model))
            raise
        except NeverAsked:
            self._settle(begun, NEVER_ASKED)
            raise asyncio.CancelledError from None  # timeouts know this one alone
        except BaseException:
            # Called off because another call failed for good: at once, for a thread could be called off as well.
            self._settle(begun, LOST)
            raise
        await self._settled(begun, self._result(UsageState.OK, answer.receipt, entry.model))
        return answer

    async def _begun(self, entry: Attempt, size: tuple[int, int]) -> str:
        """One after the other, so that of many who wait only one asks."""
        async with self.queue:
            while True:
                try:
                    return await self._reserved(entry, size)
                except BudgetSpent as full:
                    if full.for_good:
                        raise
                await asyncio.to_thread(self.give_up)
                await asyncio.sleep(GLANCE)

    async def _reserved(self, entry: Attempt, size: tuple[int, int]) -> str:
        """A thread cannot be called off: what it sets aside for nobody any more is given back."""
        reserving = asyncio.ensure_future(asyncio.to_thread(self._reserve, entry, size))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            with suppress(BudgetSpent):
                self._settle(await reserving, NEVER_ASKED)
            raise

    async def _settled(self, usage_id: str, result: Result) -> None:
        """What is known is put down, even where it is called off while it waits for a thread."""
        settling = asyncio.ensure_future(asyncio.to_thread(self._settle, usage_id, result))
        try:
            await asyncio.shield(settling)
        except asyncio.CancelledError:
            await settling
            raise

    def give_up(self) -> None:
        """What processes had set aside that died over it counts as spent."""
        with self.store.begin() as session:
            usage.give_up(session, self.scope, self.budget_id, before=datetime.now(UTC) - LONGEST_CALL)

    def _reserve(self, entry: Attempt, size: tuple[int, int]) -> str:
        moment = datetime.now(UTC)
        worst = prices.at_worst(self.tariff, entry.model, input_tokens=size[0], output_tokens=size[1], at=moment)
        with self.store.begin() as session:
            return usage.reserve(session, self.scope, self.budget_id, replace(entry, worst=worst))

    def _settle(self, usage_id: str, result: Result) -> None:
        with self.store.begin() as session:
            usage.settle(session, self.scope, usage_id, result)

    def _failure(self, error: ModelError, model: str) -> Result:
        if error.billed is Billed.YES:
            return self._result(UsageState.FAILED, error.receipt, model, error=error.code)
        known = error.billed is Billed.NO
        state = UsageState.FAILED if known else UsageState.UNKNOWN
        cost = Cost(Decimal(0) if known else None, {})
        told = error.code or type(error).__name__
        return Result(state, TokenCounts(), cost, request_id=error.receipt.request_id, error=told)

    def _result(self, state: UsageState, receipt: Receipt, model: str, *, error: str = "") -> Result:
        cost = prices.cost(self.tariff, model, receipt.tokens, at=datetime.now(UTC), tier=receipt.tier)
        return Result(
            state, receipt.tokens, cost, receipt.model_served, receipt.tier, receipt.request_id, receipt.latency_ms,
            error,
        )  # fmt: skip
