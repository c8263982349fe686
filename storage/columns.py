"""Column types and factories shared by all tables: moments, money, documents, references."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

NANO = Decimal("0.000000001")


class UtcTime(TypeDecorator[datetime]):
    """A moment, always UTC and always with its zone, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return value.astimezone(UTC) if value else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """No conversion on Postgres, whose sessions are in UTC: a page reads thousands of moments."""
        del coltype
        return _moment if dialect.name == "sqlite" else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


class Money(TypeDecorator[Decimal]):
    """US dollars to nine decimals. SQLite stores floats: reading rounds them back to the exact decimal."""

    impl = Numeric(18, 9)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(18, 9, asdecimal=False))
        return dialect.type_descriptor(Numeric(18, 9))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return float(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        del coltype
        return _exact if dialect.name == "sqlite" else None


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(NANO)


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def row_id() -> Column[str]:
    return Column("id", String(36), primary_key=True)


def organization() -> Column[str]:
    return Column("organization_id", ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False)


def reference(
    name: str, to: str, *, ondelete: str | None = "CASCADE", nullable: bool = False
) -> tuple[Column[str], ForeignKeyConstraint]:
    """A composite foreign key, so that a row can refer only to rows of its own organization."""
    ours = ForeignKeyConstraint([name, "organization_id"], [f"{to}.id", f"{to}.organization_id"], ondelete=ondelete)
    return Column(name, String(36), nullable=nullable), ours


def referable() -> UniqueConstraint:
    return UniqueConstraint("organization_id", "id")


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcTime, nullable=nullable)


def count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def money(name: str, *, nullable: bool = False) -> Column[Decimal]:
    return Column(name, Money, nullable=nullable, server_default=None if nullable else "0")


def document(name: str, empty: str = "{}") -> Column[Any]:
    return Column(name, Document, nullable=False, server_default=empty)


def decision() -> tuple[Column[Any], ...]:
    """How a run was decided, by whom, and whether they had signed in or merely gave a name."""
    proven = Column("decision_proven", Boolean, nullable=False, server_default=text("false"))
    return words("decision"), words("decided_by"), proven, words("comment"), count("review_round")


def one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """An enum is the only list of a column's states; the constraint is made from it."""
    return CheckConstraint(f"{column} IN ({quoted(states)})", name=column)


def quoted(states: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{state}'" for state in states)
