"""Undo a completed sync."""

from prefect import flow

from tasks.sync.undo import undo


@flow(name="undo-sync", flow_run_name="undo-sync {sync}", timeout_seconds=6 * 3600)
async def undo_sync(sync: str, reviewer: str) -> None:
    """Restore what a completed sync changed. Contacts that were edited since are left as they are, and listed.

    Args:
        sync: The id of the sync to take back.
        reviewer: The e-mail address of the user who asks for it.

    """
    undo(sync, reviewer)
