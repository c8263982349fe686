"""A Redis of the tests' own: on a free loopback port, in memory alone, gone when they are."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.exceptions import ConnectionError as NotThere

PATIENCE = 60.0


class NoRedis(Exception):
    """None on this machine, or it does not start."""


@contextmanager
def running() -> Iterator[str]:
    """The address of a fresh server, up to the number of the database."""
    program = shutil.which("redis-server")
    if program is None:
        raise NoRedis("no redis-server on this machine: install Redis (Debian: apt-get install redis-server)")
    port = _free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with Redis(port=port) as known:
                known.ping()
        except NotThere:
            time.sleep(0.05)
        else:
            return
    raise NoRedis(f"Redis did not answer on port {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
