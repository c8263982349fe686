"""`contactflow work`: a worker of a work pool on this machine."""

import tempfile
from pathlib import Path

import click

from deployments.cli.running import ctrl_c_for_both, say, watch
from deployments.cli.terminal import Refused, command, ready_store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine


@command("work")
@click.option(
    "--pool", default="contactflow", show_default=True, help="The work pool, as `contactflow deploy` made it."
)
@click.option("--limit", type=click.IntRange(1), help="Runs at once in this worker.")
def work_command(pool: str, limit: int | None, *, as_json: bool) -> None:
    """Run what a work pool of type `process` holds; Ctrl-C ends it, and others go on with its runs."""
    from deployments.supervisor import Supervisor  # noqa: PLC0415 (slow import, only to start)
    from deployments.working import start  # noqa: PLC0415 (as above)

    del as_json
    ctrl_c_for_both()
    ready_store()
    engine = Engine(settings().prefect_url)
    if engine.is_up() and (engine.ask("GET", f"work_pools/{pool}") or {}).get("type") != "process":
        raise Refused(
            f"{engine.url} has no work pool {pool} of type process: `contactflow deploy --pool {pool}` makes it"
        )
    supervisor = Supervisor()
    with tempfile.TemporaryDirectory(prefix="contactflow-work-") as folder:
        try:
            start(supervisor, settings(), pool, limit, Path(folder))
            say(f"working for {pool}: its log is {supervisor.children[-1].log}")
            watch(supervisor)
        except KeyboardInterrupt:
            say("ended")
        finally:
            supervisor.stop()
