"""A Prefect server of the tests' own, and a driver that plays the worker: it runs flows in this process, one by one."""

import asyncio
import contextlib
import inspect
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.events.worker import EventsWorker
from prefect.flow_engine import run_flow
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_LEVEL, temporary_settings
from prefect.utilities.asyncutils import run_coro_as_sync

from deployments.local import environment_of, wait_until
from deployments.registry import DEPLOYMENTS
from deployments.supervisor import Child, Supervisor
from storage.organization import tenants
from storage.session import Store
from storage.settings import Settings
from storage.sync import syncs
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.engine import Engine
from tests.flows.house import ANN

FLOWS: dict[str, Flow[..., Any]] = {one.flow.name: one.flow for one in DEPLOYMENTS}


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    home: Path


@contextlib.contextmanager
def running(home: Path) -> Iterator[Server]:
    """With the settings of the one-machine start, so that these are proven as well."""
    chosen = Settings.load(home=home, prefect_port=_free_port())
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    environment = environment_of(chosen) | {"PATH": "/usr/bin:/bin"}
    supervisor = Supervisor()
    log = home / "logs" / "prefect.log"
    supervisor.add(Child("Prefect", [*command, "--port", str(chosen.prefect_port)], environment, log))
    try:
        wait_until(Engine(chosen.own_prefect_url).is_up, "Prefect answers", supervisor)
        with temporary_settings({PREFECT_API_URL: chosen.own_prefect_url, PREFECT_LOGGING_LEVEL: "WARNING"}):
            for one in DEPLOYMENTS:
                asyncio.run(_apply(one))
            yield Server(chosen.own_prefect_url, home)
            run_coro_as_sync(drained())
    finally:
        supervisor.stop()


async def _apply(deployment: Any) -> None:
    await (await deployment.prepared()).aapply()


async def drained() -> None:
    """Everything that this process wanted to tell the server has been told."""
    for told in (APILogWorker.instance().drain(), EventsWorker.drain_all()):
        if inspect.isawaitable(told):
            await told


@dataclass(frozen=True, slots=True)
class Driver:
    store: Store
    client: SyncPrefectClient

    def start(self, flow: str = "contact-sync", **parameters: Any) -> UUID:
        if flow == "contact-sync":
            parameters = {"organization": "acme", "user": ANN, **parameters}
        deployment = self.client.read_deployment_by_name(f"{flow}/default")
        return self.client.create_flow_run_from_deployment(deployment.id, parameters=parameters).id

    def run(self, run_id: UUID, flow: str = "contact-sync") -> str:
        """Let it run until it ends or sleeps; returns the name of the state that it is left in."""
        with contextlib.suppress(BaseException):  # how it ended stands in its state
            asyncio.run(_run(FLOWS[flow], self.read(run_id)))
        return str(self.read(run_id).state_name)

    def read(self, run_id: UUID) -> FlowRun:
        return self.client.read_flow_run(run_id)

    def resume(self, run_id: UUID, decision: str = "approve", reviewer: str = ANN, comment: str = "") -> bool:
        answer = {"decision": decision, "reviewer": reviewer, "comment": comment}
        return Engine(str(self.client.api_url)).resume(str(run_id), answer)

    def form(self, run_id: UUID) -> dict[str, Any]:
        """The schema of what the sleeping run asks for, and the text above it."""
        keyset = self.read(run_id).state.state_details.run_input_keyset  # type: ignore[union-attr]
        schema, text = (
            self.client._client.get(f"/flow_runs/{run_id}/input/{keyset[part]}").json()  # type: ignore[index]
            for part in ("schema", "description")
        )
        return {**schema, "description": text}

    def sync_of(self, run_id: UUID) -> Sync:
        with self.store.read() as session:
            found = syncs.of_run(session, tenants.whole_organization(session, "acme"), str(run_id))
        assert found
        return found


async def _run(flow: Flow[..., Any], run: FlowRun) -> Any:
    done = run_flow(flow, flow_run=run, parameters=run.parameters)
    return await done if inspect.isawaitable(done) else done


@contextlib.contextmanager
def driving(store: Store) -> Iterator[Driver]:
    with get_client(sync_client=True) as client:
        yield Driver(store, client)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
