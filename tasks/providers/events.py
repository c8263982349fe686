"""Tell the world outside: Prefect events that automations act on, and messages to people. Ids and counts only."""

import logging
from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from storage.settings import settings

log = logging.getLogger(__name__)

# What somebody should know of at once; the rest is there for whoever looks.
FOR_PEOPLE = {
    "awaiting-review": "A contact sync waits for your decision",
    "failed": "A contact sync failed",
}


def notify(event: str, sync_id: str, detail: Mapping[str, Any] | None = None) -> None:
    """`contactflow.sync.<event>`, about one sync; and a message where the settings name somebody to tell."""
    emit_event(
        event=f"contactflow.sync.{event}",
        resource={"prefect.resource.id": f"contactflow.sync.{sync_id}", "prefect.resource.name": sync_id},
        payload=dict(detail or {}),
    )
    if event in FOR_PEOPLE and settings().notify_urls:
        _send(FOR_PEOPLE[event], _body(sync_id, detail or {}))


def _body(sync_id: str, detail: Mapping[str, Any]) -> str:
    told = "\n".join(f"{name}: {value}" for name, value in detail.items())
    return f"{told}\n\ncontactflow preview {sync_id}"


def _send(title: str, body: str) -> None:
    """A message that cannot be sent is logged; the sync goes on without it."""
    import apprise  # noqa: PLC0415 (only where somebody is to be told)

    messenger = apprise.Apprise()
    for address in settings().notify_urls.get_secret_value().split():
        messenger.add(address)
    if not messenger.notify(title=title, body=body):
        log.warning("a notification could not be sent: check CONTACTFLOW_NOTIFY_URLS")
