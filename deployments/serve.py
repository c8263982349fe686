"""The worker of one machine: runs every deployment, and sweeps up after whatever died."""

import asyncio
import contextlib
import logging
import signal
import threading
from datetime import timedelta

from prefect.runner import Runner

from deployments.registry import DEPLOYMENTS
from storage.session import Store, open_store
from storage.settings import settings
from tasks.account import account
from tasks.providers.engine import Engine, EngineRefused, EngineUnreachable
from tasks.schedule import schedule
from tasks.sweep import sweep
from tasks.sweep_campaigns import sweep_campaigns
from tasks.sweeping import LEASE

AT_ONCE = 4
SWEEP_EVERY = 5.0

log = logging.getLogger("contactflow.serve")


async def serve() -> None:
    # Stopping this process must not switch off schedules that a person switched on.
    runner = Runner(name="contactflow", limit=AT_ONCE, pause_on_shutdown=False)
    for deployment in DEPLOYMENTS:
        await runner.aadd_deployment(await deployment.prepared())
    engine, store = Engine(settings().prefect_url), open_store()
    # Nobody else works here: what is under way before we begin was begun by a worker that died.
    _sweep(store, engine, timedelta())
    _keep_in_step(store, engine)
    stop = threading.Event()
    threading.Thread(target=_sweep_until, args=(stop, store, engine), daemon=True).start()
    try:
        await runner.start()
    finally:
        stop.set()


def _sweep_until(stop: threading.Event, store: Store, engine: Engine) -> None:
    while not stop.wait(SWEEP_EVERY):
        _sweep(store, engine, LEASE)


def _sweep(store: Store, engine: Engine, lease: timedelta) -> None:
    try:
        if done := sweep(store, engine, account.fn, lease=lease) + sweep_campaigns(store, engine, lease=lease):
            log.info("swept: %s", dict(done))
    except (EngineUnreachable, EngineRefused) as error:
        log.warning("%s", error)
    except Exception:
        log.exception("sweeping failed; trying again")


def _keep_in_step(store: Store, engine: Engine) -> None:
    """Schedules that were changed while nobody could be told; where it fails now, housekeeping does it."""
    try:
        if done := schedule(store, engine):
            log.info("schedules mended in Prefect: %s", dict(done))
    except (EngineUnreachable, EngineRefused) as error:
        log.warning("%s", error)


def main() -> None:
    # Forced, for importing Prefect has set up the root logger already, and for warnings only.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
