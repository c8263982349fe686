"""The flow run that we are in, as far as a sync or a campaign is opened for it."""

from uuid import UUID

from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from storage.documents import new_id


class OutsideOfARun(Exception):
    """Syncs and campaigns are opened inside of a flow run, and nowhere else."""


def current_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise OutsideOfARun("this begins inside of a flow run: start its deployment")
    return context.flow_run


def chosen_id(run: FlowRun) -> str:
    """Whoever starts a run may have chosen our id already, to follow it by: the run's idempotency key."""
    try:
        return str(UUID(run.idempotency_key or ""))
    except ValueError:
        return new_id()
