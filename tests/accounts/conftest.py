"""Connected accounts from end to end: the home, the simulators and the steps of the flow's own tests."""

from tests.flows.conftest import house, pipeline, running_simulators, simulators, store

__all__ = ["house", "pipeline", "running_simulators", "simulators", "store"]
