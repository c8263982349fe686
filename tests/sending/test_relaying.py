"""By SMTP nobody can be asked afterwards: what may have left is never sent again by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.campaign import campaign_holds, outbox
from storage.campaign.campaigns import Campaign
from storage.records import MailState
from storage.settings import settings
from tasks.providers.mail.mailer import Refused
from tasks.providers.mail.smtp import Line, Relay, relay_of
from tasks.providers.mail.smtp_envelope import envelope_of
from tasks.providers.mail.smtp_refusals import BadLogin
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
