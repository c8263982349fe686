"""Approved mails leave, by whichever way, with the bytes that were approved."""

import pytest

from storage.records import MailState
from tests.sending.dispatch import Dispatch

WAYS = ("microsoft", "google", "smtp")
BOTH = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@BOTH
@pytest.mark.parametrize("way", WAYS)
def test_all_that_was_approved_leaves_once(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 7)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 7}
    dispatch.assert_true(campaign)
    assert dispatch.send(campaign) is None
    assert len(dispatch.left(campaign)) == 7


@pytest.mark.parametrize("way", ["google", "smtp"])
def test_the_bytes_that_leave_are_those_that_were_approved(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 3)
    dispatch.send(campaign)
    approved = dispatch.contents(campaign)
    for one in dispatch.left(campaign):
        date, _, rest = one.raw.partition(b"\r\n")
        assert (rest if way == "smtp" else one.raw) == approved[one.key]
        assert date.startswith(b"Date: ") or way == "google"
