"""Neither password nor mail crosses a network in the clear, and none goes to a server that cannot prove its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.records import CampaignStatus, MailState
from storage.settings import settings
from tasks.providers.mail.smtp import Line, Relay, relay_of
from tasks.providers.mail.smtp_envelope import envelope_of
from tasks.providers.mail.smtp_refusals import NotSecure
from tests.sending.dispatch import Dispatch
from tests.sending.letters import mime_mail

MAIL = mime_mail("m1", "ann@acme.example", "bob@engines.example")
LOGIN = "ann:hunter2"


@contextmanager
def sent_to(monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("CONTACTFLOW_SMTP_URL", url)
        settings.cache_clear()
        yield
    settings.cache_clear()


def address(simulators: Simulators, security: str) -> str:
    port = simulators.urls.smtps_port if security == "smtps" else simulators.urls.smtp_port
    return f"{security}://{LOGIN}@localhost:{port}"


@pytest.fixture(params=["smtps", "smtp+starttls"])
def secret_url(request: pytest.FixtureRequest, simulators: Simulators) -> str:
    simulators.world.smtp.starttls = simulators.world.smtp.auth = True
    return address(simulators, request.param)


def test_mails_leave_over_tls_by_whom_the_certificate_file_vouches_for(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, secret_url: str
) -> None:
    campaign = dispatch.campaign("smtp", 20)
    with sent_to(monkeypatch, secret_url):
        assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 20}
    dispatch.assert_true(campaign)


def test_a_server_that_nobody_vouches_for_is_told_nothing(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, secret_url: str, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    log_in = dispatch.fault("status", "/smtp/AUTH", status=535, times=0)
    campaign = dispatch.campaign("smtp", 2)
    with sent_to(monkeypatch, secret_url):
        pause = dispatch.send(campaign)
    assert pause is not None
    assert "certificate that is not trusted" in pause.why
    assert "SSL_CERT_FILE" in pause.why
    assert dispatch.status(campaign).status is CampaignStatus.PAUSED
    assert dispatch.states(campaign) == {MailState.APPROVED: 2}
    assert log_in.hits == 0


async def test_a_server_that_has_lost_its_tls_does_not_get_the_password(simulators: Simulators) -> None:
    """Whoever sits in between takes the offer out of the server's answer."""
    log_in = simulators.world.faults.add(Fault("status", "/smtp/AUTH", status=535, times=0))
    sender = simulators.world.faults.add(Fault("status", "/smtp/MAIL", status=550, times=0))
    relay = relay_of(address(simulators, "smtp+starttls"))
    async with Line(relay) as line:
        with pytest.raises(NotSecure, match="offers no encryption") as refusal:
            await line.offer(envelope_of(MAIL))
    assert "hunter2" not in str(refusal.value)
    assert log_in.hits == sender.hits == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_on_this_machine_a_server_may_be_plain(host: str) -> None:
    assert relay_of(f"smtp://{LOGIN}@{host}:25").security == "smtp"


@pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "localhost.example", "127.0.0.1.example", "[fe80::1]"])
@pytest.mark.parametrize("login", ["", f"{LOGIN}@"])
def test_beyond_this_machine_every_line_turns_to_tls(host: str, login: str) -> None:
    relay = relay_of(f"smtp://{login}{host}")
    assert (relay.port, relay.security) == (25, "smtp+starttls")


def test_an_address_that_says_tls_is_taken_at_its_word_here_too() -> None:
    assert relay_of("smtp+starttls://localhost") == Relay("localhost", 587, "smtp+starttls")
    assert relay_of("smtps://localhost") == Relay("localhost", 465, "smtps")
