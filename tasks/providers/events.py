"""Tell the world outside: Prefect events that automations act on, and messages to people. Ids and counts only."""

from collections.abc import Mapping
from typing import Any

from prefect.events import emit_event

from storage.settings import settings
from tasks.providers.messages import send

# What somebody should know of at once; the rest is there for whoever looks.
FOR_PEOPLE = {
    "sync.awaiting-review": "A contact sync waits for your decision",
    "sync.still-waiting": "A contact sync still waits for your decision, and its next turn has come",
    "sync.failed": "A contact sync failed",
    "campaign.awaiting-review": "A campaign waits for your decision",
    "campaign.paused": "A campaign was paused",
    "campaign.failed": "A campaign failed",
    "audit.chain-broken": "An audit log was tampered with",
}
LOOK = {
    "sync": "contactflow preview",
    "campaign": "contactflow campaign show",
    "audit": "contactflow audit verify --org",
}
PAGES = {"sync": "syncs", "campaign": "campaigns"}


def notify(event: str, run_id: str, detail: Mapping[str, Any] | None = None, *, about: str = "sync") -> None:
    """`contactflow.<about>.<event>`, of one sync or campaign; a message too, where the settings name somebody."""
    emit_event(
        event=f"contactflow.{about}.{event}",
        resource={"prefect.resource.id": f"contactflow.{about}.{run_id}", "prefect.resource.name": run_id},
        payload=dict(detail or {}),
    )
    title = FOR_PEOPLE.get(f"{about}.{event}")
    if title and settings().notify_urls:
        page = f"{settings().public_url}/{PAGES[about]}/{run_id}\n" if about in PAGES else ""
        send(title, _body(f"{page}{LOOK[about]} {run_id}", detail or {}))


def _body(look: str, detail: Mapping[str, Any]) -> str:
    told = "\n".join(f"{name}: {value}" for name, value in detail.items())
    return f"{told}\n\n{look}"
