"""By SMTP nobody can be asked afterwards: what may have left is never sent again by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.campaign import campaign_holds, mail_recovery, outbox
from storage.campaign.campaigns import Campaign
from storage.records import MailState
from storage.session import Session
from storage.settings import settings
from tasks.campaign.putting_off import LONGEST_WAIT, TRIES
from tasks.providers.mail.mailer import Lost, Refused
from tasks.providers.mail.smtp import Line, Relay, relay_of
from tasks.providers.mail.smtp_envelope import NAME, Envelope, envelope_of
from tasks.providers.mail.smtp_refusals import BadLogin, Closing
from tests.sending.dispatch import QUICK, Dispatch
from tests.sending.letters import mime_mail
from tests.sending.test_crashes import HOUR, crashing, dying


def finished(dispatch: Dispatch, campaign: Campaign) -> None:
    dispatch.clock.ahead += HOUR
    assert dispatch.send(campaign) is None
    assert dispatch.totals(campaign).adds_up


def never_twice(dispatch: Dispatch, campaign: Campaign) -> None:
    keys = [one.key for one in dispatch.left(campaign)]
    assert len(keys) == len(set(keys))
    sent = {mail.id for mail in dispatch.mails(campaign) if mail.state is MailState.SENT}
    unknown = {mail.id for mail in dispatch.mails(campaign) if mail.state is MailState.UNKNOWN}
    assert sent <= set(keys) <= sent | unknown


@pytest.mark.parametrize("kind", ["reply_lost", "reset"])
def test_a_mail_whose_answer_is_lost_waits_for_a_person(dispatch: Dispatch, kind: str) -> None:
    campaign = dispatch.campaign("smtp", 9)
    dispatch.fault(kind, "/smtp/END", after=2, times=2)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 7, MailState.UNKNOWN: 2}
    finished(dispatch, campaign)
    assert len(dispatch.left(campaign)) == (9 if kind == "reply_lost" else 7)
    never_twice(dispatch, campaign)
    reasons = [mail.reason for mail in dispatch.mails(campaign) if mail.state is MailState.UNKNOWN]
    assert all("may have left" in reason for reason in reasons)


@pytest.mark.parametrize("route", ["/smtp/MAIL", "/smtp/RCPT", "/smtp/DATA"])
@pytest.mark.parametrize("kind", ["reply_lost", "reset"])
def test_a_line_that_breaks_before_the_final_dot_costs_nothing(dispatch: Dispatch, route: str, kind: str) -> None:
    campaign = dispatch.campaign("smtp", 6)
    dispatch.fault(kind, route, after=1, times=3)
    finished(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 6}
    never_twice(dispatch, campaign)


def test_what_has_left_is_put_down_even_if_the_rest_cannot_be_given_back(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(*_: object) -> None:
        raise OSError("the database is away for a moment")

    monkeypatch.setattr("tasks.campaign.relaying.LINES", 1)
    monkeypatch.setattr("tasks.campaign.journal.A_WHILE", 60)
    monkeypatch.setattr("tasks.campaign.relaying.Relaying._give_back", out_of_reach)
    campaign = dispatch.campaign("smtp", 6)
    dispatch.fault("status", "/smtp/RCPT", status=451, after=5, times=1)
    with pytest.raises(OSError, match="away for a moment"):
        dispatch.send(campaign)
    assert dispatch.states(campaign)[MailState.SENT] == len(dispatch.left(campaign)) == 5


def test_a_refusal_for_good_is_told_by_its_numbers_alone(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", ["reject.me@engines.example", "bob@engines.example"])
    assert dispatch.send(campaign) is None
    failed, sent = dispatch.mails(campaign)
    assert (failed.state, failed.reason) == (MailState.FAILED, "the mail server refused it (550 5.1.1)")
    assert sent.state is MailState.SENT


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


def test_a_slow_server_is_given_few_mails_at_a_time(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait in a worker's hand leave also after a pause, or after their recipients wanted no more."""
    monkeypatch.setattr("tasks.campaign.relaying.LINES", 2)
    campaign = dispatch.campaign("smtp", 60)
    gone = 0

    async def slow(line: Line, *_: Any) -> None:
        nonlocal gone
        line.close()  # the server waits for the mail
        gone += 1
        dispatch.clock.ahead += 3
        if gone == 8:
            with dispatch.store.begin() as session:
                campaign_holds.pause(session, dispatch.scope, campaign.id, actor="ann@acme.example")

    monkeypatch.setattr(Line, "hand_over", slow)
    dispatch.send(campaign)
    assert gone <= 8 + 2 * 2
    assert dispatch.totals(campaign).sent == gone


def test_a_server_that_is_not_there_is_asked_again_later(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = dispatch.campaign("smtp", 2)
    there = settings().smtp_url
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    pause = dispatch.send(campaign, replace(QUICK, patience=timedelta()))
    assert pause is not None
    assert "cannot be reached" in pause.why
    assert dispatch.states(campaign) == {MailState.APPROVED: 2}
    monkeypatch.setenv("CONTACTFLOW_SMTP_URL", there)
    settings.cache_clear()
    finished(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 2}


STEPS = ("offer", "submit", "hand_over", "settle")


def place(step: str) -> tuple[Any, str]:
    return (Line, step) if step in ("offer", "hand_over") else (outbox, step)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("before", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_doubles_nothing_and_loses_nothing(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, step: str, before: str, number: int
) -> None:
    monkeypatch.setattr("tasks.campaign.relaying.LINES", 2)
    campaign = dispatch.campaign("smtp", 6)
    with monkeypatch.context() as patched:
        where, name = place(step)
        patched.setattr(where, name, dying(getattr(where, name), at=number, before=before == "before"))
        assert crashing(dispatch, campaign)
    finished(dispatch, campaign)
    never_twice(dispatch, campaign)
    states = dispatch.states(campaign)
    assert states[MailState.SENT] + states[MailState.UNKNOWN] == 6
    assert states[MailState.UNKNOWN] <= 2  # no more than were in hands


def test_letters_outside_ascii_reach_whom_they_are_for(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", ["jörg@engines.example"])
    assert dispatch.send(campaign) is None
    [left] = dispatch.left(campaign)
    assert left.recipients == ("jörg@engines.example",)


def test_a_lone_line_break_goes_nowhere() -> None:
    smuggled = mime_mail("m1", "ann@acme.example", "bob@x.example") + b"\n.\nMAIL FROM:<eve@x.example>\r\n"
    with pytest.raises(Refused, match="line break"):
        envelope_of(smuggled)


@pytest.mark.parametrize("url", ["", "http://mail.example", "smtp://", "mail.example:25"])
def test_an_address_of_no_mail_server_is_told_so(url: str) -> None:
    with pytest.raises(BadLogin, match="CONTACTFLOW_SMTP_URL must look like"):
        relay_of(url)


def test_a_mail_servers_address_is_read_whole() -> None:
    assert relay_of("smtp+starttls://ann%40x:p%3Aw@mail.example") == Relay(
        "mail.example", 587, "smtp+starttls", "ann@x", "p:w"
    )
