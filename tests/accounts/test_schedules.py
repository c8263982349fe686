"""Whatever goes wrong: a sync ends with exactly the truth, or fails and leaves everything as it was."""

import pytest

from deployments.simulators.server import Simulators
from tests.accounts.schedules import Tally, play
from tests.flows.pipeline import Pipeline

PROVIDERS = pytest.mark.parametrize("provider", ["microsoft", "google"])


@PROVIDERS
def test_a_sync_ends_in_the_truth_or_in_a_failure_that_changes_nothing(
    pipeline: Pipeline, simulators: Simulators, provider: str
) -> None:
    tally = play(pipeline, simulators, provider, range(10))
    assert tally.completed > tally.failed > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@PROVIDERS
def test_five_hundred_schedules_at_each_service(pipeline: Pipeline, simulators: Simulators, provider: str) -> None:
    tally = Tally()
    for first in range(1000, 1500, 50):
        play(pipeline, simulators, provider, range(first, first + 50), tally)
        print(f"\n{provider}: {tally}", flush=True)
    assert tally.schedules == 500
    assert tally.completed > 500
