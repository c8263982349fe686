"""`python -m deployments.fork_server SOCKET`: imports everything that flows need, then forks once per flow run.

A run starts in hundredths of a second instead of seconds of CPU, shares the memory of what was imported, and is a
process of its own all the same: what kills one run harms no other. A client (`forked`) and its run are bound to each
other: when one of them dies, the other does too.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from deployments.forked import FORWARDED, NUMBER

PR_SET_PDEATHSIG = 1
ENGINE = "prefect.engine"
ORDER_TIMEOUT = 10.0  # seconds
# Our flows and their dependencies, and what libraries otherwise import only on first use.
PRELOADED = (
    "deployments.registry", "prefect.flow_engine", "prefect.task_engine", "prefect.artifacts",
    "prefect.concurrency.services", "prefect.utilities.visualization", "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg", "phonenumbers.timezone", "uuid_utils",
)  # fmt: skip

Order = dict[str, Any]


class ForkServer:
    """Has one thread and no connection to a database or service, so that it is safe to fork."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening: socket.socket | None = listening
        self._runs: dict[int, socket.socket] = {}
        self._is_stopping = False
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in FORWARDED:
            signal.signal(number, self._stop)

    def serve(self) -> Order | None:
        """Serve until a signal asks to stop and the last run has ended, and return None.

        Returns in each forked process too: there, the order that the process is to carry out.
        """
        while self._listening or self._runs:
            listening = [self._listening] if self._listening else []
            watched: list[Any] = [self._woken, *listening, *self._runs.values()]
            ready, _, _ = select.select(watched, [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
            self._reap()
            if self._is_stopping and self._listening:
                self._listening.close()
                self._listening = None
            for run, channel in list(self._runs.items()):
                if channel in ready:  # a client sends nothing after its order, so this is its end
                    os.kill(run, signal.SIGKILL)
                    del self._runs[run]
            asked = self._listening if self._listening in ready else None
            if asked and (order := self._begin(asked.accept()[0])):
                return order
        return None

    def _begin(self, channel: socket.socket) -> Order | None:
        try:
            order, outputs = _receive_order(channel)
        except (OSError, ValueError):
            channel.close()  # the client was gone before its order was complete
            return None
        signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)  # a signal sent while the run starts must not be lost
        run = os.fork()
        if not run:
            self._become_run(channel, outputs)
            return order
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        for output in outputs:
            os.close(output)
        self._runs[run] = channel
        with suppress(OSError):
            channel.sendall(NUMBER.pack(run))
        return None

    def _become_run(self, channel: socket.socket, outputs: list[int]) -> None:
        _die_with_parent()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        for place, output in enumerate(outputs, start=1):
            os.dup2(output, place)
            os.close(output)
        for one in (self._listening, channel, *self._runs.values()):
            if one:
                one.close()

    def _reap(self) -> None:
        with suppress(ChildProcessError):  # no run is left
            while True:
                run, ended, used = os.wait4(-1, os.WNOHANG)
                if not run:
                    return
                _log_usage(run, ended, used)
                if channel := self._runs.pop(run, None):
                    with suppress(OSError):
                        channel.sendall(NUMBER.pack(ended))
                    channel.close()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True


def _log_usage(run: int, ended: int, used: resource.struct_rusage) -> None:
    """Tell operators what a run costs. Memory is the peak resident size as Linux counts it, shared pages included."""
    cpu = used.ru_utime + used.ru_stime
    how = os.waitstatus_to_exitcode(ended)
    sys.stderr.write(f"process {run} of a run ended with {how}: {cpu:.2f} s of CPU, {used.ru_maxrss // 1024} MB\n")
    sys.stderr.flush()


def _receive_order(channel: socket.socket) -> tuple[Order, list[int]]:
    """The order and the file descriptors for standard output and error. Raises OSError or ValueError if incomplete."""
    channel.settimeout(ORDER_TIMEOUT)
    size, outputs, _, _ = socket.recv_fds(channel, NUMBER.size, 2)
    try:
        # One recv() with a timeout would return what the socket holds, which can be less than a whole environment.
        with channel.makefile("rb") as stream:
            size += stream.read(NUMBER.size - len(size))
            length = int(NUMBER.unpack(size)[0]) if len(size) == NUMBER.size else 0
            text = stream.read(max(length, 0))
        if not length or len(text) < length:
            raise ConnectionResetError
        return json.loads(text), outputs
    except (OSError, ValueError):
        for output in outputs:
            os.close(output)
        raise


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_engine(order: Order) -> None:
    """Do what `python -m prefect.engine` would, in the environment and folder of the order."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    import uuid_utils  # noqa: PLC0415 (preloaded by `import_all`)
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 (as above)

    uuid_utils.reseed_rng()  # otherwise two forks would generate the same ids
    refresh_global_settings_context()
    from tasks.providers import tracing  # noqa: PLC0415 (as above)

    tracing.begin()
    sys.argv = [ENGINE]
    sys.modules.pop(ENGINE, None)
    runpy.run_module(ENGINE, run_name="__main__")


def end_with(work: Callable[[], object]) -> NoReturn:
    """Run `work` and exit as an interpreter does, except for tearing down its modules, which would take long."""
    status = 1
    try:
        work()
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:  # noqa: BLE001 (as the interpreter would)
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 (as multiprocessing ends what it forked)
    atexit._run_exitfuncs()  # noqa: SLF001 (as above)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def import_all() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    from tasks.providers import expectations  # noqa: PLC0415 (part of the preloading)

    expectations.keep_ready()


def main() -> None:
    address = Path(sys.argv[1])
    import_all()
    gc.collect()
    gc.freeze()  # keeps collections in the runs away from shared pages, which touching would copy
    listening = socket.socket(socket.AF_UNIX)
    os.umask(0o077)  # an order holds the environment, and with it keys
    address.unlink(missing_ok=True)
    listening.bind(str(address))
    listening.listen(128)
    order = ForkServer(listening).serve()
    end_with(lambda: run_engine(order) if order else None)


if __name__ == "__main__":
    main()
