"""Row 7: what Prefect adds to a sync: task runs, CPU of its server, and time beyond what our own steps take."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.flow_engine import run_flow_async
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.contact_sync import contact_sync
from storage.records import SyncStatus
from storage.sync import syncs
from tests.benchmarks.household import USER, Household, Run, alone, as_file, begun, household
from tests.benchmarks.measuring import Row, cpu_of, spent, wall

PEOPLE = 100
TURNS = 3
SETTLED = 3.0  # seconds in which the server digests what it was told


def rows(home: Path, _size: int) -> Iterator[Row]:
    with household(home / "prefect", PREFECT_HOME=str(home / "prefect-home"), DO_NOT_TRACK="1") as house:
        file = as_file(house, PEOPLE)
        with alone():
            plain = min(spent(begun(house, file=file).all) for _ in range(TURNS))
        with _server(home) as (url, process_id), temporary_settings({PREFECT_API_URL: url}):
            turns = [_through(house, file, process_id) for _ in range(TURNS + 1)][1:]
    around, cost, tasks = (min(column) for column in zip(*turns, strict=True))
    yield Row(7, f"sync of {PEOPLE} through Prefect, without its server", around, "<= 0.3 s more", plain)
    yield Row(7, "CPU of Prefect's server, one sync", cost, "<= 0.6 s")
    yield Row(7, "task runs, one sync", tasks, "<= 10", unit="")


def _through(house: Household, file: str, server: int) -> tuple[float, float, float]:
    with get_client(sync_client=True) as client:
        flow = client.create_flow(contact_sync)
        deployment = client.create_deployment(
            flow_id=flow, name="benchmark", path=".", entrypoint="flows/contact_sync.py"
        )
        parameters = {"organization": "acme", "user": USER, "file": file}
        flow_run = client.create_flow_run_from_deployment(deployment, parameters=parameters)
        cpu_before, started = cpu_of(server), wall()
        asyncio.run(_run(client.read_flow_run(flow_run.id)))
        with house.store.read() as session:
            sync = syncs.of_run(session, house.scope, str(flow_run.id))
        assert sync
        assert sync.status is SyncStatus.PREVIEW
        Run(house, sync.id).approve()
        client.resume_flow_run(flow_run.id, run_input={"decision": "approve", "reviewer": USER})
        asyncio.run(_run(client.read_flow_run(flow_run.id)))
        around = wall() - started
        time.sleep(SETTLED)
        used = cpu_of(server) - cpu_before
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id])))
    return around, used, float(len(tasks))


async def _run(flow_run: Any) -> None:
    with suppress(BaseException):  # suspending leaves the run by an exception that is no error
        await run_flow_async(contact_sync, flow_run=flow_run, parameters=flow_run.parameters)


@contextmanager
def _server(home: Path) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    # No services of its own but those that a sync needs; uvicorn runs in this very process.
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "prefect.server.api.server:create_app",
        "--port",
        str(port),
    ]
    with patch.dict(os.environ, PREFECT_HOME=str(home / "prefect-home"), PREFECT_SERVER_ANALYTICS_ENABLED="false"):
        log = (home / "prefect.log").open("wb")
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"{url}/health")
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()
        log.close()


def _wait(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == httpx.codes.OK:
                return
        time.sleep(0.3)
    raise TimeoutError("Prefect's server did not start")
