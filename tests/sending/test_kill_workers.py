"""Thousands of mails through workers that are killed with kill -9 and services that lose answers: each leaves once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from storage.campaign.campaigns import Campaign
from storage.records import MailState
from tests.sending.dispatch import Dispatch

ROOT = Path(__file__).parents[2]
MAILS, KILLS, LOST, PATIENCE = 2_000, 22, 0.05, 1_200


@contextmanager
def working(campaign: Campaign, number: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.sending.workers", campaign.id, str(number)]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as parent:
        try:
            yield parent
        finally:
            with suppress(ProcessLookupError):  # all of them are done
                os.killpg(parent.pid, signal.SIGKILL)


def kill_one(parent: subprocess.Popen[bytes], chance: random.Random) -> bool:
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    if children:
        os.kill(int(chance.choice(children)), signal.SIGKILL)
    return bool(children)


def under_fire(dispatch: Dispatch, campaign: Campaign, seed: int, *, mails: int = MAILS, kills: int = KILLS) -> int:
    """Send all, while workers are killed: at random moments, evenly over the whole."""
    chance, hits, started = random.Random(seed), 0, time.monotonic()
    delivered = dispatch.simulators.world.delivered
    with working(campaign, 2) as parent:
        while parent.poll() is None:
            assert time.monotonic() - started < PATIENCE, dispatch.states(campaign)
            if hits < kills and len(delivered) >= (hits + 0.5) * mails / (kills + 1):
                time.sleep(chance.uniform(0, 0.05))
                hits += kill_one(parent, chance)
            time.sleep(0.02)
    took = time.monotonic() - started
    print(f"{len(delivered)} mails, {hits} kills in {took:.0f} s; {dict(dispatch.states(campaign))}")
    return hits


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("way", "house"), [("microsoft", "sqlite"), ("google", "postgres")], indirect=["house"])
def test_two_thousand_mails_leave_once_through_two_dozen_kills(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, MAILS)
    for route in ("/send", "/drafts" if way == "google" else "/me/messages"):
        dispatch.fault("reply_lost", route, method="POST", share=LOST, times=0, seed=3)
    assert under_fire(dispatch, campaign, seed=7) >= 20
    assert dispatch.states(campaign) == {MailState.SENT: MAILS}
    assert len(dispatch.left(campaign)) == MAILS
    dispatch.assert_true(campaign)


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
def test_by_smtp_nothing_leaves_twice_and_what_is_in_doubt_is_counted(dispatch: Dispatch) -> None:
    campaign = dispatch.campaign("smtp", MAILS)
    dispatch.fault("reply_lost", "/smtp/END", share=0.01, times=0, seed=3)
    assert under_fire(dispatch, campaign, seed=7) >= 20
    left, states = [one.key for one in dispatch.left(campaign)], dispatch.states(campaign)
    assert len(left) == len(set(left))
    assert states[MailState.SENT] <= len(left) <= states[MailState.SENT] + states[MailState.UNKNOWN]
    assert states[MailState.SENT] + states[MailState.UNKNOWN] == MAILS
    assert dispatch.totals(campaign).adds_up
    print(f"in doubt: {states[MailState.UNKNOWN]}")
