"""A house of real processes: what `contactflow up` starts, in a home and on a port of its own, to be killed at will."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from storage import audit, schema
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import tenants
from storage.people import contacts
from storage.records import ChangeState, Role, SyncStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import Settings
from storage.sync import plans, reviews, syncs
from storage.sync.reviews import Decision
from storage.sync.syncs import Sync, UnknownSync
from storage.tables import contact_syncs, object_actions
from tasks.providers.flow_runs.engine import Engine, EngineError
from tasks.rules.guards import Allow

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0  # of a machine that others use too
ROLES = {
    "server": "prefect server start",
    "worker": "deployments.serve",
    "page": "-m web",
    "supervisor": "deployments.cli up",
}
SYLLABLES = ("ka", "lo", "mi", "ru", "te", "van", "der", "bi", "qu", "zel", "pa", "nim", "dra", "fe", "hul", "jas")
FLOW = "flow"  # whatever else the worker started


class House:
    def __init__(self, home: Path, port: int, extra: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.port = port
        self.environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "CONTACTFLOW_HOME": str(home),
            "CONTACTFLOW_PREFECT_PORT": str(port), "CONTACTFLOW_WEB_PORT": str(free_port()), **(extra or {}),
        }  # fmt: skip
        self.environment.pop("PREFECT_HOME", None)
        self.settings = Settings.load(home=home, prefect_port=port)
        self.store: Store = schema.make_ready(open_store(self.settings))
        self.engine = Engine(self.settings.own_prefect_url, timeout=PATIENCE)
        self.supervisor: subprocess.Popen[bytes] | None = None

    def close(self) -> None:
        self.engine._http.close()
        self.store.engine.dispose()

    def start(self) -> None:
        before = self.begin_start()
        self.wait(lambda: b"ready:" in self._said(before) or self._has_ended(), "the house is ready")
        assert b"ready:" in self._said(before), self._said(before).decode()

    def _has_ended(self) -> bool:
        return self.supervisor is None or self.supervisor.poll() is not None

    def begin_start(self) -> int:
        with (self.home / "up.log").open("ab") as log:
            before = log.tell()
            self.supervisor = self._popen("up", stdout=log, stderr=log)
        return before

    def end(self, number: int = signal.SIGINT) -> float:
        """End the supervisor by a signal; returns the seconds until nothing of the house was left."""
        started = time.monotonic()
        if self.supervisor is not None:
            self.supervisor.send_signal(number)
            self.supervisor.wait(PATIENCE)
            self.supervisor = None
        self.wait(lambda: not self.processes(), "no process is left")
        return time.monotonic() - started

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of `contactflow`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "deployments.cli", *words], cwd=ROOT, env=self.environment, check=False,
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip

    def ask(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, f"{words[0]}: {done.stdout} {done.stderr}"
        return json.loads(done.stdout)

    def delete_run(self, run_id: str) -> None:
        """As somebody does on Prefect's page."""
        assert self.engine._send("DELETE", f"flow_runs/{run_id}").is_success

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        return self._popen(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def team(self, name: str) -> Scope:
        user = f"ann@{name}.example"
        with self.store.begin() as session:
            tenants.add_organization(session, name)
            tenants.add_user(session, name, user, role=Role.ADMIN)
            return tenants.scope_of(session, name, user)

    def start_sync(self, name: str, *, file: Path | None = None, connection: str = "") -> str:
        """Returns its id at once. As the command line does it, without the seconds that a command takes."""
        sync_id = new_id()
        parameters = {
            "organization": name, "user": f"ann@{name}.example", "file": str(file or ""), "connection": connection,
            "allow": list(Allow),
        }  # fmt: skip
        self.engine.start("contact-sync", parameters, key=sync_id)
        return sync_id

    def approve(self, sync: Sync) -> None:
        with self.store.begin() as session:
            scope = tenants.scope_of_sync(session, sync.id)
            decision = Decision(Choice.APPROVE, "ann", digest=sync.digest)
            reviews.decide(session, scope, sync.id, decision)
        with suppress(EngineError):  # then the sweeper wakes it
            self.engine.resume(sync.flow_run_id, {"decision": "approve", "reviewer": "ann"})

    def asleep(self, sync: Sync) -> None:
        self.wait(lambda: self.engine.state(sync.flow_run_id) == "Suspended", "the run sleeps")

    def preview(self, name: str, *, file: Path | None = None, connection: str = "") -> Sync:
        return self.until(self.start_sync(name, file=file, connection=connection), SyncStatus.PREVIEW)

    def sync(self, sync_id: str) -> Sync | None:
        with self.store.read() as session:
            try:
                return syncs.sync(session, tenants.scope_of_sync(session, sync_id), sync_id)
            except UnknownSync:
                return None

    def rows(self, sync_id: str, state: ChangeState) -> int:
        with self.store.read() as session:
            counts = plans.counts(session, tenants.scope_of_sync(session, sync_id), sync_id)
        return sum(number for (_, its), number in counts.items() if its is state)

    def touch(self, sync_id: str, **values: datetime) -> None:
        """Put a sync's times where waiting for them would take too long."""
        with self.store.begin() as session:
            session.execute(update(contact_syncs).where(contact_syncs.c.id == sync_id).values(**values))

    def assert_true(self, scope: Scope, sync_id: str, emails: Collection[str]) -> None:
        """Everybody is there once, was created by one deed, and the numbers add up."""
        with self.store.read() as session:
            sync, counts = syncs.sync(session, scope, sync_id), plans.counts(session, scope, sync_id)
            deeds = session.execute(
                select(object_actions.c.object_id, func.count())
                .where(object_actions.c.sync_id == sync_id, object_actions.c.action == "created")
                .group_by(object_actions.c.object_id)
            ).all()
            assert audit.verify(session, scope).broken_at is None
        self.assert_there(scope, emails)
        assert sync.statistics.total == counts.total()
        assert {number for _, number in deeds} == {1}
        assert len(deeds) == sync.statistics.created

    def until(self, sync_id: str, *wanted: SyncStatus, patience: float = PATIENCE) -> Sync:
        def there() -> bool:
            sync = self.sync(sync_id)
            assert sync is None or sync.is_open or sync.status in wanted, f"{sync.status}: {sync.error}"
            return sync is not None and sync.status in wanted

        self.wait(there, f"the sync is {' or '.join(wanted)}", patience=patience)
        found = self.sync(sync_id)
        assert found is not None
        return found

    def assert_there(self, scope: Scope, emails: Collection[str]) -> None:
        with self.store.read() as session:
            there = [email.value for one in contacts.everyone(session, scope) for email in one.person.emails]
        assert sorted(there) == sorted(emails)

    def wait(self, met: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> float:
        started = time.monotonic()
        while not met():
            if time.monotonic() - started > patience:
                raise AssertionError(f"waited {patience:.0f} s, but not yet: {what}\n{self._logs()}")
            time.sleep(0.1)
        return time.monotonic() - started

    def processes(self) -> dict[int, str]:
        """Every process that runs in this home, and what it is: supervisor, server, worker, flow or command."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            if (pid := int(folder.name)) != os.getpid() and (role := self._role(folder)):
                found[pid] = role
        return found

    def kill(self, *roles: str) -> int:
        """End them with kill -9; returns how many processes it hit."""
        hit = [pid for pid, role in self.processes().items() if role in roles]
        for pid in hit:
            os.kill(pid, signal.SIGKILL)
        return len(hit)

    def replace(self, role: str) -> None:
        """End it with kill -9, and see the supervisor start another one."""
        killed = {pid for pid, its in self.processes().items() if its == role}
        assert self.kill(role) == 1
        self.wait(lambda: not killed & self.processes().keys() and self.is_whole(), f"the {role} is back")

    def is_whole(self) -> bool:
        return {"server", "worker"} <= set(self.processes().values()) and self.engine.is_up()

    def _role(self, folder: Path) -> str:
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = " ".join((folder / "cmdline").read_bytes().decode(errors="replace").split("\0"))
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return ""
        if f"CONTACTFLOW_HOME={self.home}".encode() not in environment or state == "Z":
            return ""
        roles = [role for role, mark in ROLES.items() if mark in command]
        return roles[0] if roles else "command" if "deployments.cli" in command else FLOW

    def _popen(self, *words: str, **streams: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "deployments.cli", *words]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True, **streams)

    def _said(self, since: int) -> bytes:
        return (self.home / "up.log").read_bytes()[since:]

    def _logs(self) -> str:
        kept = [self.home / "up.log", self.home / "logs" / "worker.log", self.home / "logs" / "prefect.log"]
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in kept if log.exists())


@contextmanager
def standing(home: Path, extra: Mapping[str, str] | None = None) -> Iterator[House]:
    house = House(home, free_port(), extra)
    house.start()
    try:
        yield house
    finally:
        house.kill("supervisor")
        if house.supervisor is not None:
            house.supervisor.wait()
        house.kill(*ROLES, FLOW, "command")
        house.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def people(number: int, at: str) -> dict[str, str]:
    """Invented people by address, whom nothing but their own name and address tells apart."""
    chance = random.Random(at)
    invented: dict[str, str] = {}
    while len(invented) < number:
        first, last = ("".join(chance.choices(SYLLABLES, k=k)).title() for k in (3, 4))
        invented[f"{first}.{last}@{at}.example".lower()] = f"{first} {last}"
    return invented


def address_book(folder: Path, invented: Mapping[str, str]) -> Path:
    path = folder / f"{len(invented)}-{next(iter(invented))}.csv"
    lines = "".join(f"{name},{email}\n" for email, name in invented.items())
    path.write_text(f"Name,E-mail\n{lines}", encoding="utf-8")
    return path
