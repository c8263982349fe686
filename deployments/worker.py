"""`python -m deployments.worker POOL SOCKET [LIMIT]`: Prefect's own worker of a process pool, but for three things.

Its runs are forked from a process that is ready in place of being started from nothing; it can be limited; and while
its server is away it waits, however long that takes.
"""

import asyncio
import contextlib
import signal
import sys
import time
from typing import Any

from prefect.utilities.processutils import command_to_string
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

from deployments import forked
from storage.settings import settings
from tasks.providers.engine import Engine

GLANCE = 2.0


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
