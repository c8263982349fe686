"""Run everything on one machine: Prefect's server, the worker and the review page, each as a child process.

All data is kept under CONTACTFLOW_HOME and all ports are on loopback; the user's own Prefect profile is neither read
nor written.
"""

import fcntl
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from deployments.supervisor import Child, Supervisor, demand_free
from storage.settings import PREFIX, Settings
from tasks.providers.flow_runs.engine import Engine

PATIENCE = 120.0
GLANCE = 0.25


class CannotStart(Exception):
    pass


@contextmanager
def running(
    settings: Settings, *, extra: Mapping[str, str] | None = None, say: Callable[[str], None]
) -> Iterator[Supervisor]:
    """Start server, worker and page, and wait until they answer; all are stopped when the block is left.

    Raises CannotStart or PortTaken.
    """
    with _alone(settings.home):
        supervisor = Supervisor()
        try:
            environment = {**os.environ, **environment_of(settings), **(extra or {})}
            _start_server(supervisor, settings, environment, say)
            supervisor.add(
                Child("worker", [sys.executable, "-m", "deployments.serve"], environment, _log(settings, "worker"))
            )
            _start_page(supervisor, settings, environment)
            say("starting the worker and the review page")
            wait_until(lambda: _serves(Engine(settings.own_prefect_url)), "the worker offers its flows", supervisor)
            wait_until(lambda: _answers(settings), "the review page answers", supervisor)
            yield supervisor
        finally:
            supervisor.stop()


def environment_of(settings: Settings) -> dict[str, str]:
    """Environment variables that make all child processes use the same home, server and database."""
    url = settings.own_prefect_url
    return {
        f"{PREFIX}HOME": str(settings.home),
        f"{PREFIX}PREFECT_PORT": str(settings.prefect_port),
        f"{PREFIX}WEB_PORT": str(settings.web_port),
        "PREFECT_HOME": str(settings.prefect_home),
        "PREFECT_API_URL": url,
        "PREFECT_UI_URL": url.removesuffix("/api"),
        "PREFECT_SERVER_UI_API_URL": "/api",  # otherwise Prefect's UI would call the default port
        "PREFECT_SERVER_UI_V2_ENABLED": "false",  # the newer UI hides Resume in a menu
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": url.removesuffix("/api"),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }


def wait_until(met: Callable[[], bool], what: str, supervisor: Supervisor, *, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not met():
        for child in supervisor.children:
            if not child.is_running:
                raise CannotStart(f"{child.name} ended at once: its log is {child.log}")
        if time.monotonic() > deadline:
            raise CannotStart(f"waited {patience:.0f} s, but not yet: {what}; the logs are under {child.log.parent}")
        time.sleep(GLANCE)


def _start_server(
    supervisor: Supervisor, settings: Settings, environment: Mapping[str, str], say: Callable[[str], None]
) -> None:
    demand_free(settings.prefect_port, f"{PREFIX}PREFECT_PORT")
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(settings.prefect_port),
    ]
    supervisor.add(Child("Prefect server", command, environment, _log(settings, "prefect")))
    say("starting Prefect (the first start takes a while)")
    wait_until(Engine(settings.own_prefect_url).is_up, "Prefect answers", supervisor)


def _start_page(supervisor: Supervisor, settings: Settings, environment: Mapping[str, str]) -> None:
    demand_free(settings.web_port, f"{PREFIX}WEB_PORT")
    supervisor.add(Child("review page", [sys.executable, "-m", "web"], environment, _log(settings, "web")))


def _answers(settings: Settings) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{settings.web_port}/healthz", timeout=2).is_success
    except httpx.TransportError:
        return False


def _serves(engine: Engine) -> bool:
    return engine.is_served("contact-sync") and engine.is_served("undo-sync")


def _log(settings: Settings, name: str) -> Path:
    return settings.home / "logs" / f"{name}.log"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Lock `home` against a second instance. Raises CannotStart if it is locked."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"Contactflow is running in {home} already") from None
        yield
