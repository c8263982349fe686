"""`python -m deployments.sweeper`: recovers the runs of pool workers that died.

`deployments.serve` sweeps by itself. Any number of sweepers may run: sweeping is idempotent.
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
SHARE = 10  # pause in durations of the last sweep: sweeping takes at most about a tenth of the time
SELDOMEST = 30.0  # seconds, the longest pause: after one slow sweep, dead runs must not wait for minutes

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
    # `force`: importing Prefect has already configured the root logger, for warnings only.
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    log_plainly()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        sweep_until(threading.Event(), open_store(), Engine(settings().prefect_url))


if __name__ == "__main__":
    main()
