"""The simulated services, the Microsoft one over https, and an application at each."""

from collections.abc import Iterator

import pytest

from deployments.simulators.server import Simulators, serve
from tasks.providers.access.oauth import App, google_app, microsoft_app


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    with serve(contacts=3) as running:
        yield running


@pytest.fixture(autouse=True)
def trusted(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only thing that makes the simulators' certificate known, to httpx and to msal alike."""
    monkeypatch.setenv("SSL_CERT_FILE", simulators.urls.ca_file)


@pytest.fixture
def microsoft(simulators: Simulators) -> App:
    urls = simulators.urls
    return microsoft_app(urls.client_id, urls.client_secret, authority=urls.microsoft_authority)


@pytest.fixture
def google(simulators: Simulators) -> App:
    urls = simulators.urls
    return google_app(
        urls.client_id, urls.client_secret, auth_url=urls.google_auth_url, token_url=urls.google_token_url
    )
