"""A work pool, by our command and by Prefect's own: queues by priority; what somebody waits for goes first."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.registry import DEPLOYMENTS, QUEUES
from tasks.providers.engine import Engine
from tests.flows import prefect_server

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


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
