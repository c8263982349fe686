"""A home, the simulators, and campaigns on their way out."""

from collections.abc import Iterator

import pytest

from deployments.simulators.server import Simulators
from tests.flows.conftest import house, running_simulators, simulators, store
from tests.flows.house import House
from tests.sending.dispatch import Dispatch

__all__ = ["house", "running_simulators", "simulators", "store"]


@pytest.fixture
def dispatch(house: House, simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dispatch]:
    monkeypatch.setenv("CONTACTFLOW_GOOGLE_GMAIL_URL", simulators.urls.google_gmail_url)
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", simulators.urls.smtp_url)
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr("tasks.campaign.send.notify", lambda *said, **more: told.append((*said, more)))
    from storage.settings import settings  # noqa: PLC0415 (what was read before does not count)

    settings.cache_clear()
    yield Dispatch(house, simulators, told)
    settings.cache_clear()
