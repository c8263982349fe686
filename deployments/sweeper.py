"""`python -m deployments.sweeper`: runs beside the workers of a pool, and resumes runs of workers that died.

`deployments.serve` includes it. Any number may run concurrently.
"""

import contextlib
import logging
import signal
import threading
import time
from datetime import timedelta

from storage import chores
from storage.session import Store, open_store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine, EngineError
from tasks.sync.account import account
from tasks.upkeep.sweep import sweep
from tasks.upkeep.sweep_campaigns import sweep_campaigns
from tasks.upkeep.sweeping import LEASE

EVERY = 5.0
SHARE = 10  # sweeping takes at most one part in so many of the time
SELDOMEST = 30.0  # seconds: the longest interval, even after a sweep that took long on a busy server

log = logging.getLogger("contactflow.sweeper")


def sweep_until(stop: threading.Event, store: Store, engine: Engine) -> None:
    took = 0.0
    while not stop.wait(min(SELDOMEST, max(EVERY, took * SHARE))):
        begun = time.monotonic()
        sweep_once(store, engine, LEASE)
        took = time.monotonic() - begun


def sweep_once(store: Store, engine: Engine, lease: timedelta) -> None:
    try:
        if done := sweep(store, engine, account.fn, lease=lease) + sweep_campaigns(store, engine, lease=lease):
            log.info("swept: %s", dict(done))
        chores.note(store, chores.SWEEPING)
    except EngineError as error:
        log.warning("%s", error)
    except Exception:
        log.exception("sweeping failed; trying again")


def log_plainly() -> None:
    # Forced, since importing Prefect has configured the root logger, for warnings only.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    log_plainly()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        sweep_until(threading.Event(), open_store(), Engine(settings().prefect_url))


if __name__ == "__main__":
    main()
