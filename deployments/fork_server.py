"""`python -m deployments.fork_server SOCKET`: has imported all that flows need, and forks itself for each run.

A run begins in hundredths of a second in place of seconds of CPU, shares the memory of what was imported, and is a
process of its own as before: what kills one run harms no other. Whoever asked (`forked`) is bound to its run: should
one of them go, the other goes too.
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

from deployments.forked import NUMBER, PASSED_ON

PR_SET_PDEATHSIG = 1
ENGINE = "prefect.engine"
PATIENCE = 10.0
# Our flows with all that they are made of, and what libraries import only when it is needed.
IMPORTED = (
    "deployments.registry", "prefect.flow_engine", "prefect.task_engine", "prefect.artifacts",
    "prefect.concurrency.services", "prefect.utilities.visualization", "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg", "phonenumbers.timezone", "uuid_utils",
)  # fmt: skip

Order = dict[str, Any]


class ForkServer:
    """Forks only while it has one thread and no connection to anything."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening: socket.socket | None = listening
        self._runs: dict[int, socket.socket] = {}
        self._told_to_stop = False
        self._woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in PASSED_ON:
            signal.signal(number, self._stop)

    def serve(self) -> Order | None:
        """Until told to stop and the last run is over. In a process that was forked: what it is to do."""
        while self._listening or self._runs:
            listening = [self._listening] if self._listening else []
            watched: list[Any] = [self._woken, *listening, *self._runs.values()]
            ready, _, _ = select.select(watched, [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
            self._bury()
            if self._told_to_stop and self._listening:
                self._listening.close()
                self._listening = None
            for run, channel in list(self._runs.items()):
                if channel in ready:  # nobody says anything but that he is gone
                    os.kill(run, signal.SIGKILL)
                    del self._runs[run]
            asked = self._listening if self._listening in ready else None
            if asked and (order := self._begin(asked.accept()[0])):
                return order
        return None

    def _begin(self, channel: socket.socket) -> Order | None:
        try:
            order, outputs = _ordered(channel)
        except (OSError, ValueError):
            channel.close()  # gone before it said what it wanted
            return None
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # a run that is told to stop as it begins must not miss it
        run = os.fork()
        if not run:
            self._become_run(channel, outputs)
            return order
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        for place, output in enumerate(outputs, start=1):
            os.dup2(output, place)
            os.close(output)
        for one in (self._listening, channel, *self._runs.values()):
            if one:
                one.close()

    def _bury(self) -> None:
        with suppress(ChildProcessError):  # nobody is left
            while True:
                run, ended, used = os.wait4(-1, os.WNOHANG)
                if not run:
                    return
                _tell(run, ended, used)
                if channel := self._runs.pop(run, None):
                    with suppress(OSError):
                        channel.sendall(NUMBER.pack(ended))
                    channel.close()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._told_to_stop = True


def _tell(run: int, ended: int, used: resource.struct_rusage) -> None:
    """For who must know how many runs a machine can take; memory as Linux counts it, with what is shared."""
    cpu = used.ru_utime + used.ru_stime
    how = os.waitstatus_to_exitcode(ended)
    sys.stderr.write(f"process {run} of a run ended with {how}: {cpu:.2f} s of CPU, {used.ru_maxrss // 1024} MB\n")
    sys.stderr.flush()


def _ordered(channel: socket.socket) -> tuple[Order, list[int]]:
    channel.settimeout(PATIENCE)
    size, outputs, _, _ = socket.recv_fds(channel, NUMBER.size, 2)
    if len(size) < NUMBER.size:
        raise ConnectionResetError
    order: Order = json.loads(channel.recv(NUMBER.unpack(size)[0], socket.MSG_WAITALL))
    return order, outputs


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run_engine(order: Order) -> None:
    """What `python -m prefect.engine` does, in the environment and folder that it was to be started in."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    import uuid_utils  # noqa: PLC0415 (as `import_all`)
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415 (as above)

    uuid_utils.reseed_rng()  # else two runs would make up the same ids
    refresh_global_settings_context()
    from tasks.providers import tracing  # noqa: PLC0415 (as above)

    tracing.begin()
    sys.argv = [ENGINE]
    sys.modules.pop(ENGINE, None)
    runpy.run_module(ENGINE, run_name="__main__")


def end_with(work: Callable[[], object]) -> NoReturn:
    """As a process ends, but for taking the interpreter apart: what was imported for all takes long."""
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
    for name in IMPORTED:
        importlib.import_module(name)
    from tasks.providers import expectations  # noqa: PLC0415 (as above)

    expectations.keep_ready()


def main() -> None:
    address = Path(sys.argv[1])
    import_all()
    gc.collect()
    gc.freeze()  # what was imported is nobody's garbage: runs need not look through it, nor copy it by looking
    listening = socket.socket(socket.AF_UNIX)
    os.umask(0o077)  # an order holds the environment, and that holds keys
    address.unlink(missing_ok=True)
    listening.bind(str(address))
    listening.listen(128)
    order = ForkServer(listening).serve()
    end_with(lambda: run_engine(order) if order else None)


if __name__ == "__main__":
    main()
