"""Great Expectations takes seconds to import: begun while the network is waited for, it is there when it is wanted."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from typing import Any


def great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it would tell its makers of every batch
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it logs each temporary folder
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own and pandas' deprecations are not ours to mend
        return import_module("great_expectations")


@contextmanager
def imported_meanwhile() -> Iterator[None]:
    """Done when the block is done, for nothing else may look at half of a library."""
    importing = Thread(target=great_expectations, name="great-expectations", daemon=True)
    importing.start()
    try:
        yield
    finally:
        importing.join()
