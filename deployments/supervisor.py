"""Child processes of the one-machine start: started together, watched, restarted when one dies, ended together."""

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
OTHERS = 0o077  # users of this machine, who may do nothing with what our processes write
PR_SET_PDEATHSIG = 1


class PortTaken(Exception):
    pass


@dataclass(slots=True)
class Child:
    """One process in a group of its own, so that Ctrl-C reaches us alone and we end the others in order."""

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
        """Grandchildren (flow runs) share the group; what they were at is gone on with at the next start."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Starts processes, starts again those that died, and ends all of them in order."""

    def __init__(self) -> None:
        self.children: list[Child] = []

    def add(self, child: Child) -> Child:
        child.start()
        self.children.append(child)
        return child

    def mend(self) -> list[str]:
        """Start again whoever died; returns their names."""
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
    # If we are killed outright, nobody else would tell our children.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
