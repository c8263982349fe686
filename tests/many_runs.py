"""A database after a year of many organizations: rows made by the database itself, within seconds."""

import re
from pathlib import Path

from storage.records import Role
from storage.scope import Scope
from storage.session import Store
from tests.conftest import past_row_security

_SQL = (Path(__file__).parent / "many_runs.sql").read_text(encoding="utf-8")
_UNCHECKED = "SET LOCAL session_replication_role = replica"  # what fits by construction need not be looked up
_BEFORE = {  # so many seconds before now
    True: r"now() - interval '1 second' * (\1)",
    False: r"strftime('%Y-%m-%d %H:%M:%f000', 'now', -(\1) || ' seconds')",
}


def fill(store: Store, *, organizations: int, runs: int) -> None:
    numbers = {"organizations": str(organizations), "runs": str(runs)}
    asked = re.sub(r":(organizations|runs)\b", lambda found: numbers[found[1]], _SQL)
    with past_row_security(store) as session:
        asked = re.sub(r":before\((.*?)\)", _BEFORE[session.is_postgres], asked)
        for statement in ([_UNCHECKED] if session.is_postgres else []) + asked.split(";\n"):
            session.connection.exec_driver_sql(statement.replace("%", "%%") if session.is_postgres else statement)


def admin(organization: int) -> Scope:
    return Scope(f"o{organization}", f"u{organization}-0", Role.ADMIN)


def member(organization: int, seat: int = 1) -> Scope:
    return Scope(f"o{organization}", f"u{organization}-{seat}", Role.MEMBER)
