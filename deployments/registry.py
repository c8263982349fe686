"""All deployments, as data: `serve` runs them on one machine, `pools` applies them to a work pool for many.

A pool of type `process` runs a flow where its worker runs, from the installed package. The same deployments serve
`kubernetes` and `ecs`: `contactflow deploy --pool NAME --type kubernetes --image REGISTRY/contactflow:TAG`. The image
holds the package; the pool's template holds the settings, with the database's address and the keys from secrets; each
run has a pod or a task of its own. CONTACTFLOW_HOME need not be shared: all state of a run is in the database. Only the
path of a `file` to import must be valid on every machine.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prefect import Flow
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron, Interval, Schedule
from prefect.types.entrypoint import EntrypointType

from flows.contact_sync import contact_sync
from flows.email_campaign import email_campaign
from flows.housekeeping import housekeeping
from flows.rewrite_mails import rewrite_mails
from flows.sample_mail import sample_mail
from flows.undo_sync import undo_sync
from tasks.providers.flow_runs.engine import MANUAL_QUEUE


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of a work pool. The queue with the smallest `priority` is served first."""

    name: str
    priority: int
    limit: int | None = None  # concurrent runs, over all workers of the pool


MANUAL = Queue(MANUAL_QUEUE, 1)
SCHEDULED = Queue("scheduled", 2)
UPKEEP = Queue("upkeep", 3, limit=1)
QUEUES = (MANUAL, SCHEDULED, UPKEEP)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow's deployment. Its scheduled runs go to `queue`; runs started on demand go to `MANUAL`.

    Syncs have no concurrency limit: the database allows one open sync per connection and one sender per mailbox, for
    any number of workers. Tasks have retries; a flow that waits for a review must have none.
    """

    flow: Flow[..., Any]
    description: str
    schedules: tuple[Schedule, ...] = ()
    queue: Queue = MANUAL
    tags: tuple[str, ...] = ("contactflow",)

    async def prepared(self, *, pool: str | None = None) -> RunnerDeployment:
        """The entry point is a module path: a file path would be loaded a second time under another module name."""
        return await self.flow.ato_deployment(
            name="default",
            description=self.description,
            schedules=list(self.schedules),
            tags=list(self.tags),
            work_pool_name=pool,
            work_queue_name=self.queue.name if pool else None,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )


DEPLOYMENTS = (
    Deployment(
        contact_sync, "Bring contacts into the CRM, after a person has looked at what would change.", queue=SCHEDULED
    ),
    Deployment(email_campaign, "Write one personal mail to each contact, and send what a person has approved."),
    Deployment(rewrite_mails, "Have the language model write mails again, with a reviewer's hint."),
    Deployment(sample_mail, "Send one mail of a campaign to one of ourselves."),
    Deployment(undo_sync, "Take a completed sync back."),
    Deployment(
        housekeeping,
        "Go on with what was interrupted, end what was left lying.",
        (
            Interval(timedelta(minutes=15), slug="quarter-hourly", parameters={"thorough": False}),
            Cron("40 2 * * *", slug="nightly", parameters={"thorough": True}),
        ),
        queue=UPKEEP,
    ),
)
