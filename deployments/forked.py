"""Stands where Prefect starts `python -m prefect.engine`, and has the fork server run that instead.

Prefect watches this process, signals it and reads its exit status, so it passes all of them on. It imports nothing
but the standard library, for it is all that is left of a flow run's start. Where no fork server answers, it becomes
what it stands for.
"""

import json
import os
import signal
import socket
import struct
import sys

NUMBER = struct.Struct("!i")
PASSED_ON = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # until there is somebody to pass them on to
    try:
        channel = _handed_over(sys.argv[1])
        run = _number(channel)
    except OSError:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        os.execv(sys.executable, [sys.executable, "-m", "prefect.engine"])  # noqa: S606 (what Prefect asked for)
    for number in PASSED_ON:
        signal.signal(number, lambda received, _: os.kill(run, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    try:
        ended = _number(channel)
    except OSError:
        ended = signal.SIGKILL  # the fork server is gone, and took the run with it
    _end_as(ended)


def _handed_over(address: str) -> socket.socket:
    """The order to run, with everything that a process of its own would have been given."""
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(address)
    order = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()  # noqa: PTH109 (pathlib costs)
    socket.send_fds(channel, [NUMBER.pack(len(order))], [1, 2])
    channel.sendall(order)
    return channel


def _number(channel: socket.socket) -> int:
    received = channel.recv(NUMBER.size, socket.MSG_WAITALL)
    if len(received) < NUMBER.size:
        raise ConnectionResetError
    return int(NUMBER.unpack(received)[0])


def _end_as(ended: int) -> None:
    """As the run did: by its exit status, or by the signal that ended it."""
    if os.WIFSIGNALED(ended):
        if os.WTERMSIG(ended) in PASSED_ON:
            signal.signal(os.WTERMSIG(ended), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(ended))
    sys.exit(os.waitstatus_to_exitcode(ended))


if __name__ == "__main__":
    main()
