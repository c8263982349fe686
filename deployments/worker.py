"""`python -m deployments.worker POOL SOCKET [LIMIT]`: Prefect's worker for a process pool, with four differences.

Its runs are forked by the fork server at SOCKET instead of started as new interpreters; LIMIT caps its concurrent runs;
it polls for few runs at a time, and for none while full; and it waits without a timeout while Prefect's server is down.
"""

import asyncio
import contextlib
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from deployments import forked
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine

GLANCE = 2.0
MOST, SPARE = 200, 4


class ForkedJob(ProcessJobConfiguration):
    def prepare_for_flow_run(self, *given: Any, **named: Any) -> None:
        """Run `forked` in place of `python -m prefect.engine`, unless the work pool sets a command of its own."""
        self.command = self.command or command_to_string([sys.executable, "-I", "-S", forked.__file__, sys.argv[2]])
        super().prepare_for_flow_run(*given, **named)


class ForkingWorker(ProcessWorker):
    job_configuration = ForkedJob

    async def get_and_submit_flow_runs(self) -> list[Any]:
        """Work around Prefect 3.8.8, which raises RuntimeError for a run resumed before its last process has exited."""
        try:
            return await super().get_and_submit_flow_runs()
        except RuntimeError as error:
            if "already holding" not in str(error):
                raise
            return []  # the next poll returns it again

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """Ask for `SPARE` times the free slots, since other workers may take some; for none while full.

        Prefect's worker asks for 200 at each poll, even when full; with a thousand runs waiting, that kept the server
        too busy for anything else.
        """
        free = int(self.limiter.available_tokens) if self._limit else MOST
        if not free:
            return []
        wanted = {
            "limit": min(free * SPARE, MOST),
            "scheduled_before": (datetime.now(UTC) + timedelta(seconds=float(self._prefetch_seconds))).isoformat(),
        }
        where = {"name": self._work_pool_name}
        try:
            found = await self.client.request(
                "POST", "/work_pools/{name}/get_scheduled_flow_runs", path_params=where, json=wanted
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return []  # the pool was deleted; it may be created again
            raise
        return WorkerFlowRunResponse.model_validate_list(found.json())


def main() -> None:
    pool, _, *limit = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    worker = ForkingWorker(work_pool_name=pool, limit=int(limit[0]) if limit else None, create_pool_if_not_found=False)
    with contextlib.suppress(KeyboardInterrupt):
        engine = Engine(settings().prefect_url)
        while not engine.is_up():
            time.sleep(GLANCE)
        # It gives up after a while without the server; the supervisor restarts this process, which then waits above.
        asyncio.run(worker.start())


if __name__ == "__main__":
    main()
