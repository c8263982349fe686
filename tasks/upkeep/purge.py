"""Let Prefect forget runs that ended long ago, with their parameters, logs and artifacts."""

from datetime import timedelta

from storage.campaign import campaign_standing
from storage.documents import now
from storage.session import Store
from storage.sync import syncs
from tasks.providers.flow_runs.engine import Engine

FLOWS = (
    "contact-sync", "email-campaign", "undo-sync", "rewrite-mails", "sample-mail", "housekeeping",
)  # fmt: skip
MOST = 2000  # at a time: the next night does the rest


def purge(store: Store, engine: Engine, *, days: int) -> int:
    """How many runs. What our side still has open is left, whatever Prefect says of it."""
    purged, before, still_open = 0, now() - timedelta(days=days), _still_open(store)
    for flow in FLOWS:
        for run_id in engine.ended(flow, before=before, most=MOST):
            if run_id not in still_open:
                engine.delete(run_id)
                purged += 1
    return purged


def _still_open(store: Store) -> set[str]:
    with store.read() as session:
        return {one.flow_run_id for one in syncs.open_everywhere(session)} | {
            one.flow_run_id for one in campaign_standing.live_everywhere(session)
        }
