"""One running pair of simulators for all tests, which starts over for each of them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deployments.simulators.server import Simulators, serve

IMMUTABLE = 'IdType="ImmutableId"'


@pytest.fixture(scope="session")
def running() -> Iterator[Simulators]:
    with serve(contacts=0) as simulators:
        yield simulators


@pytest.fixture
def simulators(running: Simulators) -> Simulators:
    running.start_over(contacts=120, seed=3)
    return running


class Owner:
    """The first mailbox of a provider, seen through its public API and through the control surface."""

    def __init__(self, simulators: Simulators, provider: str, http: httpx.Client) -> None:
        self.simulators, self.provider, self.http = simulators, provider, http
        self.world = simulators.world
        self.mailbox = simulators.world.mailbox(provider)
        self.base = getattr(
            simulators.urls, {"microsoft": "microsoft_graph_url", "google": "google_people_url"}[provider]
        )
        self.token = simulators.world.access_token(provider)

    @property
    def ledger(self) -> Any:
        return self.world.ledger.of(self.mailbox.email)

    def get(self, path: str, prefer: str = IMMUTABLE, **query: Any) -> httpx.Response:
        url = path if path.startswith("http") else self.base + path
        headers = {"authorization": f"Bearer {self.token}", "prefer": prefer}
        return self.http.get(
            url, headers=headers, params={name.replace("_", "$"): v for name, v in query.items()} or None
        )

    def ask(self, method: str, path: str, *, prefer: str = IMMUTABLE, **request: Any) -> httpx.Response:
        """Of the provider's mail API."""
        base = self.base if self.provider == "microsoft" else f"{self.simulators.urls.google_gmail_url}/users/me"
        headers = {"authorization": f"Bearer {self.token}", "prefer": prefer, **request.pop("headers", {})}
        return self.http.request(method, path if path.startswith("http") else base + path, headers=headers, **request)

    @property
    def letters(self) -> Any:
        return self.world.letterbox(self.provider, self.mailbox.email)

    def control(self, what: str, **wish: Any) -> Any:
        url = f"{self.simulators.urls.control_url}/{self.provider}/{self.mailbox.email}/{what}"
        answer = self.http.get(url) if what == "truth" else self.http.post(url, json=wish)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def microsoft(simulators: Simulators, http: httpx.Client) -> Owner:
    return Owner(simulators, "microsoft", http)


@pytest.fixture
def google(simulators: Simulators, http: httpx.Client) -> Owner:
    return Owner(simulators, "google", http)
