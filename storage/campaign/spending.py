"""What calls of models came to: one by one, added up exactly, and how many of which nobody knows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, func, select

from storage.records import Purpose, UsageState
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import ai_usage as table


@dataclass(frozen=True, slots=True)
class Usage:
    id: str
    purpose: Purpose
    state: UsageState
    model: str
    mail_id: str
    attempt: int
    cost: Decimal | None
    created_at: datetime


@scoped
def total(session: Session, scope: Scope, budget_id: str) -> Decimal:
    """The sum of what is noted, added up exactly."""
    rows = session.execute(
        select(table.c.cost).where(
            of_organization(table, scope), table.c.budget_id == budget_id, table.c.cost.is_not(None)
        )
    )
    return sum(rows.scalars(), Decimal(0))


@scoped
def unpriced(session: Session, scope: Scope, budget_id: str) -> int:
    """Attempts whose cost nobody knows."""
    done = (UsageState.OK, UsageState.UNKNOWN)
    query = select(func.count()).where(
        of_organization(table, scope), table.c.budget_id == budget_id, table.c.cost.is_(None), table.c.state.in_(done)
    )
    return int(session.execute(query).scalar_one())


@scoped
def usages(session: Session, scope: Scope, budget_id: str) -> Sequence[Usage]:
    rows = session.execute(
        select(table).where(of_organization(table, scope), table.c.budget_id == budget_id).order_by(table.c.id)
    )
    return [_usage(row) for row in rows]


def _usage(row: Row[Any]) -> Usage:
    return Usage(
        row.id, Purpose(row.purpose), UsageState(row.state), row.model, row.email_id or "", row.attempt, row.cost,
        row.created_at,
    )  # fmt: skip
