"""Metrics over all organizations, for monitoring: counts and sums only."""

import re
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from storage.session import Session
from storage.sql import statement
from storage.tables import metadata

_SQL = statement("measures")
_AGE = re.compile(r"\bage\((\w+)\)")  # seconds since the earliest
_POSTGRES = _AGE.sub(r"extract(epoch FROM now() - min(\1))", _SQL)
_SQLITE = _AGE.sub(r"(julianday('now') - julianday(min(\1))) * 86400", _SQL)
_ROWS = text(
    "SELECT relname, greatest(reltuples, 0) FROM pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)
_DOOR = """
    CREATE OR REPLACE FUNCTION contactflow_measures() RETURNS TABLE (name text, split text, value double precision)
    LANGUAGE plpgsql SECURITY DEFINER AS $door$
    BEGIN
        PERFORM set_config('contactflow.upkeep', 'on', true);
        RETURN QUERY SELECT one.name::text, one.split::text, one.value::double precision FROM ({}) AS one;
        PERFORM set_config('contactflow.upkeep', '', true);
    END
    $door$"""


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    split: str
    value: float


def measures(session: Session) -> list[Measure]:
    """On Postgres through a SECURITY DEFINER function, which returns sums and no rows."""
    if session.is_postgres:
        door = func.contactflow_measures().table_valued("name", "split", "value")
        rows = session.execute(select(door)).all()
    else:
        rows = session.execute(text(_SQLITE)).all()
    return [Measure(row.name, row.split, float(row.value or 0)) for row in rows]


def table_rows(session: Session) -> dict[str, float]:
    """Rows per table; on Postgres its estimate, since counting would read every row."""
    if session.is_postgres:
        return {name: float(rows) for name, rows in session.execute(_ROWS).all() if name in metadata.tables}
    tables = metadata.tables.items()
    return {name: session.execute(select(func.count()).select_from(table)).scalar_one() for name, table in tables}


def make_door(connection: Connection) -> None:
    connection.exec_driver_sql(_DOOR.format(_POSTGRES).replace("%", "%%"))
