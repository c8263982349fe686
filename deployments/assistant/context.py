"""The user on whose behalf an assistant calls tools, looked up again for every call.

So a removal or a change of role takes effect for the assistant at once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from storage import audit
from storage.organization import tenants
from storage.records import Run
from storage.scope import Scope
from storage.session import Session, Store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine


@dataclass(frozen=True, slots=True)
class ToolContext:
    store: Store
    engine: Engine
    organization: str
    user: str

    @property
    def name(self) -> str:
        """The actor in audit entries."""
        return f"assistant of {self.user}"

    @contextmanager
    def looking(self) -> Iterator[tuple[Session, Scope]]:
        with self.store.read() as session:
            yield session, tenants.scope_of(session, self.organization, self.user)

    @contextmanager
    def acting(self) -> Iterator[tuple[Session, Scope]]:
        with self.store.begin() as session:
            yield session, tenants.scope_of(session, self.organization, self.user)

    def note(
        self, session: Session, scope: Scope, action: str, subject: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        audit.record(session, scope, actor=self.name, action=f"assistant.{action}", subject=subject, detail=detail)


def page_of(run: Run) -> str:
    """URL of the page where a person decides about the run."""
    return f"{settings().public_url}/{run.kind}s/{run.id}"
