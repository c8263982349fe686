"""What comes back to the mailbox is told of each mail once, and of nobody else's mail anything at all."""

import asyncio
from collections import Counter

import pytest

from storage.campaign import mail_events, mail_recovery, mails, suppressions
from storage.campaign.campaigns import Campaign
from storage.people import actions
from storage.records import CampaignStatus, MailEvent, MailState, SuppressionReason
from tasks.campaign.reconcile import reconcile_all
from tests.flows.house import BEN
from tests.sending.dispatch import QUICK, Dispatch

WAYS = pytest.mark.parametrize("way", ["microsoft", "google"])
PEOPLE = ("bounce-hard", "bounce-soft", "bounce-odd", "away", "reply", "unsubscribe", "person")
COMES_BACK = {
    "bounce-hard": (MailState.BOUNCED, MailEvent.BOUNCED),
    "bounce-soft": (MailState.SENT, MailEvent.BOUNCED),
    "bounce-odd": (MailState.BOUNCED, MailEvent.BOUNCED),
    "away": (MailState.SENT, MailEvent.AUTO_REPLIED),
    "reply": (MailState.REPLIED, MailEvent.REPLIED),
    "unsubscribe": (MailState.REPLIED, MailEvent.UNSUBSCRIBED),
    "person": (MailState.SENT, None),
}


def reconcile(dispatch: Dispatch, campaign: Campaign) -> Counter[str]:
    return asyncio.run(reconcile_all(dispatch.store, campaign.id, terms=QUICK, chance=dispatch.clock.chance()))


def address(kind: str) -> str:
    return f"{kind}.1@engines.example"


@WAYS
@pytest.mark.parametrize("rewrites", [False, True])
def test_all_that_comes_back_is_understood_once(dispatch: Dispatch, way: str, *, rewrites: bool) -> None:
    campaign = dispatch.campaign(way, [address(kind) for kind in PEOPLE])
    dispatch.limits(campaign, rewrites_message_id=rewrites)
    assert dispatch.send(campaign) is None
    assert reconcile(dispatch, campaign) == {"bounced": 3, "auto_replied": 1, "replied": 1, "unsubscribed": 1}
    assert reconcile(dispatch, campaign) == {}
    with dispatch.store.read() as session:
        for kind, mail in zip(PEOPLE, dispatch.mails(campaign), strict=True):
            events = [event.kind for event in mail_events.of_mail(session, dispatch.scope, mail.id)]
            assert (mail.state, *events) == tuple(one for one in COMES_BACK[kind] if one)
            deeds = [deed.action for deed in actions.actions(session, dispatch.scope, mail.object_id)]
            assert deeds == ["emailed", *events]
    totals = dispatch.totals(campaign)
    assert totals.adds_up
    assert (totals.sent, totals.bounced, totals.replied, totals.unsubscribed) == (7, 2, 1, 1)


@WAYS
def test_only_who_cannot_be_reached_or_does_not_want_it_is_suppressed(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, [address(kind) for kind in PEOPLE])
    dispatch.send(campaign)
    reconcile(dispatch, campaign)
    with dispatch.store.read() as session:
        found = suppressions.suppressed(session, dispatch.scope, [f"hash of {address(kind)}" for kind in PEOPLE])
    assert found == {
        f"hash of {address('bounce-hard')}": SuppressionReason.BOUNCED,
        f"hash of {address('bounce-odd')}": SuppressionReason.BOUNCED,
        f"hash of {address('unsubscribe')}": SuppressionReason.UNSUBSCRIBED,
    }


@WAYS
def test_mail_of_others_is_neither_opened_nor_kept(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 1)
    dispatch.send(campaign)
    provider, email = dispatch.senders[campaign.id].split("/")
    world = dispatch.simulators.world
    private = b"From: friend@home.example\r\nSubject: the party\r\nMessage-ID: <p1@home.example>\r\n\r\nSee you!\r\n"
    world.post.receive(world.letterbox(provider, email), private, world.now())
    assert reconcile(dispatch, campaign) == {}
    opened = [path for path in world.ledger.of(email).paths if path.endswith("$value") or "/messages/" in path]
    assert [path for path in opened if not path.endswith("/send")] == []


@WAYS
def test_a_mail_in_doubt_is_settled_as_soon_as_it_can_be_found(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 2)
    dispatch.limits(campaign, sent_late_s=1.0, sent_style="hidden")
    dispatch.fault("reply_lost", "/send", method="POST", times=0)
    dispatch.send(campaign)
    assert dispatch.states(campaign) == {MailState.UNKNOWN: 2}
    assert dispatch.totals(campaign).unknown == 2
    dispatch.simulators.world.skew += 10
    assert reconcile(dispatch, campaign) == {"sent": 2}
    dispatch.assert_true(campaign)


@WAYS
def test_what_a_dead_process_left_of_a_cancelled_campaign_is_cleared_up(dispatch: Dispatch, way: str) -> None:
    from tests.sending.test_crashes import crashing, dying, place  # noqa: PLC0415 (its means, not its tests)

    campaign = dispatch.campaign(way, 2)
    with pytest.MonkeyPatch.context() as patched:
        where, name = place(way, "send")
        patched.setattr(where, name, dying(getattr(where, name), at=1, before=False))
        assert crashing(dispatch, campaign)
    dispatch.end(campaign, CampaignStatus.CANCELLED)
    dispatch.clock.ahead += 3600
    reconcile(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 1, MailState.REJECTED: 1}
    dispatch.assert_true(campaign)
    assert dispatch.totals(campaign).waiting == 0


def found_out(dispatch: Dispatch, campaign: Campaign, *, left: bool) -> int:
    """Ben settles what is in doubt, and has what failed sent once more; how many mails that are."""
    with dispatch.store.begin() as session:
        for mail in list(mails.every(session, dispatch.scope, campaign.id, None, states=[MailState.UNKNOWN])):
            mail_recovery.settle(session, dispatch.scope, campaign.id, mail.id, left=left, actor=BEN)
        return mail_recovery.retry_failed(session, dispatch.scope, campaign.id, actor=BEN).to_send


@WAYS
def test_a_person_who_errs_about_a_mail_in_doubt_does_not_send_it_twice(dispatch: Dispatch, way: str) -> None:
    campaign = dispatch.campaign(way, 2)
    dispatch.limits(campaign, sent_late_s=60.0, sent_style="hidden")
    dispatch.fault("reply_lost", "/send", method="POST", times=0)
    dispatch.send(campaign)
    assert dispatch.states(campaign) == {MailState.UNKNOWN: 2}
    assert found_out(dispatch, campaign, left=False) == 2
    dispatch.simulators.world.skew += 100  # now both can be seen among the sent mails
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 2}
    dispatch.assert_true(campaign)


@pytest.mark.parametrize("left", [True, False])
def test_what_a_person_found_out_at_the_mail_server_is_acted_upon(dispatch: Dispatch, *, left: bool) -> None:
    campaign = dispatch.campaign("smtp", 4)
    dispatch.fault("reply_lost" if left else "reset", "/smtp/END", times=2)
    dispatch.send(campaign)
    assert dispatch.states(campaign) == {MailState.SENT: 2, MailState.UNKNOWN: 2}
    assert found_out(dispatch, campaign, left=left) == (0 if left else 2)
    assert dispatch.send(campaign) is None
    assert dispatch.states(campaign) == {MailState.SENT: 4}
    dispatch.assert_true(campaign)
