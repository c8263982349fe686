"""One house for all scenarios, with simulated accounts beside it: starting costs more than any of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.simulators.server import Simulators, serve
from tests.crash.house import House, standing


@pytest.fixture(scope="session")
def simulators() -> Iterator[Simulators]:
    with serve(contacts=60, seed=3) as simulators:
        yield simulators


@pytest.fixture
def house(built_house: House) -> House:
    """Up and running, whatever an earlier test did to it."""
    if built_house.supervisor is None:
        built_house.start()
    return built_house


@pytest.fixture(scope="session")
def built_house(tmp_path_factory: pytest.TempPathFactory, simulators: Simulators) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("crash") / "home"
    # Row by row, so that there is time to kill in.
    with standing(home, {**addresses(simulators), "CONTACTFLOW_APPLY_BATCH": "1"}) as house:
        yield house


def addresses(simulators: Simulators) -> dict[str, str]:
    said = simulators.announcement()
    names = (
        "microsoft_authority", "microsoft_graph_url", "google_auth_url", "google_token_url", "google_people_url",
        "google_gmail_url", "smtp_url",
    )  # fmt: skip
    ours = {f"CONTACTFLOW_{name.upper()}": str(said[name]) for name in names}
    for provider in ("MICROSOFT", "GOOGLE"):
        ours[f"CONTACTFLOW_{provider}_CLIENT_ID"] = str(said["client_id"])
        ours[f"CONTACTFLOW_{provider}_CLIENT_SECRET"] = str(said["client_secret"])
    return ours | {"SSL_CERT_FILE": str(said["ca_file"])}
