"""Every deployment there is, as data: what `serve` offers on one machine and work pools take on many."""

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


@dataclass(frozen=True, slots=True)
class Deployment:
    flow: Flow[..., Any]
    description: str
    schedules: tuple[Schedule, ...] = ()

    async def prepared(self) -> RunnerDeployment:
        """By module, never by file: a file would be loaded a second time under another name."""
        return await self.flow.ato_deployment(
            name="default",
            description=self.description,
            schedules=list(self.schedules),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )


DEPLOYMENTS = (
    Deployment(contact_sync, "Bring contacts into the CRM, after a person has looked at what would change."),
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
    ),
)
