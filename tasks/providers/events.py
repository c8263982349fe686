"""Tell the world outside: Prefect events that automations can act on. Ids and counts only."""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event


def notify(event: str, sync_id: str, detail: Mapping[str, Any] | None = None) -> None:
    """`contactflow.sync.<event>`, about one sync."""
    emit_event(
        event=f"contactflow.sync.{event}",
        resource={"prefect.resource.id": f"contactflow.sync.{sync_id}", "prefect.resource.name": sync_id},
        payload=dict(detail or {}),
    )
