"""Looks at every row behind all of our code: plain SQL, past row-level security, knowing nothing but marks and keys."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

MARK = re.compile(r"mk\d{5}q", re.IGNORECASE)
OWNED = """
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'organization_id' ORDER BY table_name"""
NAMING = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name LIKE '%%\\_id' AND column_name <> 'organization_id'
        AND data_type IN ('character varying', 'text') AND table_name = ANY (%s)"""
# Keys between tables of organizations that were declared, each as a question for pairs that do not belong together.
DECLARED = """
    SELECT conname, format('SELECT count(*) FROM %%s AS child JOIN %%s AS parent ON %%s'
        ' WHERE parent.organization_id <> child.organization_id', conrelid::regclass, confrelid::regclass, (
            SELECT string_agg(format('child.%%I = parent.%%I', a.attname, b.attname), ' AND ')
            FROM unnest(conkey, confkey) AS pair (mine, theirs)
            JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = pair.mine
            JOIN pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = pair.theirs
            WHERE a.attname <> 'organization_id'))
    FROM pg_constraint
    WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s) AND confrelid::regclass::text = ANY (%s)"""


@dataclass
class Findings:
    rows: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    foreign: Counter[str] = field(default_factory=Counter)
    crossing: Counter[str] = field(default_factory=Counter)
    keys: int = 0


def audit(superuser_url: str) -> Findings:
    found = Findings()
    with psycopg.connect(superuser_url.replace("+psycopg", "")) as database:
        marks: dict[str, str] = dict(database.execute("SELECT id, slug FROM organizations").fetchall())
        tables = [name for (name,) in database.execute(OWNED).fetchall()]
        owners: dict[str, str] = {}
        for table in tables:
            _read(database, table, marks, owners, found)
        for table, column in database.execute(NAMING, [tables]).fetchall():
            _follow(database, table, column, owners, found)
        for name, question in database.execute(DECLARED, [tables, tables]).fetchall():
            found.keys += 1
            ((strangers,),) = database.execute(question).fetchall()
            found.crossing[name] += strangers
    found.crossing = +found.crossing
    return found


def _read(
    database: psycopg.Connection[tuple[str, ...]],
    table: str,
    marks: dict[str, str],
    owners: dict[str, str],
    found: Findings,
) -> None:
    """Every value of every row: whatever bears a mark bears that of the row's organization."""
    query = sql.SQL("SELECT organization_id, to_jsonb(one)::text, to_jsonb(one)->>'id' FROM {} AS one")
    with database.cursor(name="reader") as rows:
        rows.itersize = 5_000
        for organization, text, key in rows.execute(query.format(sql.Identifier(table))):
            found.rows[table] += 1
            borne = {one.lower() for one in MARK.findall(text)}
            found.marked += bool(borne)
            found.foreign[table] += bool(borne - {marks[organization]})
            if key:
                owners[key] = organization
    found.foreign = +found.foreign


def _follow(
    database: psycopg.Connection[tuple[str, ...]], table: str, column: str, owners: dict[str, str], found: Findings
) -> None:
    """Whatever names a row by its id, declared as a key or not, names one of its own organization."""
    query = sql.SQL("SELECT organization_id, {} FROM {}").format(sql.Identifier(column), sql.Identifier(table))
    for organization, named in database.execute(query).fetchall():
        found.crossing[f"{table}.{column}"] += owners.get(named, organization) != organization


def contacts(superuser_url: str) -> dict[str, dict[str, str]]:
    """Names by address, by organization."""
    return _by_organization(superuser_url, "SELECT organization_id, email, display_name FROM objects")


def sources(superuser_url: str) -> dict[str, dict[str, str]]:
    """The sources' ids and whom they are linked to, by organization."""
    return _by_organization(superuser_url, "SELECT organization_id, source_id, object_id FROM object_links")


def mails(superuser_url: str) -> dict[str, dict[str, str]]:
    """Mails' ids and states, by campaign."""
    return _by_organization(superuser_url, "SELECT campaign_id, id, state FROM campaign_emails")


def standings(superuser_url: str, table: str) -> Counter[str]:
    with psycopg.connect(superuser_url.replace("+psycopg", "")) as database:
        query = sql.SQL("SELECT status, count(*) FROM {} GROUP BY status").format(sql.Identifier(table))
        return Counter(dict(database.execute(query).fetchall()))


def _by_organization(superuser_url: str, query: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with psycopg.connect(superuser_url.replace("+psycopg", "")) as database:
        for owner, key, value in database.execute(query).fetchall():
            assert key not in found[owner], "twice"
            found[owner][key] = value
    return dict(found)
