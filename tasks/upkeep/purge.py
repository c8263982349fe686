"""Delete flow runs that ended long ago from Prefect, with their parameters, logs and artifacts."""

from datetime import datetime, timedelta

from storage.campaign import campaign_standing
from storage.documents import now
from storage.session import Store
from storage.sync import syncs
from tasks.providers.flow_runs.engine import Engine

FLOWS = (
    "contact-sync", "email-campaign", "undo-sync", "rewrite-mails", "sample-mail", "housekeeping",
)  # fmt: skip
MOST = 20_000  # of each flow in one night; the next night continues with the oldest that are left


def purge(store: Store, engine: Engine, *, days: int) -> int:
    """Delete runs that ended more than `days` ago. Returns how many.

    A run whose sync or campaign is still open on our side is kept, whatever its state in Prefect.
    """
    before, still_open = now() - timedelta(days=days), _still_open(store)
    return sum(_purge(engine, flow, before, still_open) for flow in FLOWS)


def _purge(engine: Engine, flow: str, before: datetime, still_open: set[str]) -> int:
    purged = kept = 0
    while purged < MOST and (page := engine.ended(flow, before=before, skip=kept)):
        doomed = [run_id for run_id in page if run_id not in still_open][: MOST - purged]
        engine.delete(doomed)
        purged += len(doomed)
        kept += sum(run_id in still_open for run_id in page)
    return purged


def _still_open(store: Store) -> set[str]:
    with store.read() as session:
        return {one.flow_run_id for one in syncs.open_everywhere(session)} | {
            one.flow_run_id for one in campaign_standing.live_everywhere(session)
        }
