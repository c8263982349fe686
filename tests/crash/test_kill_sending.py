"""kill -9 of workers, flows and Prefect's server while campaigns are sent: each mail leaves once."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from deployments.simulators.server import Simulators
from storage.records import CampaignStatus, MailState
from tests.crash.conftest import addresses
from tests.crash.house import FLOW, House, standing
from tests.crash.mailing import WAYS, Mailing, begun, lose_replies

MAILS, KILLS, LOST = 2_000, 24, 0.05
TARGETS = ((FLOW,), (FLOW,), ("worker",), ("server",), ("worker", "server"), ("worker", FLOW))


def test_a_campaign_goes_on_when_server_and_worker_are_killed_while_it_is_sent(
    house: House, simulators: Simulators
) -> None:
    mailing = begun(house, simulators, "google", 120)
    mailing.approve()
    house.wait(lambda: len(list(mailing.left())) >= 20, "mails leave")
    assert house.kill("worker", "server", FLOW) >= 3
    # The mail that was in somebody's hands is looked for when its claim is over, which nobody waits for here.
    house.wait(lambda: _counts(mailing)[MailState.SENT] >= 119, "all others have left")
    sent = {key for key, state in mailing.states.items() if state is MailState.SENT}
    left = Counter(mailing.left())
    assert set(left.values()) == {1}
    assert sent <= set(left)
    assert mailing.totals.adds_up
    house.wait(house.is_whole, "the house is whole again")


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_three_times_two_thousand_mails_leave_once_through_two_dozen_kills(
    tmp_path: Path, simulators: Simulators
) -> None:
    lose_replies(simulators, LOST)
    with standing(tmp_path / "home", addresses(simulators)) as house:
        mailings = [begun(house, simulators, way, MAILS) for way in WAYS]
        for mailing in mailings:
            mailing.approve()
        hits = _under_fire(house, mailings)
        assert hits.total() >= KILLS
        for mailing in mailings:
            mailing.until(CampaignStatus.COMPLETED, patience=1800)
            _assert_once(mailing)


def _goes_on(mailings: Sequence[Mailing], told: int) -> bool:
    return _delivered(mailings) > told or all(mailing.is_over for mailing in mailings)


def _under_fire(house: House, mailings: Sequence[Mailing]) -> Counter[str]:
    chance, hits, started = random.Random(5), Counter[str](), time.monotonic()
    while hits.total() < KILLS and not all(mailing.is_over for mailing in mailings):
        told = _delivered(mailings)
        house.wait(partial(_goes_on, mailings, told), "mails leave", patience=900)
        time.sleep(chance.uniform(0, 3))
        roles = chance.choice(TARGETS)
        hits["+".join(roles)] += bool(house.kill(*roles))
    print(f"{hits.total()} kills in {time.monotonic() - started:.0f} s: {dict(hits)}")
    return hits


def _counts(mailing: Mailing) -> Counter[MailState]:
    return Counter(mailing.states.values())


def _delivered(mailings: Sequence[Mailing]) -> int:
    return sum(1 for mailing in mailings for _ in mailing.left())


def _assert_once(mailing: Mailing) -> None:
    left, states = Counter(mailing.left()), mailing.states
    doubtful = {key for key, state in states.items() if state is MailState.UNKNOWN}
    print(f"{mailing.team}: {left.total()} delivered, {dict(_counts(mailing))}")
    assert set(left.values()) == {1}
    assert mailing.totals.adds_up
    assert len(states) == MAILS
    assert {key for key, state in states.items() if state is MailState.SENT} == set(left) - doubtful
    assert set(left) <= set(states)
    if "smtp" not in mailing.team:  # there nobody can look whether a mail in doubt has left
        assert not doubtful
        assert len(left) == MAILS
