"""Texts that mails are made from without a model: kept by name, every change a new version, none ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select

from storage.documents import new_id, now
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.tables import email_templates as table


class UnknownTemplate(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Template:
    id: str
    name: str
    version: int
    subject: str
    text: str
    language: str
    links: Mapping[str, str]
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewTemplate:
    name: str
    subject: str
    text: str
    language: str = ""
    links: Mapping[str, str] | None = None


@scoped
def save(session: Session, scope: Scope, new: NewTemplate, *, author: str) -> Template:
    """The same text again is the same version."""
    latest = newest(session, scope, new.name)
    if latest and _same(latest, new):
        return latest
    template_id = new_id()
    session.execute(
        insert(table).values(
            id=template_id,
            organization_id=scope.organization_id,
            name=new.name,
            version=latest.version + 1 if latest else 1,
            subject=new.subject,
            text=new.text,
            language=new.language,
            links=dict(new.links or {}),
            created_by=author,
            created_at=now(),
        )
    )
    return template(session, scope, template_id)


@scoped
def template(session: Session, scope: Scope, template_id: str) -> Template:
    row = session.execute(select(table).where(of_organization(table, scope), table.c.id == template_id)).one_or_none()
    if row is None:
        raise UnknownTemplate(f"no template {template_id}: `contactflow template list --org …` lists them")
    return _template(row)


@scoped
def newest(session: Session, scope: Scope, name: str) -> Template | None:
    named = select(table).where(of_organization(table, scope), table.c.name == name)
    row = session.execute(named.order_by(table.c.version.desc()).limit(1)).one_or_none()
    return _template(row) if row else None


@scoped
def versions(session: Session, scope: Scope, name: str) -> list[Template]:
    """The newest first."""
    named = select(table).where(of_organization(table, scope), table.c.name == name)
    return [_template(row) for row in session.execute(named.order_by(table.c.version.desc()))]


@scoped
def templates(session: Session, scope: Scope) -> list[Template]:
    """The newest version of each."""
    latest = (
        select(table.c.name, func.max(table.c.version).label("version"))
        .where(of_organization(table, scope))
        .group_by(table.c.name)
        .subquery()
    )
    rows = session.execute(
        select(table)
        .join(latest, (latest.c.name == table.c.name) & (latest.c.version == table.c.version))
        .where(of_organization(table, scope))
        .order_by(table.c.name)
    )
    return [_template(row) for row in rows]


def _same(one: Template, new: NewTemplate) -> bool:
    return (one.subject, one.text, one.language, dict(one.links)) == (
        new.subject, new.text, new.language, dict(new.links or {}),
    )  # fmt: skip


def _template(row: Row[Any]) -> Template:
    return Template(
        row.id, row.name, row.version, row.subject, row.text, row.language, row.links, row.created_by, row.created_at
    )
