"""A mailbox's limits hold whoever sends, and a campaign stops when somebody or something says so."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage import applications
from storage.campaign import campaigns, mailboxes, mails
from storage.campaign.campaigns import Campaign
from storage.organization import connections
from storage.organization.connections import StoredTokens
from storage.records import CampaignStatus, ConnectionStatus, MailState, Provider
from tasks.campaign.send import send_all
from tasks.providers.mail.gmail import GmailMailer
from tasks.providers.mail.graph_mail import GraphMailer
from tasks.providers.manners import Chance
from tests.sending.dispatch import QUICK, Dispatch

BOTH = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
WAYS = pytest.mark.parametrize("way", ["microsoft", "google"])
MAILERS = {"microsoft": GraphMailer, "google": GmailMailer}
DAY = 86_400


def in_two_workers(dispatch: Dispatch, campaign: Campaign) -> None:
    def work(_: int) -> Any:
        return asyncio.run(send_all(dispatch.store, campaign.id, terms=QUICK, chance=Chance()))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(2))) == [None, None]


def ledger(dispatch: Dispatch, campaign: Campaign) -> Any:
    return dispatch.simulators.world.ledger.of(dispatch.senders[campaign.id].partition("/")[2])


def move(dispatch: Dispatch, campaign: Campaign, to: CampaignStatus) -> None:
    with dispatch.store.begin() as session:
        campaigns.move(session, dispatch.scope, campaign.id, expected=list(CampaignStatus), to=to)


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


@BOTH
def test_two_workers_on_one_mailbox_keep_to_its_minute(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("microsoft", 45)
    dispatch.limits(campaign, per_minute=30, minute_s=1.5)
    dispatch.rules(mails_per_minute="1200")
    in_two_workers(dispatch, campaign)
    assert ledger(dispatch, campaign).broken == {}
    assert ledger(dispatch, campaign).max_in_flight == 1
    dispatch.assert_true(campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 45}


@WAYS
def test_two_workers_make_no_request_before_its_time(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 12)
    for route, number in (("/send", 3), ("/send", 9), ("/drafts" if way == "google" else "/messages", 5)):
        dispatch.fault("status", route, method="POST", status=429, retry_after=0.7, after=number)
    dispatch.fault("asks_to_wait", "/send", method="POST", retry_after=0.7, after=6)
    terms_of_doubt = QUICK.__class__(
        claim=timedelta(seconds=5), grace=timedelta(seconds=0.5), looks=(0,), again=timedelta(seconds=0.1)
    )

    def work(_: int) -> Any:
        return asyncio.run(send_all(dispatch.store, campaign.id, terms=terms_of_doubt, chance=Chance()))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(2))) == [None, None]
    assert ledger(dispatch, campaign).too_early == 0
    assert dispatch.states(campaign) == {MailState.SENT: 12}
    dispatch.assert_true(campaign)


@WAYS
def test_what_does_not_fit_into_a_day_leaves_on_the_next_without_a_process_waiting(
    dispatch: Dispatch, way: str
) -> None:
    campaign = dispatch.campaign(way, 8)
    dispatch.rules(mails_per_day="5")
    started = dispatch.clock.now()
    pause = dispatch.send(campaign)
    assert pause is not None
    assert pause.until is not None
    assert 0 <= pause.until.timestamp() - started - DAY < 60
    assert dispatch.status(campaign).resume_at == pause.until
    assert dispatch.states(campaign) == {MailState.SENT: 5, MailState.APPROVED: 3}
    assert dispatch.totals(campaign).adds_up
    dispatch.clock.ahead += pause.until.timestamp() - dispatch.clock.now()
    dispatch.send(campaign)
    dispatch.clock.ahead += 60
    assert dispatch.send(campaign) is None
    assert dispatch.status(campaign).resume_at is None
    dispatch.assert_true(campaign)


@WAYS
def test_a_mailbox_that_says_it_is_full_is_left_alone_and_no_mail_fails(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 6)
    dispatch.limits(campaign, per_day=4)
    pause = dispatch.send(campaign)
    assert pause is not None
    assert pause.until is not None
    assert dispatch.states(campaign)[MailState.SENT] == 4
    assert dispatch.states(campaign)[MailState.FAILED] == 0
    dispatch.simulators.world.skew += DAY + 10
    dispatch.clock.ahead += DAY + 10
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 6}
    dispatch.assert_true(campaign)


def test_a_new_mailbox_sends_twice_as_much_each_day(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("microsoft", 12)
    dispatch.rules(ramp_up_from="2")
    sent = []
    for _ in range(3):
        dispatch.send(campaign)
        sent.append(dispatch.states(campaign)[MailState.SENT])
        dispatch.clock.ahead += DAY + 60
    assert sent == [2, 6, 12]


def test_mails_wait_for_the_morning_of_whom_they_are_for(dispatch: Dispatch) -> None:
    dispatch.clock.ahead = datetime(2026, 12, 9, 10, tzinfo=UTC).timestamp() - time.time()
    campaign = dispatch.campaign("smtp", 3, z0="Europe/Berlin", z1="America/New_York", z2="Asia/Tokyo")
    dispatch.rules(send_window="09:00-12:00")
    pause = dispatch.send(campaign)
    assert pause is not None
    assert dispatch.states(campaign) == {MailState.SENT: 1, MailState.APPROVED: 2}
    assert pause.until == datetime(2026, 12, 9, 14, tzinfo=UTC)  # nine in New York
    dispatch.clock.ahead += 4 * 3600
    pause = dispatch.send(campaign)
    assert pause is not None
    assert pause.until == datetime(2026, 12, 10, 0, tzinfo=UTC)  # nine in Tokyo
    dispatch.clock.ahead += 10 * 3600
    assert dispatch.send(campaign) is None


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
        assert mails.again(session, dispatch.scope, campaign.id) == 2
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


def test_quiet_that_was_asked_for_outlives_the_process(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("microsoft", 2)
    dispatch.fault("asks_to_wait", "/send", method="POST", retry_after=900)
    pause = dispatch.send(campaign)
    assert pause is not None
    with dispatch.store.begin() as session:
        box = mailboxes.mailbox(session, dispatch.scope, campaign.mailbox)
    assert pause.until == box.quiet_until
    requests = ledger(dispatch, campaign).requests
    dispatch.send(campaign)
    assert ledger(dispatch, campaign).requests == requests


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


@WAYS
def test_mail_waits_for_what_a_sync_of_the_same_account_was_asked_for(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 1)
    until = datetime.fromtimestamp(dispatch.clock.now() + 60, UTC)
    with dispatch.store.begin() as session:
        connections.keep_quiet(session, dispatch.scope, campaign.connection_id, until)
    assert dispatch.send(campaign) is None
    assert dispatch.clock.now() > until.timestamp()
    assert dispatch.states(campaign) == {MailState.SENT: 1}


@WAYS
def test_a_sync_waits_for_what_mail_was_asked_for_where_both_are_counted_together(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 1)
    dispatch.fault("status", "/send", method="POST", status=429, retry_after=40)
    assert dispatch.send(campaign) is None
    with dispatch.store.begin() as session:
        until = connections.quiet_until(session, dispatch.scope, campaign.connection_id)
    assert bool(until) is (way == "microsoft")
