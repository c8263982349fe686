"""The flow and its steps: a home for each test; simulators and a Prefect server for those who ask for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments.simulators.server import Simulators, serve
from storage.session import Store
from storage.settings import settings
from tests.flows.book import Book, lay_open, somebody
from tests.flows.campaign_line import CampaignLine
from tests.flows.house import House, address_book, moved_in
from tests.flows.pipeline import Pipeline
from tests.flows.sink import Sink, listening


def everything_met(suite: str, _rows: Any, _measure: int = 0) -> dict[str, bool]:
    """Great Expectations, slow to import, has tests of its own."""
    names = {
        "people": ("ids present", "ids unique", "sane sizes", "reachable", "row count"),
        "mails": ("addresses unique", "all written", "sane sizes", "subjects", "few blocked"),
    }
    return dict.fromkeys(names[suite], True)


@pytest.fixture
def line(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[CampaignLine]:
    from prefect.logging import disable_run_logger  # noqa: PLC0415 (three seconds, for those who need it)

    monkeypatch.setattr("tasks.campaign.check.met", everything_met)
    with disable_run_logger():
        yield CampaignLine(house, monkeypatch)


@pytest.fixture
def house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[House]:
    """On SQLite, unless a test asks for both kinds of database."""
    kind = getattr(request, "param", "sqlite")
    with moved_in(monkeypatch, tmp_path / "home", str(request.getfixturevalue(f"{kind}_url"))) as house:
        yield house


@pytest.fixture
def store(house: House) -> Store:
    return house.store


@pytest.fixture(scope="session")
def running_simulators() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def simulators(running_simulators: Simulators, house: House, monkeypatch: pytest.MonkeyPatch) -> Simulators:
    """The simulators, with the house's settings pointing to them. Each test makes mailboxes of its own."""
    del house  # its settings come first
    running_simulators.start_over(contacts=0, seed=1)  # no fault or clock of an earlier test is left
    address_book(monkeypatch, running_simulators)
    return running_simulators


@pytest.fixture
def model(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A language model that writes; without it, briefs are templates."""
    monkeypatch.setenv("OPENAI_BASE_URL", simulators.urls.openai_base_url)
    monkeypatch.setenv("OPENAI_API_KEY", simulators.urls.openai_api_key)
    settings.cache_clear()
    return simulators.world.openai


@pytest.fixture
def pipeline(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    from prefect.logging import disable_run_logger  # noqa: PLC0415 (three seconds, for those who need it)

    with disable_run_logger():
        yield Pipeline(house, monkeypatch)


@pytest.fixture
def connection(house: House) -> str:
    return house.connection("google", "ann@gmail.example")


@pytest.fixture
def book(connection: str, monkeypatch: pytest.MonkeyPatch) -> Book:
    """Twenty people, whom the connection reads."""
    book = Book()
    for number in range(20):
        book.put(f"s{number}", somebody(number))
    lay_open(monkeypatch, {connection: book})
    return book


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from tests.flows import prefect_server  # noqa: PLC0415 (three seconds, for those who need it)

    with prefect_server.running(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture
def driver(house: House, prefect_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The real flows on a real server. Great Expectations, slow to import, has tests of its own."""
    from tests.flows.prefect_server import driving  # noqa: PLC0415 (as above)

    monkeypatch.setattr("tasks.sync.fetch.warm_up", lambda: None)
    monkeypatch.setattr("tasks.sync.validate.met", everything_met)
    monkeypatch.setattr("tasks.campaign.check.met", everything_met)
    monkeypatch.setenv("PREFECT_API_URL", prefect_server.url)
    with driving(house.store) as driver:
        yield driver


@pytest.fixture
def told(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """The operator's address in the settings."""
    del house
    with listening() as sink:
        monkeypatch.setenv("CONTACTFLOW_NOTIFY_URLS", sink.url)
        settings.cache_clear()
        yield sink
