"""Metered calls of a language model: the worst-case cost is reserved from a budget before, and settled after.

Each attempt has an entry, whatever its outcome, since even a lost reply may have been billed.
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
        """Call the model under the budget. `size`: input tokens, and the most output tokens.

        If the worst-case cost does not fit only because of other calls in progress, it waits for these. Raises
        BudgetSpent if it can never fit.
        """
        begun = await self._begun(entry, size)
        try:
            answer = await ask()
        except ModelError as error:
            await self._settled(begun, self._failure(error, entry.model))
            raise
        except NeverAsked:
            self._settle(begun, NEVER_ASKED)
            raise asyncio.CancelledError from None  # asyncio.timeout recognises no other
        except BaseException:
            # Cancelled because another call failed for good. Settled in this thread, since awaiting could be cancelled.
            self._settle(begun, LOST)
            raise
        await self._settled(begun, self._result(UsageState.OK, answer.receipt, entry.model))
        return answer

    async def _begun(self, entry: Attempt, size: tuple[int, int]) -> str:
        """Reserve, waiting while the budget is held by other calls. Under a lock, so that only one waiter polls."""
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
        """Reserve in a thread. A thread cannot be cancelled: a reservation made after cancellation is released."""
        reserving = asyncio.ensure_future(asyncio.to_thread(self._reserve, entry, size))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            with suppress(BudgetSpent):
                self._settle(await reserving, NEVER_ASKED)
            raise

    async def _settled(self, usage_id: str, result: Result) -> None:
        """Settle in a thread, and complete that even if cancelled meanwhile."""
        settling = asyncio.ensure_future(asyncio.to_thread(self._settle, usage_id, result))
        try:
            await asyncio.shield(settling)
        except asyncio.CancelledError:
            await settling
            raise

    def give_up(self) -> None:
        """Count reservations of dead processes as spent."""
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
