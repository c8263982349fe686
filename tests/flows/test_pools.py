"""A work pool, by our command and by Prefect's own: queues by priority; what somebody waits for goes first."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.registry import DEPLOYMENTS, QUEUES
from tasks.providers.flow_runs.engine import Engine
from tests.flows import prefect_server

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PATIENCE = 120.0


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A server of its own: where there is a pool, runs go elsewhere than other tests expect."""
    with prefect_server.running(tmp_path_factory.mktemp("pools")) as server:
        yield Engine(server.url)


def run(engine: Engine, *command: str) -> str:
    environment = os.environ | {"PREFECT_API_URL": engine.url, "PREFECT_CLI_PROMPT": "false"}
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True)  # noqa: PLW1510 (looked at below)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_our_command_and_prefects_own_deploy_the_same_and_may_be_repeated(engine: Engine) -> None:
    told = json.loads(run(engine, "contactflow", "deploy", "--limit", "8", "--json"))
    assert told["deployments"] == [f"{one.flow.name}/default" for one in DEPLOYMENTS]
    ours = _deployed(engine)
    run(engine, "prefect", "deploy", "--all")
    assert _deployed(engine) == ours
    run(engine, "contactflow", "deploy")
    assert _deployed(engine) == ours
    assert engine.ask("GET", "work_pools/contactflow")["concurrency_limit"] == 8
    there = engine.ask("POST", "work_pools/contactflow/queues/filter", {})
    assert {(one["name"], one["priority"], one["concurrency_limit"]) for one in there if one["name"] != "default"} == {
        (one.name, one.priority, one.limit) for one in QUEUES
    }
    run_id = engine.start("contact-sync", {"organization": "acme", "user": "ann@acme.example"})
    started = engine.ask("GET", f"flow_runs/{run_id}")
    assert (started["work_pool_name"], started["work_queue_name"]) == ("contactflow", "manual")


def _deployed(engine: Engine) -> list[tuple[object, ...]]:
    found = engine.ask("POST", "deployments/filter", {})
    return sorted(
        (
            one["entrypoint"], one["name"], one["description"], one["tags"], one["work_pool_name"],
            one["work_queue_name"], len(one["schedules"]), one["pull_steps"] or None,
        )
        for one in found
    )  # fmt: skip


def test_our_worker_forks_what_the_pool_holds(engine: Engine, tmp_path: Path) -> None:
    """A run of an organization that is not there fails with our sentence: it got as far as our code and database."""
    run(engine, "contactflow", "deploy")
    home = {"CONTACTFLOW_HOME": str(tmp_path), "PREFECT_API_URL": engine.url, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    command: list[str | Path] = [BIN / "contactflow", "work", "--limit", "1"]
    worker = subprocess.Popen(command, cwd=ROOT, env=os.environ | home, stdout=subprocess.DEVNULL)
    try:
        run_id = engine.start("undo-sync", {"sync": "no-such", "reviewer": "ann@acme.example"})
        deadline = time.monotonic() + PATIENCE
        while engine.state(run_id) != "Failed":
            assert time.monotonic() < deadline, f"{engine.state(run_id)}: {list(tmp_path.glob('logs/*'))}"
            time.sleep(0.2)
        assert "no sync no-such" in engine.failure(run_id)
        told = "".join(path.read_text() for path in tmp_path.glob("logs/worker-*.log"))
        assert "Traceback" not in told.partition("Beginning flow run")[0]
    finally:
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
