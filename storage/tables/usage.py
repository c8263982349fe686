"""Language models: every attempt with what it cost, and the budgets that hold it."""

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint

from storage.columns import count, document, moment, money, one_of, organization, referable, reference, row_id, words
from storage.records import Purpose, UsageState
from storage.tables.base import metadata

ai_budgets = Table(
    "ai_budgets",
    metadata,
    row_id(),
    organization(),
    referable(),
    Column("subject", String(80), nullable=False),  # "campaign/ID", "matching/2026-11"
    money("spending_limit", nullable=True),
    money("reserved"),
    money("spent"),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("organization_id", "subject"),
)

ai_usage = Table(
    "ai_usage",
    metadata,
    row_id(),
    organization(),
    *reference("budget_id", "ai_budgets"),
    Column("campaign_id", String(36)),
    Column("email_id", String(36)),
    Column("purpose", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    words("provider"),
    words("model"),
    words("model_served"),
    words("tier"),
    words("prompt_version"),
    words("prompt_hash"),
    words("request_id"),
    words("error"),
    count("input_tokens"),
    count("cached_tokens"),
    count("cache_write_tokens"),
    count("output_tokens"),
    count("reasoning_tokens"),
    document("unit_prices"),
    words("price_table"),
    money("reserved"),
    money("cost", nullable=True),
    count("latency_ms"),
    moment("created_at"),
    moment("settled_at", nullable=True),
    one_of("purpose", Purpose),
    one_of("state", UsageState),
    Index("ix_ai_usage_by_campaign", "organization_id", "campaign_id"),
    Index("ix_ai_usage_by_budget", "budget_id", "state"),
    Index("ai_usage_unsettled", "state", "created_at"),
)
