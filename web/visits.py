"""One request as the pages see it: who asks, what was posted, and how to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storage import audit
from storage.organization.sign_ins import Visitor
from storage.scope import Scope
from web.context import AppContext

SEE_OTHER = 303
MOST_DIGITS = 9  # fits a 32-bit database integer


class Refusal(Exception):
    """A page cannot be shown or an action not done. The text is for the visitor and says what to do.

    `to` is a link to continue with; empty for strangers who follow a link in a mail.
    """

    def __init__(self, status: int, title: str, text: str, *, to: str = "/") -> None:
        super().__init__(text)
        self.status, self.title, self.text, self.to = status, title, text, to


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as JSON: what went wrong, and what to do next (RFC 9457)."""

    title: str
    detail: str
    status: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A form's fields in their order; a name may occur more than once."""

    pairs: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def one(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def under(self, prefix: str) -> dict[str, str]:
        """Fields named `prefix.NAME`, by NAME."""
        return {key.removeprefix(prefix + "."): value for key, value in self.pairs if key.startswith(prefix + ".")}


@dataclass(frozen=True, slots=True)
class Visit:
    request: Request
    context: AppContext
    visitor: Visitor | None
    csrf: str
    form: Posted = Posted()

    @property
    def scope(self) -> Scope:
        return self.known.scope

    @property
    def email(self) -> str:
        return self.known.email

    @property
    def known(self) -> Visitor:
        if self.visitor is None:
            raise Refusal(403, "Not signed in", "Sign in first.")
        return self.visitor

    def part(self, name: str) -> str:
        found = str(self.request.path_params[name])
        if "\0" in found:  # Postgres rejects NUL in text
            raise Refusal(404, "There is nothing here", "It may be gone, or belong to somebody else.")
        return found

    def asked(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    @property
    def wants_json(self) -> bool:
        return self.request.url.path.startswith("/api/")

    def page(self, template: str, *, status: int = 200, **told: Any) -> HTMLResponse:
        known: Mapping[str, Any] = {
            "visitor": self.visitor, "csrf": self.csrf, "path": self.request.url.path,
            "prefect": self.context.engine.ui_url, **told,
        }  # fmt: skip
        return HTMLResponse(self.context.templates.get_template(template).render(known), status_code=status)

    def go(self, path: str) -> Response:
        return RedirectResponse(path, status_code=SEE_OTHER)

    def record_refusal(self, why: str, route: str) -> None:
        """Record a refused request in the audit log, as actions are."""
        if self.visitor is None:
            return
        with self.context.store.begin() as session:
            audit.record(
                session, self.scope, actor=self.email, action="web.refused", subject=route,
                detail={"why": why, "method": self.request.method},
            )  # fmt: skip


def number_of(text: str) -> int:
    """A number from a path or a form; 0 if it is not a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0
