"""The process dies between any two steps, and at the worst moments of the service: each mail leaves exactly once."""

import asyncio
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from storage.campaign import outbox
from storage.campaign.campaigns import Campaign
from storage.records import CampaignStatus, MailState
from tasks.campaign.close_campaign import failing_loudly
from tasks.providers.flow_runs.deadlines import TookTooLong
from tasks.providers.mail.gmail import GmailMailer
from tasks.providers.mail.graph_mail import GraphMailer
from tests.sending.dispatch import QUICK, Dispatch

MAILERS = {"microsoft": GraphMailer, "google": GmailMailer}
STEPS = ("take", "draft", "submit", "send", "settle")
HOUR = 3600


class Crash(BaseException):
    """The process dies here: no handler of ours may run."""


def dying(does: Callable[..., Any], *, at: int, before: bool) -> Callable[..., Any]:
    calls = iter(range(1, 10_000))

    def dead(called: int, *, early: bool) -> None:
        if called == at and early is before:
            raise Crash

    def plain(*given: Any, **named: Any) -> Any:
        called = next(calls)
        dead(called, early=True)
        done = does(*given, **named)
        dead(called, early=False)
        return done

    async def waited_for(*given: Any, **named: Any) -> Any:
        called = next(calls)
        dead(called, early=True)
        done = await does(*given, **named)
        dead(called, early=False)
        return done

    return waited_for if inspect.iscoroutinefunction(does) else plain


def place(way: str, step: str) -> tuple[Any, str]:
    import tasks.campaign.send  # noqa: PLC0415 (looked at as it stands)

    if step == "take":
        return tasks.campaign.send, "take"
    if step in ("submit", "settle"):
        return outbox, step
    return MAILERS[way], step


def crashing(dispatch: Dispatch, campaign: Campaign) -> bool:
    try:
        asyncio.run(_sent(dispatch, campaign))
    except Crash:
        return True
    return False


async def _sent(dispatch: Dispatch, campaign: Campaign) -> None:
    from tasks.campaign.send import send_all  # noqa: PLC0415 (as it is patched now)

    await send_all(dispatch.store, campaign.id, terms=QUICK, chance=dispatch.clock.chance())


def finish(dispatch: Dispatch, campaign: Campaign) -> None:
    dispatch.clock.ahead += HOUR  # claims run out, and what is under way becomes visible
    assert dispatch.send(campaign) is None


MOMENTS = [
    pytest.param(way, step, before, id=f"{way}-{before}-{step}")
    for way in MAILERS
    for step in STEPS
    for before in (True, False)
]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("way", "step", "before"), MOMENTS)
def test_a_crash_between_any_two_steps_doubles_and_loses_nothing(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, way: str, step: str, before: str, number: int
) -> None:
    campaign = dispatch.campaign(way, 2)
    with monkeypatch.context() as patched:
        where, name = place(way, step)
        patched.setattr(where, name, dying(getattr(where, name), at=number, before=before == "before"))
        assert crashing(dispatch, campaign)
    finish(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 2}
    dispatch.assert_true(campaign)


ROUTES = {
    "microsoft": {"draft": "/me/messages", "send": "/send"},
    "google": {"draft": "/drafts", "send": "/drafts/send"},
}
FAULTS: dict[str, dict[str, Any]] = {
    "the reply is lost": {"kind": "reply_lost"},
    "the line drops before anything is done": {"kind": "reset"},
    "it is done, but answered with 504": {"kind": "masked", "status": 504},
    "it is done, but answered with 503": {"kind": "masked", "status": 503},
    "it is done, but answered with 429": {"kind": "masked", "status": 429, "retry_after": 1},
    "the service is down for a moment": {"kind": "status", "status": 503},
    "a proxy answers": {"kind": "html", "status": 502},
    "half the answer is missing": {"kind": "truncated"},
    "it is done, and a wait is asked for": {"kind": "asks_to_wait", "retry_after": 1},
    "it is throttled": {"kind": "status", "status": 429, "retry_after": 1},
}


@pytest.mark.parametrize("way", list(MAILERS))
def test_a_send_that_hangs_is_broken_off_in_the_end_and_gone_on_with(
    dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    campaign = dispatch.campaign(way, 3)
    dispatch.fault("slow", ROUTES[way]["send"], method="POST", after=1, ms=1500)
    monkeypatch.setattr("tasks.providers.flow_runs.deadlines.LONGEST", timedelta(seconds=1))
    with pytest.raises(TookTooLong):
        asyncio.run(_within_its_time(dispatch, campaign))
    assert dispatch.status(campaign).status is CampaignStatus.SENDING
    finish(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 3}
    dispatch.assert_true(campaign)


async def _within_its_time(dispatch: Dispatch, campaign: Campaign) -> None:
    async with failing_loudly(campaign.id):
        await _sent(dispatch, campaign)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["draft", "send"])
@pytest.mark.parametrize("way", list(MAILERS))
def test_whatever_the_service_does_each_mail_leaves_once(dispatch: Dispatch, way: str, step: str, fault: str) -> None:
    campaign = dispatch.campaign(way, 3)
    how = dict(FAULTS[fault])
    dispatch.fault(how.pop("kind"), ROUTES[way][step], method="POST", after=1, times=2, **how)
    finish(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 3}
    dispatch.assert_true(campaign)


@pytest.mark.parametrize("style", ["hidden", "draft"])
@pytest.mark.parametrize("way", list(MAILERS))
def test_a_mail_that_shows_late_is_waited_for_and_not_sent_again(dispatch: Dispatch, way: str, style: str) -> None:
    campaign = dispatch.campaign(way, 3)
    dispatch.limits(campaign, sent_late_s=0.4, sent_style=style, resend="twice")
    dispatch.fault("reply_lost", ROUTES[way]["send"], method="POST", times=0)
    dispatch.clock.longest_real = 0.5
    terms = QUICK.__class__(
        claim=timedelta(seconds=40), grace=timedelta(seconds=1.5), looks=(0, 0.01), again=timedelta(seconds=0.05)
    )
    assert dispatch.send(campaign, terms) is None
    assert dispatch.states(campaign) == {MailState.SENT: 3}
    dispatch.assert_true(campaign)
