"""What an organization set for itself, in its own row; what it did not set is as `OrganizationSettings` has it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import select, update

from storage import audit
from storage.records import OrganizationSettings
from storage.scope import Scope, scoped
from storage.session import Session
from storage.settings import settings
from storage.tables import organizations as table

NAMES = tuple(field.name for field in fields(OrganizationSettings))


class BadSetting(Exception):
    """An organization's setting cannot be so. The text names it and says what would do."""


@scoped
def organization_settings(session: Session, scope: Scope) -> OrganizationSettings:
    return _understood({name: value for name, value in _document(session, scope).items() if name in NAMES})


@scoped
def change(session: Session, scope: Scope, changes: Mapping[str, str], *, actor: str) -> OrganizationSettings:
    """Set what is named, as a person writes it: `tracking=true`, `rest_days=30`. An empty value takes it back."""
    scope.demand_admin("change its settings")
    if strange := [name for name in changes if name not in NAMES]:
        raise BadSetting(f"{strange[0]} is not a setting; known are {', '.join(NAMES)}")
    kept = _document(session, scope)
    wanted = {**kept, **changes}
    document = {name: value for name, value in wanted.items() if value != ""}
    understood = _understood({name: value for name, value in document.items() if name in NAMES})
    typed = {name: getattr(understood, name) for name in changes if name in document}
    session.execute(update(table).where(table.c.id == scope.organization_id).values(settings={**document, **typed}))
    audit.record(
        session,
        scope,
        actor=actor,
        action="settings.changed",
        subject=scope.organization_id,
        detail={"names": sorted(changes)},
    )
    return understood


@scoped
def undo_time(session: Session, scope: Scope) -> timedelta:
    """How long what takes a sync or a merge back is kept."""
    return timedelta(days=organization_settings(session, scope).undo_days or settings().undo_days)


def _document(session: Session, scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = session.execute(
        select(table.c.settings).where(table.c.id == scope.organization_id)
    ).scalar_one()
    return dict(found)


def _understood(document: Mapping[str, Any]) -> OrganizationSettings:
    try:
        return msgspec.convert(dict(document), OrganizationSettings, strict=False)
    except msgspec.ValidationError as trouble:
        raise BadSetting(str(trouble)) from None
