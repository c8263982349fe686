"""The worker of a single machine: runs every deployment, and recovers the runs of processes that died."""

import asyncio
import contextlib
import logging
import signal
import threading
from datetime import timedelta

from prefect.runner import Runner

from deployments.registry import DEPLOYMENTS
from deployments.sweeper import log_plainly, sweep_once, sweep_until
from storage.session import Store, open_store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine, EngineError
from tasks.upkeep.schedule import schedule

AT_ONCE = 4

log = logging.getLogger("contactflow.serve")


async def serve() -> None:
    # Stopping this process must not pause schedules.
    runner = Runner(name="contactflow", limit=AT_ONCE, pause_on_shutdown=False)
    for deployment in DEPLOYMENTS:
        await runner.aadd_deployment(await deployment.prepared())
    engine, store = Engine(settings().prefect_url), open_store()
    # This is the only worker: a run in progress before it starts belongs to a worker that died. So the lease is zero.
    sweep_once(store, engine, timedelta())
    _keep_in_step(store, engine)
    stop = threading.Event()
    threading.Thread(target=sweep_until, args=(stop, store, engine), daemon=True).start()
    try:
        await runner.start()
    finally:
        stop.set()


def _keep_in_step(store: Store, engine: Engine) -> None:
    """Apply schedule changes that did not reach Prefect. If this fails, housekeeping tries again."""
    try:
        if done := schedule(store, engine):
            log.info("schedules mended in Prefect: %s", dict(done))
    except EngineError as error:
        log.warning("%s", error)


def main() -> None:
    log_plainly()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
