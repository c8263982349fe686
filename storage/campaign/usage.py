"""Calls of language models and their cost, under budgets that no number of processes can overspend.

The most that a call can cost is reserved before it is made, in one conditional update, and settled after it. A call
whose outcome was lost counts as its whole reservation, for it may have been billed.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, case, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from storage import row_security
from storage.documents import new_id, now
from storage.records import Cost, Purpose, TokenCounts, UsageState
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import ai_budgets as budgets
from storage.tables import ai_usage as table

NOTHING = Decimal(0)
LONGEST_CALL = timedelta(minutes=15)
# SQLite adds in floating point: a difference below half of the smallest amount (1e-9 USD) is none.
_ROUNDING = Decimal("0.0000000004")


class BudgetSpent(Exception):
    """Too little of the budget is left. The text says how much, and what was asked for.

    `for_good` is False if calls still under way may settle for less than they reserved and so free enough.
    """

    def __init__(self, left: Decimal | None, worst: Decimal, *, for_good: bool) -> None:
        super().__init__(f"{left} USD are left of the budget, and the next call may cost {worst}")
        self.for_good = for_good


@dataclass(frozen=True, slots=True)
class Budget:
    """Amounts in USD; `limit` is None if nobody set one."""

    id: str
    subject: str
    limit: Decimal | None
    reserved: Decimal
    spent: Decimal

    @property
    def left(self) -> Decimal | None:
        return None if self.limit is None else self.limit - self.reserved - self.spent


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a model. `worst` is the most that it can cost in USD; None if its price is unknown."""

    purpose: Purpose
    provider: str
    model: str
    worst: Decimal | None
    attempt: int = 1
    campaign_id: str = ""
    mail_id: str = ""
    prompt_version: str = ""
    prompt_hash: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended. With `cost.amount` None, the reservation counts as its cost."""

    state: UsageState
    tokens: TokenCounts
    cost: Cost
    model_served: str = ""
    tier: str = ""
    request_id: str = ""
    latency_ms: int = 0
    error: str = ""


@scoped
def open_budget(session: Session, scope: Scope, subject: str, *, limit: Decimal | None = None) -> Budget:
    """The budget of a subject, created if missing; a `limit` given here replaces the stored one."""
    mine = of_organization(budgets, scope) & (budgets.c.subject == subject)
    if session.execute(select(budgets.c.id).where(mine)).first() is None:
        _create_budget(session, scope, subject)
    if limit is not None:
        session.execute(update(budgets).where(mine).values(spending_limit=limit, updated_at=now()))
    return _budget(session.execute(select(budgets).where(mine)).one())


def _create_budget(session: Session, scope: Scope, subject: str) -> None:
    moment = now()
    row = {"id": new_id(), "organization_id": scope.organization_id, "created_at": moment, "updated_at": moment}
    with suppress(IntegrityError), session.connection.begin_nested():  # another process was quicker
        session.execute(insert(budgets).values(**row, subject=subject))


@scoped
def budget(session: Session, scope: Scope, budget_id: str) -> Budget:
    return _budget(
        session.execute(select(budgets).where(of_organization(budgets, scope), budgets.c.id == budget_id)).one()
    )


@scoped
def reserve(session: Session, scope: Scope, budget_id: str, attempt: Attempt) -> str:
    """Reserve what the attempt may cost and record its start; returns the attempt's id. Raises BudgetSpent."""
    worst = attempt.worst if attempt.worst is not None else NOTHING
    after = budgets.c.reserved + budgets.c.spent + worst
    held = session.execute(
        update(budgets)
        .where(of_organization(budgets, scope), budgets.c.id == budget_id)
        .where(or_(budgets.c.spending_limit.is_(None), after <= budgets.c.spending_limit + _ROUNDING))
        .values(reserved=budgets.c.reserved + worst, updated_at=now())
    )
    if held.rowcount != 1:
        here = budget(session, scope, budget_id)
        for_good = here.limit is None or here.limit - here.spent + _ROUNDING < worst
        raise BudgetSpent(here.left, worst, for_good=for_good)
    usage_id = new_id()
    session.execute(insert(table).values(_begun(scope, budget_id, usage_id, attempt, worst)))
    return usage_id


@scoped
def settle(session: Session, scope: Scope, usage_id: str, result: Result) -> Decimal | None:
    """Record an attempt's result, once, and release its reservation. Returns its cost, or else what was reserved."""
    row = session.execute(
        select(table.c.budget_id, table.c.reserved).where(of_organization(table, scope), table.c.id == usage_id)
    ).one()
    cost = result.cost.amount if result.cost.amount is not None else row.reserved or None
    settled = session.execute(
        update(table)
        .where(of_organization(table, scope), table.c.id == usage_id, table.c.state == UsageState.STARTED)
        .values(_ended(result, cost))
    )
    if settled.rowcount == 1:
        _release(session, scope, row.budget_id, reserved=row.reserved, spent=cost or NOTHING)
    return cost


@scoped
def give_up(session: Session, scope: Scope, budget_id: str, *, before: datetime) -> int:
    """Settle attempts begun before `before` whose process died, as costing what they reserved; returns how many."""
    begun = select(table.c.id).where(
        of_organization(table, scope),
        table.c.budget_id == budget_id,
        table.c.state == UsageState.STARTED,
        table.c.created_at < before,
    )
    lost = Result(UsageState.UNKNOWN, TokenCounts(), Cost(None, {}), error="its process died")
    ids = list(session.execute(begun).scalars())
    for usage_id in ids:
        settle(session, scope, usage_id, lost)
    return len(ids)


def with_abandoned(session: Session, before: datetime) -> list[Scope]:
    begun = (table.c.state == UsageState.STARTED) & (table.c.created_at < before)
    return row_security.owners_of(session, table, begun)


@scoped
def abandoned(session: Session, scope: Scope, *, before: datetime) -> Sequence[tuple[str, str]]:
    """(budget id, campaign id or "") of every budget with unsettled attempts that began before `before`."""
    begun = select(table.c.budget_id, func.coalesce(table.c.campaign_id, "")).where(
        of_organization(table, scope), table.c.state == UsageState.STARTED, table.c.created_at < before
    )
    return [(budget_id, campaign_id) for budget_id, campaign_id in session.execute(begun.distinct())]


def _release(session: Session, scope: Scope, budget_id: str, *, reserved: Decimal, spent: Decimal) -> None:
    left = budgets.c.reserved - reserved
    session.execute(
        update(budgets)
        .where(of_organization(budgets, scope), budgets.c.id == budget_id)
        .values(reserved=case((left < 0, 0), else_=left), spent=budgets.c.spent + spent, updated_at=now())
    )


def _begun(scope: Scope, budget_id: str, usage_id: str, attempt: Attempt, worst: Decimal) -> dict[str, Any]:
    return {
        "id": usage_id,
        "organization_id": scope.organization_id,
        "budget_id": budget_id,
        "campaign_id": attempt.campaign_id or None,
        "email_id": attempt.mail_id or None,
        "purpose": attempt.purpose,
        "state": UsageState.STARTED,
        "attempt": attempt.attempt,
        "provider": attempt.provider,
        "model": attempt.model,
        "prompt_version": attempt.prompt_version,
        "prompt_hash": attempt.prompt_hash,
        "reserved": worst,
        "created_at": now(),
    }


def _ended(result: Result, cost: Decimal | None) -> dict[str, Any]:
    return {
        "state": result.state,
        "model_served": result.model_served,
        "tier": result.tier,
        "request_id": result.request_id,
        "error": result.error,
        "input_tokens": result.tokens.input,
        "cached_tokens": result.tokens.cached,
        "cache_write_tokens": result.tokens.cache_write,
        "output_tokens": result.tokens.output,
        "reasoning_tokens": result.tokens.reasoning,
        "unit_prices": result.cost.unit_prices,
        "price_table": result.cost.table,
        "cost": cost,
        "latency_ms": result.latency_ms,
        "settled_at": now(),
    }


def _budget(row: Row[Any]) -> Budget:
    return Budget(row.id, row.subject, row.spending_limit, row.reserved, row.spent)
