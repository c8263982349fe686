"""The pinned set of libraries does what others do not: with newer ones the server starts and schedules nothing."""

import time
from uuid import uuid4

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import CronSchedule

from flows.housekeeping import housekeeping
from tests.flows.prefect_server import Driver

PATIENCE = 75.0


def test_the_server_schedules_the_runs_of_a_cron_deployment(driver: Driver) -> None:
    flow_id = driver.client.create_flow(housekeeping)
    schedule = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *"), active=True)
    made = driver.client.create_deployment(flow_id, name=f"nightly {uuid4()}", schedules=[schedule])
    try:
        deadline = time.monotonic() + PATIENCE
        wanted = DeploymentFilter(id=DeploymentFilterId(any_=[made]))
        while not (runs := driver.client.read_flow_runs(deployment_filter=wanted)):
            assert time.monotonic() < deadline, f"nothing was scheduled in {PATIENCE:.0f} s"
            time.sleep(0.5)
        assert {str(run.state_name) for run in runs} == {"Scheduled"}
        assert all(run.auto_scheduled for run in runs)
    finally:
        driver.client.delete_deployment(made)
