"""A pool's worker and the fork server of its runs: the supervisor starts both, and restarts either if it exits."""

import os
import sys
from pathlib import Path

from deployments.local import environment_of, wait_until
from deployments.supervisor import Child, Supervisor
from storage.settings import Settings


def start(supervisor: Supervisor, settings: Settings, pool: str, limit: int | None, folder: Path) -> None:
    address = folder / "runs"
    own = environment_of(settings) | {"PREFECT_API_URL": settings.prefect_url}
    environment = {**own, **os.environ}
    log = settings.home / "logs" / f"worker-{os.getpid()}.log"
    fork_server = [sys.executable, "-m", "deployments.fork_server", str(address)]
    supervisor.add(Child("fork server", fork_server, environment, log))
    wait_until(address.exists, "runs can be forked", supervisor)
    worker = [sys.executable, "-m", "deployments.worker", pool, str(address), *([str(limit)] if limit else [])]
    supervisor.add(Child("worker", worker, environment, log))
