"""Child processes on one machine: started together, restarted when they exit, stopped together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 8.0
OTHERS = 0o077  # umask: other users of this machine get no access to the files that our processes write
PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    pass


@dataclass(slots=True)
class Child:
    """A process in its own session, so that Ctrl-C reaches only the parent, which stops the children in order."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab", opener=_for_us_alone) as log:
            self.process = subprocess.Popen(  # noqa: S603 (our own commands)
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=OTHERS,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 (no threads yet)
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, deadline: float) -> None:
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        self.end_family()
        self.process.wait()

    def end_family(self) -> None:
        """Kill the process group, including grandchildren (flow runs). Their work is resumed at the next start."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Starts processes, restarts those that exited, and stops all in reverse order."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def add(self, child: Child) -> Child:
        child.start()
        self.children.append(child)
        return child

    def mend(self) -> list[str]:
        """Restart the children that exited, and return their names."""
        dead = [child for child in self.children if not child.is_running]
        for child in dead:
            child.end_family()
            child.start()
        return [child.name for child in dead]

    def stop(self) -> None:
        deadline = time.monotonic() + GRACE
        for child in reversed(self.children):
            child.stop(deadline)


def demand_free(port: int, setting: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken(
                f"port {port} is taken: stop what listens there, or choose another one with {setting}"
            ) from None


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o666 & ~OTHERS)


def _end_with_parent() -> None:
    # If the parent is killed with SIGKILL, it cannot stop its children; the kernel then does.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
