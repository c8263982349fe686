"""`contactflow deploy`: create the deployments in a work pool."""

import os

import click

from deployments.cli.terminal import Refused, command, show
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine


@command("deploy")
@click.option("--pool", default="contactflow", show_default=True, help="The work pool; made if need be.")
@click.option("--type", "kind", default="process", show_default=True, help="Of a new pool: process, kubernetes, ecs, …")
@click.option("--limit", type=click.IntRange(1), help="Runs at once in the whole pool.")
@click.option("--image", default="", help="For pools whose runs are containers: the image that holds Contactflow.")
def deploy_command(pool: str, kind: str, limit: int | None, image: str, *, as_json: bool) -> None:
    """Hand every flow to a work pool; `contactflow work --pool NAME` on each machine then runs them."""
    engine = Engine(settings().prefect_url)
    if not engine.is_up():
        raise Refused(f"no answer at {engine.url}: set PREFECT_API_URL to where your Prefect server answers")
    os.environ["PREFECT_API_URL"] = engine.url  # before Prefect is imported: it reads the variable only once

    from deployments.pools import deploy  # noqa: PLC0415 (imports Prefect)
    from deployments.registry import DEPLOYMENTS  # noqa: PLC0415 (as above)

    deploy(engine, pool, kind=kind, limit=limit, image=image)
    names = [f"{one.flow.name}/default" for one in DEPLOYMENTS]
    said = f"{len(names)} deployments in {pool}; now: contactflow work --pool {pool}"
    show(as_json, {"pool": pool, "deployments": names}, lambda: click.echo(said))
