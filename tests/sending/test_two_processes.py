"""Two processes send from one mailbox: together they keep to its limits, and neither asks before it may."""

import pytest

from storage.records import MailState
from tests.sending.dispatch import Dispatch, ledger
from tests.sending.test_kill_workers import working

PATIENCE = 240
MAILS = 56
MINUTE = 3.0  # seconds, for the simulators; of which each allows thirty mails
UNITS_A_MAIL = 110  # of Gmail's: a draft and its sending

ON = pytest.mark.parametrize(
    ("way", "house"),
    [("microsoft", "sqlite"), ("google", "postgres"), ("smtp", "sqlite"), ("smtp", "postgres")],
    indirect=["house"],
)


@ON
def test_two_processes_keep_to_thirty_a_minute_and_to_what_they_are_told(dispatch: Dispatch, way: str) -> None:
    limits = {"microsoft": {"per_minute": 30}, "google": {"units_per_minute": 30 * UNITS_A_MAIL}}
    campaign = dispatch.campaign(way, MAILS)
    if way == "smtp":
        dispatch.simulators.world.smtp.per_minute, dispatch.simulators.world.smtp.minute_s = 30, MINUTE
    else:
        dispatch.limits(campaign, minute_s=MINUTE, **limits[way])
        for number in (4, 9, 20):
            dispatch.fault("status", "/send", method="POST", status=429, retry_after=0.7, after=number)
        dispatch.fault("asks_to_wait", "/send", method="POST", retry_after=0.7, after=14)
    dispatch.rules(mails_per_minute=str(int(30 * 60 / MINUTE)))
    with working(campaign, 2) as parent:
        assert parent.wait(PATIENCE) == 0
    account = ledger(dispatch, campaign)
    assert (account.broken, account.too_early) == ({}, 0)
    assert account.max_in_flight <= 1
    assert dispatch.states(campaign) == {MailState.SENT: MAILS}
    dispatch.assert_true(campaign)
