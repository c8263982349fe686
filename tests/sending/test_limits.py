"""A mailbox's limits hold whoever sends."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.campaign import mailboxes
from storage.campaign.campaigns import Campaign
from storage.organization import connections
from storage.records import MailState
from tasks.campaign.send import send_all
from tasks.providers.polite_client import Chance
from tests.sending.dispatch import QUICK, Dispatch, ledger

BOTH = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
WAYS = pytest.mark.parametrize("way", ["microsoft", "google"])
DAY = 86_400


def in_two_workers(dispatch: Dispatch, campaign: Campaign) -> None:
    def work(_: int) -> Any:
        return asyncio.run(send_all(dispatch.store, campaign.id, terms=QUICK, chance=Chance()))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(2))) == [None, None]


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
