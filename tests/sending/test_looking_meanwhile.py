"""What comes back while mails are still leaving stops the rest, and what was looked at once is not looked at again."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storage.campaign import campaigns, mailboxes, outbox, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.claims import Outcome
from storage.records import CampaignStatus, MailState
from tasks.campaign.claiming import Pause
from tasks.campaign.reconcile import reconcile_all
from tests.sending.dispatch import QUICK, Dispatch, ledger, move
from tests.sending.test_reconciling import WAYS, reconcile
from tests.storage.campaign_examples import key_of

LOOKING = replace(QUICK, look_every=timedelta(seconds=2))


def people(bad: int, good: int) -> Sequence[str]:
    return [f"bounce-hard.{n}@engines.example" for n in range(bad)] + [f"p{n}@engines.example" for n in range(good)]


def on_its_way(dispatch: Dispatch, way: str, to: Sequence[str]) -> Campaign:
    """At ten mails a second of the tests' clock."""
    campaign = dispatch.campaign(way, to)
    dispatch.rules(mails_per_minute="600")
    return campaign


def driven(dispatch: Dispatch, campaign: Campaign) -> Pause | None:
    """As the flow does it."""
    reconcile(dispatch, campaign)
    while pause := dispatch.send(campaign, LOOKING):
        if pause.until is None:
            return pause
        reconcile(dispatch, campaign)
    return None


def goes_on(dispatch: Dispatch, campaign: Campaign) -> None:
    """Somebody says so, by the clock of the tests."""
    move(dispatch, campaign, CampaignStatus.SENDING)
    with dispatch.store.begin() as session:
        now = datetime.fromtimestamp(dispatch.clock.now(), UTC)
        campaigns.note(session, dispatch.scope, campaign.id, sending_since=now)


@WAYS
def test_bounces_that_come_while_mails_leave_stop_the_rest_and_say_so(dispatch: Dispatch, way: str) -> None:
    campaign = on_its_way(dispatch, way, people(80, 0))
    pause = driven(dispatch, campaign)
    standing, totals = dispatch.status(campaign), dispatch.totals(campaign)
    assert pause is not None
    assert standing.status is CampaignStatus.PAUSED
    assert "mails failed or bounced, limit 10%: look at their reasons" in standing.error
    assert f"contactflow campaign resume {campaign.id}" in standing.error
    assert totals.bounced > totals.sent / 10
    assert totals.waiting > 0
    assert totals.adds_up
    assert [one[0] for one in dispatch.told] == ["paused"]


def test_what_bounced_before_somebody_let_it_go_on_does_not_stop_it_again(dispatch: Dispatch) -> None:
    campaign = on_its_way(dispatch, "microsoft", people(40, 60))
    for _ in range(5):  # the last of the bad ones may stop it once more
        if driven(dispatch, campaign):
            goes_on(dispatch, campaign)
    assert dispatch.states(campaign) == {MailState.BOUNCED: 40, MailState.SENT: 60}


def test_failures_count_over_all_the_times_that_sending_was_taken_up(dispatch: Dispatch) -> None:
    """Each stretch alone is too short to say anything."""
    campaign = on_its_way(dispatch, "microsoft", people(0, 60))
    dispatch.fault("status", "/send", method="POST", status=400, share=0.5, seed=2, times=0)
    short = replace(QUICK, look_every=timedelta(seconds=0.5))
    while (pause := dispatch.send(campaign, short)) and pause.until:
        pass
    assert dispatch.status(campaign).status is CampaignStatus.PAUSED
    assert dispatch.totals(campaign).waiting > 0


def test_few_that_bounce_stop_nothing(dispatch: Dispatch) -> None:
    campaign = on_its_way(dispatch, "microsoft", people(2, 40))
    assert driven(dispatch, campaign) is None
    assert dispatch.states(campaign) == {MailState.BOUNCED: 2, MailState.SENT: 40}
    assert dispatch.told == []


def test_a_mail_that_lies_among_the_drafts_is_no_reason_to_stop(dispatch: Dispatch) -> None:
    """It says that something went wrong here, and nothing of whom it is for; a person decides about it."""
    campaign = on_its_way(dispatch, "microsoft", people(0, 30))
    with dispatch.store.begin() as session:
        named = (session, dispatch.scope)
        key, moment = key_of(*named, campaign.id), dispatch.status(campaign).updated_at
        claims = outbox.claim(*named, campaign.id, key, moment=moment, until=moment, limit=30)
        outbox.submit(*named, claims, at=moment, until=moment)
        outbox.settle(*named, [Outcome(one, MailState.UNKNOWN) for one in claims], actor="ann")
        for one in claims:
            outbox.clear_up(*named, Outcome(one, MailState.FAILED, outbox.STILL_A_DRAFT), actor="ann")
        assert tallies.settled_since(*named, campaign.id, moment - timedelta(hours=1)) == (0, 0)
    assert dispatch.totals(campaign).failed == 30
    assert dispatch.totals(campaign).adds_up


@WAYS
def test_a_report_that_was_read_is_not_opened_again(dispatch: Dispatch, way: str) -> None:
    campaign = on_its_way(dispatch, way, people(3, 0))
    assert dispatch.send(campaign) is None
    asked = [ledger(dispatch, campaign).requests]
    for new in ({"bounced": 3}, {}):
        assert reconcile(dispatch, campaign) == new
        asked.append(ledger(dispatch, campaign).requests)
    before, first, second = asked
    assert second - first <= first - before - 3


@WAYS
def test_a_mailbox_that_wants_quiet_is_not_asked_what_came_back(dispatch: Dispatch, way: str) -> None:
    campaign = on_its_way(dispatch, way, people(0, 1))
    assert dispatch.send(campaign) is None
    dispatch.fault("status", "/me/mailFolders" if way == "microsoft" else "/messages", method="GET", status=429,
                   retry_after=900)  # fmt: skip
    reconcile(dispatch, campaign)
    with dispatch.store.begin() as session:
        quiet = mailboxes.mailbox(session, dispatch.scope, campaign.mailbox).quiet_until
    assert quiet is not None
    assert quiet.timestamp() > dispatch.clock.now() + 800
    asked = ledger(dispatch, campaign).requests
    reconcile(dispatch, campaign)
    assert ledger(dispatch, campaign).requests == asked
    assert ledger(dispatch, campaign).too_early == 0


def test_whoever_looks_waits_for_who_is_sending_just_now(dispatch: Dispatch) -> None:
    campaign = on_its_way(dispatch, "microsoft", people(1, 0))
    assert dispatch.send(campaign) is None
    moment, long = dispatch.status(campaign).updated_at, timedelta(hours=1)
    with dispatch.store.begin() as session:
        named = (session, dispatch.scope, campaign.mailbox)
        mailboxes.take_slot(*named, "another", moment=moment, until=moment + long, at_once=1)
    asked = ledger(dispatch, campaign).requests
    terms = replace(QUICK, patience=timedelta(seconds=0.2))
    chance = dispatch.clock.chance()
    assert asyncio.run(reconcile_all(dispatch.store, campaign.id, terms=terms, chance=chance)) == {}
    assert ledger(dispatch, campaign).requests == asked
    with dispatch.store.begin() as session:
        mailboxes.give_slot_back(session, dispatch.scope, campaign.mailbox, "another")
    assert reconcile(dispatch, campaign) == {"bounced": 1}
