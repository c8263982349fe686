"""The contact sync: extract, review, apply, record the outcome."""

from prefect import flow

from tasks.rules.guards import Allow
from tasks.sync.account import account
from tasks.sync.apply import apply
from tasks.sync.begin import begin
from tasks.sync.close import failing_loudly
from tasks.sync.fetch import fetch
from tasks.sync.link import link
from tasks.sync.plan import plan
from tasks.sync.review import review
from tasks.sync.stage import stage
from tasks.sync.validate import validate


@flow(name="contact-sync", flow_run_name="contact-sync of {organization}")
async def contact_sync(
    organization: str,
    user: str,
    connection: str = "",
    file: str = "",
    full: bool = False,  # noqa: FBT001, FBT002 (a switch in Prefect's form)
    allow: list[Allow] | None = None,
    columns: dict[str, str] | None = None,
    schedule: str = "",
) -> None:
    """Bring contacts into the CRM, after a person has looked at what would change.

    Args:
        organization: The organization's short name, as `contactflow org add` printed it.
        user: The e-mail address of the user whom the sync is for.
        connection: The connection to read, as `contactflow connections` lists it. Either this or a file.
        file: A vCard or CSV file to read, on the machine that runs the sync.
        full: Read everything again, not only what changed since the last time.
        allow: Guards that this run may pass: removals, updates, blanks, repeats.
        columns: For a CSV with headers of its own, which column holds what, such as {"Mail": "emails:work"}.
        schedule: The schedule that the run is of; filled in by the schedule itself.

    """
    sync_id = begin(
        organization, user, connection=connection, file=file, full=full, allow=allow or [], schedule=schedule
    )
    if not sync_id:
        return
    async with failing_loudly(sync_id) as sync:
        if sync.is_unplanned:
            await fetch(sync_id, file, columns)
            stage(sync_id, file, columns)
            validate(sync_id)
            link(sync_id)
            plan(sync_id)
        await review(sync_id)
        apply(sync_id)
        account(sync_id)
