"""A relay gets as many lines as it takes, and no more; who cannot talk to it at all finds out once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage.records import CampaignStatus, MailState
from storage.settings import settings
from tests.sending.dispatch import QUICK, Dispatch


def log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", settings().smtp_url.replace("smtp://", "smtp://ann:wrong@"))
    settings.cache_clear()


@pytest.mark.parametrize("most", [1, 3])
def test_a_relay_that_takes_few_lines_gets_them_all_and_nobody_waits(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(dispatch.simulators.world.smtp, "lines", most)
    campaign = dispatch.campaign("smtp", 300)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 300}
    assert dispatch.clock.ahead < 1


def test_a_relay_that_is_not_there_is_asked_once(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 200)
    fault = dispatch.fault("status", "/smtp/CONNECT", status=421, times=0)
    pause = dispatch.send(campaign, replace(QUICK, patience=timedelta()))
    assert pause is not None
    assert "cannot be reached" in pause.why
    assert fault.hits == 1
    assert dispatch.states(campaign) == {MailState.APPROVED: 200}


def test_a_log_in_that_is_refused_for_now_says_nothing_of_the_password(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = dispatch.campaign("smtp", 2)
    log_in(monkeypatch)
    dispatch.fault("status", "/smtp/AUTH", status=454, times=2)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 2}


def test_a_password_that_is_not_accepted_pauses_the_campaign(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = dispatch.campaign("smtp", 200)
    log_in(monkeypatch)
    fault = dispatch.fault("status", "/smtp/AUTH", status=535, times=0)
    pause = dispatch.send(campaign)
    assert pause is not None
    assert "CONTACTFLOW_SMTP_URL" in pause.why
    assert "wrong" not in pause.why
    assert dispatch.status(campaign).status is CampaignStatus.PAUSED
    assert dispatch.states(campaign) == {MailState.APPROVED: 200}
    assert fault.hits == 2  # in both ways once: a server that is asked again and again locks the user out
