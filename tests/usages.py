"""What models were asked and what it cost, call by call: the product adds it up, tests look at each."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from storage.scope import Scope, of_organization
from storage.session import Session
from storage.tables import ai_usage


def usages(session: Session, scope: Scope, budget_id: str) -> Sequence[Row[Any]]:
    """In the order in which they were made."""
    session.enter(scope.organization_id)
    mine = of_organization(ai_usage, scope) & (ai_usage.c.budget_id == budget_id)
    return session.execute(select(ai_usage).where(mine).order_by(ai_usage.c.id)).all()
