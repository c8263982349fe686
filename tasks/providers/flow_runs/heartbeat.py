"""A run's heartbeat, from a thread of its own, so that a step that computes for minutes does not count as dead."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 10.0  # seconds: several fit into the silence after which a process counts as dead

log = logging.getLogger(__name__)


@contextmanager
def heartbeat(beat: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()
    heart = threading.Thread(target=_beating, args=(beat, over), name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()


def _beating(beat: Callable[[], None], over: threading.Event) -> None:
    while not over.wait(EVERY):
        try:
            beat()
        except Exception as error:  # noqa: BLE001 (the database may be unavailable for a moment)
            log.warning("no sign of life could be given: %s", type(error).__name__)
