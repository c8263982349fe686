"""What a relay does not take now is tried again, not for ever; what it may have kept, a person decides."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.campaign import campaign_holds, mail_recovery, outbox
from storage.campaign.campaigns import Campaign
from storage.records import MailState
from storage.session import Session
from tasks.campaign.putting_off import LONGEST_WAIT, TRIES
from tasks.providers.mail.mailer import Lost
from tasks.providers.mail.smtp import Line
from tasks.providers.mail.smtp_envelope import NAME, Envelope
from tasks.providers.mail.smtp_refusals import Closing
from tests.sending.dispatch import QUICK, Dispatch
from tests.sending.test_crashes import HOUR
from tests.sending.test_relaying import finished


def test_a_refusal_for_now_is_tried_again_later(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 4)
    dispatch.simulators.world.smtp.greylist = True
    assert dispatch.send(campaign) is None  # the clock of tests waits as long as is asked
    assert dispatch.clock.ahead > 55
    assert dispatch.states(campaign) == {MailState.SENT: 4}
    assert {mail.attempts for mail in dispatch.mails(campaign)} == {2}


def tried_to_the_end(dispatch: Dispatch, campaign: Campaign) -> None:
    began = dispatch.clock.ahead
    for _ in range(TRIES + 1):
        dispatch.send(campaign, replace(QUICK, patience=2 * LONGEST_WAIT))
        if not dispatch.states(campaign)[MailState.APPROVED]:
            break
    assert dispatch.clock.ahead - began > 22 * HOUR


def let_go_once_more(dispatch: Dispatch, campaign: Campaign) -> int:
    with dispatch.store.begin() as session:
        return mail_recovery.retry_failed(session, dispatch.scope, campaign.id, actor="ann@acme.example").to_send


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ((451, "4.7.1 bob@x.example: later"), "the mail server refused it (451 4.7.1)"),
        ((452, "4.3.1 bob@x.example: full"), "The mail server has had enough for now (452 4.3.1)"),
    ],
)
def test_refusals_for_now_end_some_day(dispatch: Dispatch, said: tuple[int, str], last: str) -> None:
    campaign = dispatch.campaign("smtp", 1)
    fault = dispatch.fault("status", "/smtp/RCPT", status=said[0], code=said[1], times=0)
    tried_to_the_end(dispatch, campaign)
    assert fault.befallen == TRIES
    [failed] = dispatch.mails(campaign)
    assert failed.state is MailState.FAILED
    assert failed.reason == f"put off for a day, 30 times in all; at last: {last}"
    assert dispatch.send(campaign) is None
    assert dispatch.totals(campaign).adds_up
    assert let_go_once_more(dispatch, campaign) == 1


@pytest.mark.parametrize(
    "trouble", [Lost("it broke", provider=NAME), Closing("it closes", provider=NAME, status=421, wait=60)]
)
def test_a_mail_over_which_every_line_ends_holds_nobody_up_and_fails_some_day(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, trouble: Lost | Closing
) -> None:
    """Some servers hang up on whom they do not like; asked again at once, and for ever, they like us still less."""
    monkeypatch.setattr("tasks.campaign.relaying.LINES", 1)
    campaign, offer, asked = dispatch.campaign("smtp", 3), Line.offer, 0

    async def hang_up_on_the_first(line: Line, to: Envelope) -> None:
        nonlocal asked
        await offer(line, to)
        if "person0" in to.recipients[0]:
            asked += 1
            line.close()
            raise trouble

    monkeypatch.setattr(Line, "offer", hang_up_on_the_first)
    dispatch.send(campaign)
    assert dispatch.states(campaign)[MailState.SENT] == 2
    assert asked <= 4
    for _ in range(TRIES):
        dispatch.clock.ahead += HOUR
        dispatch.send(campaign)
    assert dispatch.states(campaign) == {MailState.FAILED: 1, MailState.SENT: 2}
    assert asked == TRIES


def test_a_server_that_was_away_for_long_has_cost_no_mail_a_try(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 1)
    dispatch.fault("status", "/smtp/MAIL", status=421, times=20)
    dispatch.fault("status", "/smtp/RCPT", status=451, times=3)
    assert dispatch.send(campaign, replace(QUICK, patience=timedelta(hours=1))) is None
    assert dispatch.states(campaign) == {MailState.SENT: 1}


def test_what_failed_and_is_let_go_once_more_has_all_its_tries_again(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 1)
    dispatch.fault("status", "/smtp/RCPT", status=451, times=TRIES)
    patient = replace(QUICK, patience=timedelta(hours=2))
    dispatch.send(campaign, patient)
    assert dispatch.states(campaign) == {MailState.FAILED: 1}
    let_go_once_more(dispatch, campaign)
    dispatch.send(campaign, patient)
    assert dispatch.states(campaign) == {MailState.SENT: 1}


@pytest.mark.parametrize("status", [421, 452])
def test_a_server_that_wants_a_rest_gets_it(dispatch: Dispatch, status: int) -> None:
    campaign = dispatch.campaign("smtp", 5)
    dispatch.fault("status", "/smtp/MAIL", status=status, after=2, times=1)
    assert dispatch.send(campaign) is None
    assert dispatch.clock.ahead > 55
    assert dispatch.states(campaign) == {MailState.SENT: 5}


@pytest.mark.parametrize(("route", "status"), [("/smtp/DATA", 432), ("/smtp/RCPT", 452)])
def test_a_server_that_is_asked_too_fast_or_is_full_for_hours_gets_its_rest(
    dispatch: Dispatch, route: str, status: int
) -> None:
    campaign = dispatch.campaign("smtp", 1)
    dispatch.fault("status", route, status=status, code="4.3.21 Too much at once", times=9)
    assert dispatch.send(campaign, replace(QUICK, patience=timedelta(hours=2))) is None
    assert dispatch.clock.ahead > 3 * HOUR
    assert dispatch.states(campaign) == {MailState.SENT: 1}


@pytest.mark.parametrize("said", [(421, "4.3.2 Going down"), (451, "4.7.1 Later"), (452, "4.3.1 Full")])
def test_what_a_server_heard_to_its_end_and_did_not_take_is_told_to_it_three_times_at_most(
    dispatch: Dispatch, said: tuple[int, str]
) -> None:
    """Here it keeps it each time, which nobody can see from outside: a person decides."""
    campaign = dispatch.campaign("smtp", 1)
    fault = dispatch.fault("masked", "/smtp/END", status=said[0], code=said[1], times=0)
    assert dispatch.send(campaign, replace(QUICK, patience=timedelta(hours=2))) is None
    assert len(dispatch.left(campaign)) == fault.befallen == 3
    [doubtful] = dispatch.mails(campaign)
    assert doubtful.state is MailState.UNKNOWN
    assert "whole 3 times and did not take it, but may have kept it" in doubtful.reason
    assert f"({said[0]} {said[1].split()[0]})" in doubtful.reason
    finished(dispatch, campaign)
    assert (fault.befallen, dispatch.totals(campaign).unknown) == (3, 1)
    with dispatch.store.begin() as session:
        mail_recovery.settle(session, dispatch.scope, campaign.id, doubtful.id, left=False, actor="ann@acme.example")
    assert let_go_once_more(dispatch, campaign) == 1
    dispatch.send(campaign)
    assert dispatch.states(campaign) == {MailState.APPROVED: 1}


def test_a_server_that_looks_into_a_mail_before_it_puts_it_off_gets_it_again(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 1)
    dispatch.fault("status", "/smtp/END", status=451, code="4.7.1 Greylisted", times=1)
    assert dispatch.send(campaign, replace(QUICK, patience=timedelta(hours=1))) is None
    assert 9 * 60 < dispatch.clock.ahead < HOUR
    assert dispatch.states(campaign) == {MailState.SENT: 1}


def test_what_was_heard_to_its_end_once_never_counts_as_failed(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", 1)
    dispatch.fault("status", "/smtp/END", status=451, times=1)
    dispatch.fault("status", "/smtp/RCPT", status=451, after=1, times=0)
    tried_to_the_end(dispatch, campaign)
    [doubtful] = dispatch.mails(campaign)
    assert doubtful.state is MailState.UNKNOWN
    assert "whole once" in doubtful.reason


@pytest.mark.parametrize("while_it_waits", [True, False])
def test_what_a_server_heard_to_its_end_is_in_doubt_where_its_campaign_is_cancelled(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, *, while_it_waits: bool
) -> None:
    campaign = dispatch.campaign("smtp", 1)

    def cancel(session: Session) -> None:
        campaign_holds.cancel(session, dispatch.scope, campaign.id, actor="ann@acme.example")

    dispatch.fault("status", "/smtp/END", status=451, times=1)
    if not while_it_waits:  # but before the answer is put down
        give_back = outbox.give_back

        def cancelled_first(session: Session, *given: Any, **how: Any) -> None:
            cancel(session)
            give_back(session, *given, **how)

        monkeypatch.setattr(outbox, "give_back", cancelled_first)
    dispatch.send(campaign)
    if while_it_waits:
        with dispatch.store.begin() as session:
            cancel(session)
    [doubtful] = dispatch.mails(campaign)
    assert doubtful.state is MailState.UNKNOWN
    assert "may have kept it" in doubtful.reason
