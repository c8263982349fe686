"""The registry applied to a work pool: the pool, its queues by priority, and every deployment."""

import asyncio

from deployments.registry import DEPLOYMENTS, QUEUES
from tasks.providers.flow_runs.engine import Engine

# Runs of a worker that died are restarted by the sweeper, not by the pool.
WORK_POOL_TYPE = "process"


def deploy(engine: Engine, pool: str, *, kind: str = WORK_POOL_TYPE, limit: int | None = None, image: str = "") -> None:
    """Idempotent: existing queues and deployments are updated; so is an existing pool's `limit`, if one is given."""
    _make_pool(engine, pool, kind, limit)
    asyncio.run(_apply_all(pool, image))


def _make_pool(engine: Engine, pool: str, kind: str, limit: int | None) -> None:
    if engine.ask("GET", f"work_pools/{pool}") is None:
        engine.ask("POST", "work_pools/", {"name": pool, "type": kind, "concurrency_limit": limit})
    elif limit is not None:
        engine.ask("PATCH", f"work_pools/{pool}", {"concurrency_limit": limit})
    for queue in QUEUES:
        terms = {"priority": queue.priority, "concurrency_limit": queue.limit}
        if engine.ask("GET", f"work_pools/{pool}/queues/{queue.name}") is None:
            engine.ask("POST", f"work_pools/{pool}/queues", {"name": queue.name, **terms})
        else:
            engine.ask("PATCH", f"work_pools/{pool}/queues/{queue.name}", terms)


async def _apply_all(pool: str, image: str) -> None:
    for one in DEPLOYMENTS:
        await (await one.prepared(pool=pool)).aapply(work_pool_name=pool, image=image or None)
