"""The current flow run, for opening its sync or campaign."""

from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from storage.documents import new_id


class OutsideOfARun(Exception):
    """Syncs and campaigns can only be opened inside a flow run."""


def current_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise OutsideOfARun("this begins inside of a flow run: start its deployment")
    return context.flow_run


def chosen_id(run: FlowRun) -> str:
    """The id chosen by whoever started the run, in order to follow it: its idempotency key. A new id if it has none."""
    try:
        return str(UUID(run.idempotency_key or ""))
    except ValueError:
        return new_id()
