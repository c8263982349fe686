"""`python -m deployments.worker POOL SOCKET [LIMIT]`: Prefect's own worker of a process pool, but for four things.

Its runs are forked from a process that is ready in place of being started from nothing; it can be limited; it
asks for as many as it can take; and while its server is away it waits, however long that takes.
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
        """A command of the pool's own goes before ours."""
        self.command = self.command or command_to_string([sys.executable, "-I", "-S", forked.__file__, sys.argv[2]])
        super().prepare_for_flow_run(*given, **named)


class ForkingWorker(ProcessWorker):
    job_configuration = ForkedJob

    async def get_and_submit_flow_runs(self) -> list[Any]:
        """Prefect 3.8.8 stumbles over a run that comes back, approved at once, before its process is gone."""
        try:
            return await super().get_and_submit_flow_runs()
        except RuntimeError as error:
            if "already holding" not in str(error):
                raise
            return []  # it is asked for again in a moment

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """No more than it can take, and a few lest others take them: Prefect's own asks for 200 each time, full or not,
        and while a thousand wait, the server has time for little else.
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
                return []  # the pool was taken away; it may come back
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
        # Without its server it gives up after a while; whoever started it starts it again, to wait here.
        asyncio.run(worker.start())


if __name__ == "__main__":
    main()
