"""Budgets: reserved before, settled after, and never overspent by any number of processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.campaign import spending, usage
from storage.campaign.usage import BudgetSpent, Result
from storage.documents import now
from storage.records import Cost, TokenCounts, UsageState
from storage.scope import Scope
from storage.session import Store
from tests.storage.campaign_examples import attempt, budgeted
from tests.storage.campaign_isolation import result
from tests.usages import usages


def test_what_is_reserved_is_gone_until_it_is_settled(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope, "1.00")
        begun = usage.reserve(session, scope, budget_id, attempt("0.60"))
        assert usage.budget(session, scope, budget_id).left == Decimal("0.40")
        with pytest.raises(BudgetSpent, match=r"0\.400000000 USD are left .* may cost 0\.60"):
            usage.reserve(session, scope, budget_id, attempt("0.60"))
        usage.settle(session, scope, begun, result("0.012345678"))
        found = usage.budget(session, scope, budget_id)
    assert (found.reserved, found.spent) == (Decimal(0), Decimal("0.012345678"))


def test_the_last_nano_dollar_can_be_spent(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope, "0.30")
        for _ in range(3):  # 0.1 + 0.1 + 0.1 is more than 0.3 to floating numbers
            usage.settle(session, scope, usage.reserve(session, scope, budget_id, attempt("0.10")), result("0.10"))
        assert usage.budget(session, scope, budget_id).left == 0
        with pytest.raises(BudgetSpent):
            usage.reserve(session, scope, budget_id, attempt("0.000000001"))


def test_an_attempt_is_settled_once(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope)
        begun = usage.reserve(session, scope, budget_id, attempt())
        usage.settle(session, scope, begun, result("0.05"))
        usage.settle(session, scope, begun, result("0.07"))
        assert spending.total(session, scope, budget_id) == Decimal("0.05")
        assert usage.budget(session, scope, budget_id).spent == Decimal("0.05")


@pytest.mark.parametrize("state", [UsageState.UNKNOWN, UsageState.OK, UsageState.FAILED])
def test_what_was_lost_on_the_way_or_that_nobody_counted_counts_in_full(
    store: Store, scope: Scope, state: UsageState
) -> None:
    """Servers that are compatible with OpenAI's do not all tell how much they were asked for."""
    lost = Result(state, TokenCounts(), Cost(None, {}))
    with store.begin() as session:
        budget_id = budgeted(session, scope)
        cost = usage.settle(session, scope, usage.reserve(session, scope, budget_id, attempt("0.25")), lost)
        assert cost == spending.total(session, scope, budget_id) == Decimal("0.25")
        assert usage.budget(session, scope, budget_id).spent == Decimal("0.25")


def test_what_a_dead_process_had_begun_counts_in_full_and_only_that(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope)
        usage.reserve(session, scope, budget_id, attempt("0.25"))
        assert usage.abandoned(session, scope, before=now() - timedelta(minutes=1)) == []
        assert usage.abandoned(session, scope, before=now() + timedelta(minutes=1)) == [(budget_id, "")]
        assert usage.give_up(session, scope, budget_id, before=now() - timedelta(minutes=1)) == 0
        assert usage.give_up(session, scope, budget_id, before=now() + timedelta(minutes=1)) == 1
        assert usage.give_up(session, scope, budget_id, before=now() + timedelta(minutes=1)) == 0
        assert spending.total(session, scope, budget_id) == Decimal("0.25")


def test_an_unknown_price_is_flagged_and_never_nothing(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope, None)
        usage.settle(session, scope, usage.reserve(session, scope, budget_id, attempt(None)), result(None))
        assert spending.unpriced(session, scope, budget_id) == 1
        assert [one.cost for one in usages(session, scope, budget_id)] == [None]


def test_eight_workers_together_never_reserve_a_cent_too_much(store: Store, scope: Scope) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope, "1.00")

    def work(_: int) -> int:
        got = 0
        for _ in range(10):
            try:
                with store.begin() as session:
                    usage.reserve(session, scope, budget_id, attempt("0.03"))
                got += 1
            except BudgetSpent:
                pass
        return got

    with ThreadPoolExecutor(8) as pool:
        reserved = sum(pool.map(work, range(8)))
    assert reserved == 33
    with store.read() as session:
        assert usage.budget(session, scope, budget_id).reserved == Decimal("0.99")


@given(st.lists(st.decimals("0.000000001", "0.2", places=9), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_the_budget_and_the_sum_of_its_attempts_are_the_same_to_nine_decimals(
    store: Store, scope: Scope, costs: list[Decimal]
) -> None:
    with store.begin() as session:
        budget_id = budgeted(session, scope, "100")
        for cost in costs:
            begun = usage.reserve(session, scope, budget_id, attempt("0.2"))
            usage.settle(session, scope, begun, result(str(cost)))
        found = usage.budget(session, scope, budget_id)
        assert found.spent == spending.total(session, scope, budget_id) == sum(costs, Decimal(0))
        assert found.reserved == 0
        session.connection.rollback()
