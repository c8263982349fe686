"""Signs of life of a run, given by a thread of their own: a step that computes for minutes is not taken for dead."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 10.0  # seconds: several fit into the time after which a quiet process counts as dead

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
        except Exception as error:  # noqa: BLE001 (a database that is away for a moment is no reason to end)
            log.warning("no sign of life could be given: %s", type(error).__name__)
