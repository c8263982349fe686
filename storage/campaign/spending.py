"""What model calls cost in USD, added up exactly, and how many have no known cost."""

from decimal import Decimal

from sqlalchemy import func, select

from storage.records import UsageState
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import ai_usage as table


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
    """How many attempts have no known cost."""
    done = (UsageState.OK, UsageState.UNKNOWN)
    query = select(func.count()).where(
        of_organization(table, scope), table.c.budget_id == budget_id, table.c.cost.is_(None), table.c.state.in_(done)
    )
    return int(session.execute(query).scalar_one())
