"""A database on Postgres after a year of many organizations: rows made by the database itself, within seconds."""

import re
from pathlib import Path

from storage.records import Role
from storage.scope import Scope
from storage.session import Store
from tests.conftest import past_row_security

_SQL = (Path(__file__).parent / "many_runs.sql").read_text(encoding="utf-8")


def fill(store: Store, *, organizations: int, runs: int) -> None:
    numbers = {"organizations": str(organizations), "runs": str(runs)}
    asked = re.sub(r":(organizations|runs)\b", lambda found: numbers[found[1]], _SQL).replace("%", "%%")
    with past_row_security(store) as session:
        session.connection.exec_driver_sql(asked)


def admin(organization: int) -> Scope:
    return Scope(f"o{organization}", f"u{organization}-0", Role.ADMIN)


def member(organization: int, seat: int = 1) -> Scope:
    return Scope(f"o{organization}", f"u{organization}-{seat}", Role.MEMBER)
