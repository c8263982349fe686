"""The worker of a one-machine installation: runs all deployments, and sweeps up after runs that died."""

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
    # There is no other worker: runs in progress when this one starts belong to one that died.
    sweep_once(store, engine, timedelta())
    _keep_in_step(store, engine)
    stop = threading.Event()
    threading.Thread(target=sweep_until, args=(stop, store, engine), daemon=True).start()
    try:
        await runner.start()
    finally:
        stop.set()


def _keep_in_step(store: Store, engine: Engine) -> None:
    """Update Prefect's schedules that were changed while it was down. If it fails, housekeeping does it later."""
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
