"""An organization's settings, with explanations, for its admins."""

from dataclasses import dataclass, fields
from typing import Any

from starlette.responses import Response

from storage.organization import organization_settings
from storage.organization.organization_settings import BadSetting
from storage.records import BadSurvivorship, OrganizationSettings
from web.visits import Visit

MEANINGS = {
    name: meaning.strip()
    for name, _, meaning in (line.strip().partition(" ") for line in (OrganizationSettings.__doc__ or "").splitlines())
}
LONG = ("postal_address",)
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    meaning: str
    kind: str
    value: str
    usual: str


def show(visit: Visit) -> Response:
    visit.scope.demand_admin("see and change its settings")
    return _page(visit, {}, saved=bool(visit.asked("saved")))


def change(visit: Visit) -> Response:
    """Store only the values that were changed, so that the others keep following the defaults."""
    visit.scope.demand_admin("change its settings")
    with visit.context.store.read() as session:
        before = organization_settings.organization_settings(session, visit.scope)
    asked = {name: value.strip()[:LONGEST] for name, value in visit.form.pairs if name in organization_settings.NAMES}
    changes = {name: value for name, value in asked.items() if value != written(getattr(before, name))}
    try:
        with visit.context.store.begin() as session:
            organization_settings.change(session, visit.scope, changes, actor=visit.email)
    except (BadSetting, BadSurvivorship) as trouble:
        return _page(visit, asked, error=_in_words(str(trouble)), status=422)
    return visit.go("/settings?saved=1")


def _page(visit: Visit, asked: dict[str, str], *, error: str = "", saved: bool = False, status: int = 200) -> Response:
    with visit.context.store.read() as session:
        known = organization_settings.organization_settings(session, visit.scope)
    found = [_field(one.name, getattr(known, one.name), one.default, asked) for one in fields(OrganizationSettings)]
    return visit.page("settings.html", fields=found, error=error, saved=saved, status=status)


def _in_words(trouble: str) -> str:
    """An error message with the setting's label on the page in place of its name."""
    name, colon, rest = trouble.partition(": ")
    return f"{name.replace('_', ' ').capitalize()}{colon}{rest}" if name in organization_settings.NAMES else trouble


def _field(name: str, value: Any, usual: Any, asked: dict[str, str]) -> Field:
    kind = {bool: "choice", int: "number", float: "number"}.get(type(usual), "long" if name in LONG else "text")
    return Field(name, MEANINGS[name], kind, asked.get(name, written(value)), written(usual))


def written(value: Any) -> str:
    """A value as it is typed, here and at the terminal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "; ".join(f"{name}={written(rules)}" for name, rules in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
