"""Pia moves in. The command line, the house and the steps of syncs and campaigns are those of their own tests."""

from dataclasses import replace

import pytest

from deployments.simulators.server import Simulators
from storage.records import Labelled
from tests.cli.conftest import call, told  # noqa: F401 (fixtures)
from tests.flows.book import Book, lay_open, somebody
from tests.flows.campaign_line import CampaignLine
from tests.flows.conftest import house, line, pipeline, running_simulators, simulators, store  # noqa: F401 (fixtures)
from tests.flows.house import House
from tests.flows.pipeline import Pipeline
from tests.privacy.world import NOW_AT, PIA, SECOND, World, filled


@pytest.fixture
def books(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, Book]:  # noqa: F811 (the fixture imported above)
    """Two accounts. Pia is in both of them, in the second under another address."""
    accounts = (("google", "ann@gmail.example"), ("microsoft", "ann@outlook.example"))
    books = {house.connection(provider, account): Book() for provider, account in accounts}
    first, second = books.values()
    for number in range(3):
        first.put(f"s{number}", somebody(number))
    first.put("pia", PIA)
    second.put("pia-too", replace(PIA, emails=(Labelled(NOW_AT), Labelled(SECOND))))
    second.put("s7", somebody(7))
    lay_open(monkeypatch, books)
    return books


@pytest.fixture
def world(
    house: House, pipeline: Pipeline, line: CampaignLine, books: dict[str, Book], simulators: Simulators  # noqa: F811
) -> World:  # fmt: skip
    del simulators  # mails leave by SMTP
    return filled(house, pipeline, line, books)
