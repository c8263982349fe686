"""Started by Prefect in place of `python -m prefect.engine`, and has the fork server run the engine instead.

Prefect watches this process, signals it and reads its exit status, so this forwards signals to the run and exits as
the run does. It imports only the standard library, to start fast. If no fork server answers, it executes the engine.
"""

import json
import os
import signal
import socket
import struct
import sys

NUMBER = struct.Struct("!i")
FORWARDED = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)  # until there is a run to forward them to
    try:
        channel = _hand_over(sys.argv[1])
        run = _number(channel)
    except OSError:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
        os.execv(sys.executable, [sys.executable, "-m", "prefect.engine"])  # noqa: S606 (what Prefect meant to start)
    for number in FORWARDED:
        signal.signal(number, lambda received, _: os.kill(run, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    try:
        ended = _number(channel)
    except OSError:
        ended = signal.SIGKILL  # the fork server died, and the run with it
    _end_as(ended)


def _hand_over(address: str) -> socket.socket:
    """Send all that a child process would inherit. The connection returned lasts as long as the run."""
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(address)
    order = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()  # noqa: PTH109 (pathlib is slow to import)
    socket.send_fds(channel, [NUMBER.pack(len(order))], [1, 2])
    channel.sendall(order)
    return channel


def _number(channel: socket.socket) -> int:
    received = channel.recv(NUMBER.size, socket.MSG_WAITALL)
    if len(received) < NUMBER.size:
        raise ConnectionResetError
    return int(NUMBER.unpack(received)[0])


def _end_as(ended: int) -> None:
    """Exit with the run's own status, or by the signal that ended it."""
    if os.WIFSIGNALED(ended):
        if os.WTERMSIG(ended) in FORWARDED:
            signal.signal(os.WTERMSIG(ended), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(ended))
    sys.exit(os.waitstatus_to_exitcode(ended))


if __name__ == "__main__":
    main()
