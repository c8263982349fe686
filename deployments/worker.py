"""`python -m deployments.worker POOL SOCKET [LIMIT]`: Prefect's worker of a process pool, with four differences.

Its runs are forked from a preloaded process; it can be limited; it polls only for as many runs as it can take; and it
waits for as long as its server is down.
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
        """Run our command, unless the pool sets one of its own."""
        self.command = self.command or command_to_string([sys.executable, "-I", "-S", forked.__file__, sys.argv[2]])
        super().prepare_for_flow_run(*given, **named)


class ForkingWorker(ProcessWorker):
    job_configuration = ForkedJob

    async def get_and_submit_flow_runs(self) -> list[Any]:
        """Works around Prefect 3.8.8, which fails if a run is resumed before its previous process has exited."""
        try:
            return await super().get_and_submit_flow_runs()
        except RuntimeError as error:
            if "already holding" not in str(error):
                raise
            return []  # the next poll gets it again

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """Poll for as many runs as can be taken, plus a few that other workers may take first. Prefect's worker polls
        for 200 each time, even when full; with a thousand waiting, this occupies the server.
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
        # Prefect's worker exits if its server stays down; the supervisor restarts it, and it waits here.
        asyncio.run(worker.start())


if __name__ == "__main__":
    main()
