"""An organization's own settings, stored in its row; `OrganizationSettings` has the defaults."""

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
    """An invalid setting. The text names it and says what is valid."""


@scoped
def organization_settings(session: Session, scope: Scope) -> OrganizationSettings:
    return _understood({name: value for name, value in _document(session, scope).items() if name in NAMES})


@scoped
def change(session: Session, scope: Scope, changes: Mapping[str, str], *, actor: str) -> OrganizationSettings:
    """Set values as a person writes them: `tracking=true`, `rest_days=30`. An empty value restores the default.

    Raises BadSetting, and NotAllowed for members.
    """
    scope.demand_admin("change its settings")
    if strange := [name for name in changes if name not in NAMES]:
        raise BadSetting(f"{strange[0]} is not a setting; known are {', '.join(NAMES)}")
    kept = _document(session, scope, lock=True)
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
    """How long undo data of syncs and merges is kept."""
    return timedelta(days=organization_settings(session, scope).undo_days or settings().undo_days)


def _document(session: Session, scope: Scope, *, lock: bool = False) -> dict[str, Any]:
    """With `lock`, held until the transaction ends: the document is written as a whole."""
    row = select(table.c.settings).where(table.c.id == scope.organization_id)
    return dict(session.execute(row.with_for_update() if lock else row).scalar_one())


def _understood(document: Mapping[str, Any]) -> OrganizationSettings:
    try:
        return msgspec.convert(dict(document), OrganizationSettings, strict=False)
    except msgspec.ValidationError as trouble:
        raise BadSetting(str(trouble)) from None
