"""Tokens, keys and passwords are nowhere but in the environment and in sealed values, while a sync and a campaign run.

Not on a command line, which all users of a machine can read; not in what Prefect keeps; not in a log or a file.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from prefect.utilities.asyncutils import run_coro_as_sync

from deployments.simulators.server import Simulators
from storage.records import Audience
from storage.reporting import notices
from storage.settings import settings
from tests.conftest import HOME
from tests.flows.house import ANN, SECRET, House
from tests.flows.prefect_server import Driver, Server, drained
from tests.flows.test_nothing_personal_stays import everything_but_the_crm, found_in

BRIEF = "Tell them that the spring catalogue is out, and thank them for last year."
PASSWORD, HOOK, OWN_HOOK = "pa55-of-the-relay", "hook-of-the-operator", "hook-of-the-organization"


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """Every command line that there was meanwhile, as any user of the machine may see it."""
    seen: set[bytes] = set()
    stop = threading.Event()

    def watching() -> None:
        while not stop.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(path.read_bytes())
            time.sleep(0.02)

    watcher = threading.Thread(target=watching)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


@pytest.fixture
def secrets(house: House, simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """One of each kind, in the settings and with the organization."""
    urls = simulators.urls
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", f"smtp://ann:{PASSWORD}@{urls.smtp_host}:{urls.smtp_port}")
    monkeypatch.setenv("CONTACTFLOW_NOTIFY_URLS", f"json://127.0.0.1:9/{HOOK}")
    monkeypatch.setenv("OPENAI_API_KEY", urls.openai_api_key)
    monkeypatch.setenv("OPENAI_BASE_URL", urls.openai_base_url)
    settings.cache_clear()
    with house.store.begin() as session:
        notices.add_target(session, house.scope, f"json://127.0.0.1:9/{OWN_HOOK}", Audience.REVIEWERS, actor=ANN)
    return {PASSWORD, HOOK, OWN_HOOK, SECRET, urls.openai_api_key, urls.client_secret}


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # one of apprise's many services
def test_no_secret_is_told_to_prefect_to_a_log_or_to_other_users_of_the_machine(
    house: House, driver: Driver, simulators: Simulators, secrets: set[str], prefect_server: Server,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG), watched() as commands:
        for provider in ("microsoft", "google"):
            connection, _ = house.connect(simulators, provider, size=5)
            run = driver.start(connection=connection)
            driver.run(run)
            driver.resume(run)
            assert driver.run(run) == "Completed"
        run = driver.start("email-campaign", organization="acme", user=ANN, name="Spring", brief=BRIEF, budget=5)
        assert driver.run(run, "email-campaign") == "Suspended"
        driver.resume(run)
        assert driver.run(run, "email-campaign") == "Completed"
    run_coro_as_sync(drained())
    assert len(simulators.world.delivered) > 0
    tokens = {*simulators.world.tokens.accesses, *simulators.world.tokens.grants}
    assert len(tokens) >= 4
    secrets |= tokens

    assert found_in(b"\n".join(commands), secrets) == []
    assert found_in(caplog.text.encode(), secrets) == []
    assert found_in("".join(capfd.readouterr()).encode(), secrets) == []
    for place in (prefect_server.home, HOME / "prefect", house.home):
        for path in place.rglob("*"):
            if path.is_file():
                assert found_in(path.read_bytes(), secrets) == [], path
    assert found_in(everything_but_the_crm(house), secrets) == []
    database = Path(str(house.store.engine.url.database))
    for path in database.parent.glob(f"{database.name}*"):
        assert found_in(path.read_bytes(), secrets) == [], path
    # The search does find what is there: the server's own command line, and what Prefect keeps of the run.
    assert any(b"prefect" in command for command in commands)
    prefects = b"".join(path.read_bytes() for path in (prefect_server.home / "prefect").glob("*.db*"))
    assert found_in(prefects, {str(run)})
