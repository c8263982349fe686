"""What Prefect's pages show of our flows: names, descriptions, and a form that explains itself."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.schedules import Schedule

from deployments.registry import DEPLOYMENTS, Deployment
from tasks.upkeep.purge import FLOWS

ROOT = Path(__file__).parents[2]
BY_FLOW = {one.flow.name: one for one in DEPLOYMENTS}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=BY_FLOW)
def test_every_flow_has_a_described_default_deployment(deployment: Deployment) -> None:
    prepared = asyncio.run(deployment.prepared())
    assert prepared.name == "default"
    assert prepared.description
    assert prepared.entrypoint
    assert ":" not in prepared.entrypoint  # a module, never a file
    schema = prepared._parameter_openapi_schema
    assert all(described.get("description") for described in schema.properties.values())


def test_the_flows_bear_the_names_that_scripts_rely_on() -> None:
    assert set(BY_FLOW) >= {"contact-sync", "undo-sync", "housekeeping"}


def test_the_form_of_a_sync_asks_for_little() -> None:
    schema = asyncio.run(BY_FLOW["contact-sync"].prepared())._parameter_openapi_schema
    assert list(schema.properties) == [
        "organization",
        "user",
        "connection",
        "file",
        "full",
        "allow",
        "columns",
        "schedule",
    ]
    assert schema.required == ["organization", "user"]


def test_housekeeping_is_done_every_quarter_of_an_hour_and_thoroughly_at_night() -> None:
    often, nightly = asyncio.run(BY_FLOW["housekeeping"].prepared()).schedules or []
    assert isinstance(often.schedule, IntervalSchedule)
    assert often.schedule.interval.total_seconds() == 900
    assert (often.parameters, nightly.parameters) == ({"thorough": False}, {"thorough": True})


def test_no_run_hangs_for_ever() -> None:
    """Those that open books of their own have their limit there, so that the books tell why."""
    unending = {name for name, one in BY_FLOW.items() if not one.flow.timeout_seconds}
    assert unending == {"contact-sync", "email-campaign"}


def test_runs_of_every_flow_are_purged() -> None:
    assert set(FLOWS) == set(BY_FLOW)


def test_prefect_yaml_says_what_the_registry_says() -> None:
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert [_told(one) for one in DEPLOYMENTS] == written


def _told(one: Deployment) -> dict[str, Any]:
    function = one.flow.fn
    told: dict[str, Any] = {
        "name": "default",
        "entrypoint": f"{function.__module__}.{function.__name__}",
        "description": one.description,
        "tags": list(one.tags),
        "work_pool": {"name": "contactflow", "work_queue_name": one.queue.name},
    }
    if one.schedules:
        told["schedules"] = [_schedule(each) for each in one.schedules]
    return told


def _schedule(each: Schedule) -> dict[str, Any]:
    when = {"interval": each.interval.total_seconds()} if each.interval else {"cron": each.cron}
    return {"slug": each.slug, **when, "parameters": each.parameters}
