"""A campaign stops when somebody or something says so, loses nothing, and goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from storage import applications
from storage.campaign import mails
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import CampaignStatus, ConnectionStatus, MailState, Provider
from tasks.providers.mail.gmail import GmailMailer
from tasks.providers.mail.graph_mail import GraphMailer
from tests.sending.dispatch import Dispatch, move

WAYS = pytest.mark.parametrize("way", ["microsoft", "google"])
MAILERS: dict[str, type[GraphMailer | GmailMailer]] = {"microsoft": GraphMailer, "google": GmailMailer}


def after(times: int, does: Callable[[], None]) -> Callable[..., Any]:
    """A `send` that, having sent so many, lets something happen."""
    counted = iter(range(1, 1000))

    def around(send: Callable[..., Any]) -> Callable[..., Any]:
        async def sent(*given: Any) -> Any:
            done = await send(*given)
            if next(counted) == times:
                does()
            return done

        return sent

    return around


@WAYS
@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.CANCELLED])
def test_somebody_stops_it_in_mid_send(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, way: str, status: CampaignStatus
) -> None:
    campaign = dispatch.campaign(way, 6)

    def stop() -> None:
        if status is CampaignStatus.CANCELLED:
            dispatch.end(campaign, status)
        else:
            move(dispatch, campaign, status)

    monkeypatch.setattr(MAILERS[way], "send", after(2, stop)(MAILERS[way].send))
    pause = dispatch.send(campaign)
    assert (pause is None) is (status is CampaignStatus.CANCELLED)
    assert dispatch.states(campaign)[MailState.SENT] == 2
    totals = dispatch.totals(campaign)
    assert totals.adds_up
    assert totals.waiting == (0 if status is CampaignStatus.CANCELLED else 4)
    move(dispatch, campaign, CampaignStatus.SENDING)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign)[MailState.SENT] == (2 if status is CampaignStatus.CANCELLED else 6)
    dispatch.assert_true(campaign)


@pytest.mark.parametrize("way", ["microsoft", "google", "smtp"])
def test_too_many_failures_stop_it_and_say_why(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr("tasks.campaign.send.GLANCE", timedelta())
    monkeypatch.setattr("tasks.campaign.relaying.BATCH", 5)
    campaign = dispatch.campaign(way, 60)
    route = {"microsoft": "/send", "google": "/drafts/send", "smtp": "/smtp/RCPT"}[way]
    dispatch.fault(
        "status", route, method="POST" if way != "smtp" else "", status=400 if way != "smtp" else 550, times=0
    )
    pause = dispatch.send(campaign)
    assert pause is not None
    assert pause.until is None
    assert "mails failed or bounced, limit 10%" in pause.why
    assert dispatch.status(campaign).status is CampaignStatus.PAUSED
    assert [one[0] for one in dispatch.told] == ["paused"]
    states = dispatch.states(campaign)
    assert 20 <= states[MailState.FAILED] < 60
    assert dispatch.totals(campaign).adds_up
    assert all(mail.reason for mail in dispatch.mails(campaign) if mail.state is MailState.FAILED)


@WAYS
def test_what_failed_for_certain_is_sent_once_more_and_once_only(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 4)
    dispatch.fault("status", "/send", method="POST", status=400, times=2)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 2, MailState.FAILED: 2}
    with dispatch.store.begin() as session:
        assert mails.retry_sending(session, dispatch.scope, campaign.id) == 2
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 4}
    dispatch.assert_true(campaign)


@WAYS
def test_a_sign_in_that_is_refused_pauses_the_campaign_and_loses_nothing(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 3)
    dispatch.fault("status", "/send", method="POST", status=401, after=1, times=0)
    pause = dispatch.send(campaign)
    assert pause is not None
    assert "sign in again" in pause.why
    with dispatch.store.begin() as session:
        connection = connections.connection(session, dispatch.scope, campaign.connection_id)
        assert connection.status is ConnectionStatus.NEEDS_RECONNECT
        dispatch.simulators.world.faults.clear()
        email = dispatch.senders[campaign.id].partition("/")[2]
        tokens = StoredTokens(dispatch.simulators.world.refresh_token(way, email))
        connections.connect(session, dispatch.scope, provider=Provider(way), account=email, tokens=tokens, scopes=())
    move(dispatch, campaign, CampaignStatus.SENDING)
    dispatch.clock.ahead += 3600
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 3}
    dispatch.assert_true(campaign)


@WAYS
def test_an_application_that_is_refused_pauses_the_campaign_and_leaves_the_connection(
    dispatch: Dispatch, way: str
) -> None:
    campaign = dispatch.campaign(way, 2)
    dispatch.simulators.world.tokens.expire(way, dispatch.senders[campaign.id].partition("/")[2])
    dispatch.fault("status", "/token", method="POST", status=401, code="invalid_client")
    pause = dispatch.send(campaign)
    assert pause is not None
    assert "its operators must renew the client secret" in pause.why
    with dispatch.store.begin() as session:
        connection = connections.connection(session, dispatch.scope, campaign.connection_id)
        assert connection.status is ConnectionStatus.ACTIVE
        applications.accept(session, connection.provider)
    move(dispatch, campaign, CampaignStatus.SENDING)
    dispatch.clock.ahead += 3600
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 2}
