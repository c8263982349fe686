"""What runs in production, on one machine: Prefect's servers and ours over one Postgres, workers, a sweeper."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local import environment_of
from deployments.pools import deploy
from deployments.supervisor import Child
from storage.session import Store
from storage.settings import Settings
from tasks.providers.flow_runs.engine import Engine
from tests import postgres
from tests.conftest import SECRET, opened
from tests.flows.prefect_server import _free_port

PATIENCE = 600.0
POOL = "contactflow"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Site:
    """`workers` may be killed with all that they run, for each is a group of processes."""

    store: Store
    superuser_url: str
    home: Path
    common: Mapping[str, str]
    engines: list[Engine] = field(default_factory=list)
    servers: list[Child] = field(default_factory=list)
    workers: list[Child] = field(default_factory=list)
    others: list[Child] = field(default_factory=list)
    services: list[Child] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        """As a load balancer would choose: a server that answers."""
        return next(one for one in self.engines if one.is_up())

    def start(self, name: str, url: str, *command: str) -> Child:
        home = self.home / name
        environment = environment_of(Settings.load(home=home)) | {
            "PATH": os.environ["PATH"], "PREFECT_API_URL": url, "PREFECT_HOME": str(home / "prefect"), **self.common
        }  # fmt: skip
        child = Child(name, [sys.executable, "-m", *command], environment, self.home / f"{name}.log")
        child.start()
        return child

    def add_server(self, *extra: str) -> Child:
        port = _free_port()
        engine = Engine(f"http://127.0.0.1:{port}/api")
        where = ("--host", "127.0.0.1", "--port", str(port))
        name = f"server-{len(self.servers)}"
        self.servers.append(self.start(name, engine.url, "prefect", "server", "start", *where, *extra))
        self.engines.append(engine)
        until(lambda: engine.is_up() or not self.servers[-1].is_running, f"{name} answers")
        assert self.servers[-1].is_running, f"{name} ended at once: {self.servers[-1].log}"
        return self.servers[-1]

    def add_services(self) -> None:
        """What servers leave to others that were started without."""
        name = f"services-{len(self.services)}"
        self.services.append(self.start(name, self.engines[0].url, "prefect", "server", "services", "start"))

    def add_sweeper(self, engine: Engine) -> None:
        self.others.append(self.start(f"sweeper-{len(self.others)}", engine.url, "deployments.sweeper"))

    def add_worker(self, engine: Engine, limit: int) -> Child:
        name = f"worker-{len(self.workers)}"
        work = ("deployments.cli", "work", "--pool", POOL, "--limit", str(limit))
        self.workers.append(self.start(name, engine.url, *work))
        return self.workers[-1]

    def online(self) -> int:
        """How many workers are there, as Prefect sees it."""
        found = self.engines[0].ask("POST", f"work_pools/{POOL}/workers/filter", {}) or []
        return sum(one["status"] == "ONLINE" for one in found)

    def cpu(self) -> dict[str, float]:
        """Seconds, of everything that each has started as well."""
        parts = {"Prefect": [*self.servers, *self.services], "workers": self.workers, "sweeper": self.others}
        return {name: sum(map(_cpu_of, children)) for name, children in parts.items()} | {"this": time.process_time()}


def until(met: Callable[[], bool], what: str, patience: float = PATIENCE, *, every: float = 0.5) -> None:
    deadline = time.monotonic() + patience
    while not met():
        assert time.monotonic() < deadline, f"not yet: {what}"
        time.sleep(every)


@contextmanager
def built(
    databases: postgres.Databases,
    superuser_url: str,
    home: Path,
    *,
    servers: int,
    services: int = 0,
    extra: Mapping[str, str] | None = None,
) -> Iterator[Site]:
    """Servers with everything deployed, and a sweeper each; workers are added by the test.

    Without services of their own, the first server has them.
    """
    app_url = postgres.as_role(superuser_url, postgres.APP)
    databases._administer("DROP DATABASE IF EXISTS prefect WITH (FORCE)")
    databases._administer("CREATE DATABASE prefect")
    common = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"{databases.server.replace('psycopg', 'asyncpg')}/prefect",
        "PREFECT_WORKER_QUERY_SECONDS": "2", "CONTACTFLOW_DATABASE_URL": app_url, "CONTACTFLOW_SECRET_KEYS": SECRET,
        **(extra or {}),
    }  # fmt: skip
    with ExitStack() as stack:
        site = Site(stack.enter_context(opened(app_url)), superuser_url, home, common)
        stack.callback(_stop, site)
        for number in range(servers):
            site.add_server(*(("--no-services",) if number or services else ()))
        for _ in range(services):
            site.add_services()
        with temporary_settings({PREFECT_API_URL: site.engines[0].url}):
            deploy(site.engines[0], POOL)
        for engine in site.engines:
            site.add_sweeper(engine)
        yield site


def _stop(site: Site) -> None:
    deadline = time.monotonic() + 20
    for child in (*site.workers, *site.others, *site.services, *reversed(site.servers)):
        child.stop(deadline)


def _cpu_of(child: Child) -> float:
    return sum(_own_and_reaped(pid) for pid in _family(child.process.pid)) / TICKS if child.process else 0.0


def _family(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for one in children:
            yield from _family(int(one))


def _own_and_reaped(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))
