"""Whatever workers, services and people do to a campaign that is being sent, in whatever order: the numbers add up.

Hypothesis plays all of them. A mail that left stands as such or in doubt, and none leaves twice.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage.campaign import (  # fmt: skip
    campaign_holds,
    campaign_reviews,
    campaigns,
    mail_recovery,
    mail_writing,
    mails,
    outbox,
    sent_mails,
    suppressions,
    tallies,
)
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.campaign.claims import Claim, Outcome
from storage.campaign.mails import Member
from storage.deciding import CannotDecide, Choice
from storage.documents import new_id
from storage.records import CampaignStatus, Draft, Finding, MailState, Recipient, Severity, SuppressionReason
from storage.scope import Scope
from storage.session import Session, Store
from tests.sending.outboxes import MINUTE, NOON
from tests.storage.campaign_examples import frozen, key_of, written

ANN, BEN = "ann@acme.example", "ben@acme.example"
BLOCK = Finding("placeholder", Severity.BLOCK)
MAILS = 7
GONE = {MailState.SENT, MailState.BOUNCED, MailState.REPLIED}
ENDS = GONE | {MailState.EXCLUDED, MailState.REJECTED, MailState.BLOCKED, MailState.FAILED, MailState.UNKNOWN}
numbers = st.integers(0, MAILS - 1)


class Fate(StrEnum):
    """What becomes of a mail in a worker's hands."""

    SENT = "sent"
    REFUSED = "refused"
    LEFT_UNHEARD = "it left, and the answer was lost"
    LOST = "it did not leave, and nobody said so"
    DEAD_AFTER = "the worker dies after it left"
    DEAD_BEFORE = "the worker dies before"
    GIVEN_BACK = "given back"
    SLOW = "the worker takes its time"


LEAVES = {Fate.SENT, Fate.LEFT_UNHEARD, Fate.DEAD_AFTER}
TOLD = {Fate.SENT: MailState.SENT, Fate.REFUSED: MailState.FAILED, Fate.LEFT_UNHEARD: MailState.UNKNOWN,
        Fate.LOST: MailState.UNKNOWN}  # fmt: skip
fates = st.sampled_from(Fate)


class MailMachine(RuleBasedStateMachine):
    """`hands` are the claims of all workers, dead ones' left out; `left` counts what really left."""

    def __init__(self, store: Store, scope: Scope) -> None:
        super().__init__()
        self.store, self.scope = store, scope
        self.moment: datetime = NOON
        self.hands: list[Claim] = []
        self.left: Counter[str] = Counter()
        self.campaign: Campaign

    @initialize(excluded=st.sets(numbers, max_size=2), blocked=st.sets(numbers, max_size=2), safe=st.booleans())
    def a_campaign_is_approved(self, excluded: set[int], blocked: set[int], safe: bool) -> None:  # noqa: FBT001
        with self.store.begin() as session:
            self.campaign = frozen(session, self.scope, [self._member(n, n in excluded) for n in range(MAILS)])
            key = key_of(session, self.scope, self.campaign.id)
            for mail in mails.every(session, self.scope, self.campaign.id, key, states=[MailState.PENDING]):
                findings = [BLOCK] if mail.ordinal - 1 in blocked else []
                done = written(mail, b"Subject: x", *findings)
                mail_writing.write(session, self.scope, self.campaign.id, key, [done])
            drafted, review = [CampaignStatus.DRAFT], CampaignStatus.REVIEW
            campaigns.move(session, self.scope, self.campaign.id, expected=drafted, to=review)
            choice = Choice.APPROVE_SAFE if safe else Choice.APPROVE
            campaign_reviews.decide(session, self.scope, self.campaign.id, Decision(choice, ANN))

    def _member(self, number: int, is_excluded: bool) -> Member:  # noqa: FBT001 (private)
        recipient = Recipient(f"p{number}@engines.example", f"Person {number}", {})
        return Member(new_id(), Draft(recipient), new_id(), "no e-mail address" if is_excluded else "")

    # What workers do.

    @rule(fates=st.lists(fates, min_size=1, max_size=3))
    def a_worker_takes_mails(self, fates: list[Fate]) -> None:
        with self.store.begin() as session:
            key = key_of(session, self.scope, self.campaign.id)
            until = self.moment + MINUTE
            named = (session, self.scope, self.campaign.id, key)
            claims = outbox.claim(*named, moment=self.moment, until=until, limit=len(fates))
            assert not claims or self._status(session) is CampaignStatus.SENDING
        for claim, fate in zip(claims, fates, strict=False):
            self._carry(claim, fate)

    @rule(fates=st.lists(fates, min_size=1, max_size=3), slow=st.booleans())
    def another_takes_over_what_was_left(self, fates: list[Fate], slow: bool) -> None:  # noqa: FBT001 (Hypothesis names it)
        """From the dead, and from those who are merely slow: these notice it when they go on."""
        self.moment += timedelta(minutes=2) if slow else timedelta(seconds=10)
        with self.store.begin() as session:
            key = key_of(session, self.scope, self.campaign.id)
            until = self.moment + MINUTE
            named = (session, self.scope, self.campaign.id, key)
            claims = outbox.recover(*named, moment=self.moment, until=until, limit=len(fates))
        for claim, fate in zip(claims, fates, strict=False):
            self._carry(claim, fate)

    @precondition(lambda self: self.hands)
    @rule(place=numbers, fate=fates)
    def a_slow_worker_goes_on(self, place: int, fate: Fate) -> None:
        self._carry(self.hands.pop(place % len(self.hands)), fate)

    def _carry(self, claim: Claim, fate: Fate) -> None:
        if fate is Fate.SLOW:
            self.hands.append(claim)
        elif claim.submitted_at:  # by somebody who died over it
            self._settle(claim, MailState.UNKNOWN)
        elif fate is Fate.GIVEN_BACK:
            with self.store.begin() as session:
                outbox.give_back(session, self.scope, [claim])
        elif fate is not Fate.DEAD_BEFORE:
            self._hand_over(claim, fate)

    def _hand_over(self, claim: Claim, fate: Fate) -> None:
        with self.store.begin() as session:
            if not outbox.submit(session, self.scope, [claim], at=self.moment, until=self.moment + MINUTE):
                return
        self.left[claim.mail_id] += fate in LEAVES
        if fate in TOLD:
            self._settle(claim, TOLD[fate])

    def _settle(self, claim: Claim, state: MailState) -> None:
        with self.store.begin() as session:
            outbox.settle(session, self.scope, [Outcome(claim, state)], actor=ANN)

    # What comes back.

    @rule(number=numbers, to=st.sampled_from([MailState.BOUNCED, MailState.REPLIED]))
    def something_comes_back(self, number: int, to: MailState) -> None:
        with self.store.begin() as session:
            mail = mails.mail(session, self.scope, self.campaign.id, str(number + 1), None)
            if self.left[mail.id]:
                for one in sent_mails.sent_mails(session, self.scope, self.campaign.mailbox, [mail.id]):
                    sent_mails.move(session, self.scope, one, to, reason="it came back")

    @rule(number=numbers)
    def somebody_wants_no_mail(self, number: int) -> None:
        with self.store.begin() as session:
            mail = mails.mail(session, self.scope, self.campaign.id, str(number + 1), None)
            suppressions.suppress(session, self.scope, [mail.address_hash], SuppressionReason.MANUAL)

    # What people do.

    @rule(does=st.sampled_from([campaign_holds.pause, campaign_holds.resume, campaign_holds.resume]))
    def somebody_holds_it_or_lets_it_go_on(self, does: Callable[..., None]) -> None:
        with suppress(CannotDecide), self.store.begin() as session:
            does(session, self.scope, self.campaign.id, actor=BEN)

    @precondition(lambda self: self.left.total() > 1)
    @rule(sure=st.integers(0, 5))
    def somebody_cancels_it(self, sure: int) -> None:
        if sure:
            return  # an end comes soon enough
        with suppress(CannotDecide), self.store.begin() as session:
            campaign_holds.cancel(session, self.scope, self.campaign.id, actor=BEN)

    @rule()
    def somebody_retries_what_failed(self) -> None:
        with suppress(CannotDecide), self.store.begin() as session:
            mail_recovery.retry_failed(session, self.scope, self.campaign.id, actor=BEN)

    @rule(number=numbers)
    def somebody_finds_out_what_became_of_a_mail(self, number: int) -> None:
        with suppress(CannotDecide), self.store.begin() as session:
            mail = mails.mail(session, self.scope, self.campaign.id, str(number + 1), None)
            has_left = bool(self.left[mail.id])
            mail_recovery.settle(session, self.scope, self.campaign.id, mail.id, left=has_left, actor=BEN)

    @rule()
    def it_is_over_when_nothing_waits(self) -> None:
        with self.store.begin() as session:
            if not tallies.keep(session, self.scope, self.campaign.id).waiting:
                over = campaign_reviews.kept_until(session, self.scope)
                sending, completed = [CampaignStatus.SENDING], CampaignStatus.COMPLETED
                campaigns.move(session, self.scope, self.campaign.id, expected=sending, to=completed, **over)

    # What must always be so.

    @invariant()
    def every_contact_of_the_audience_is_in_one_number(self) -> None:
        with self.store.begin() as session:
            numbers = tallies.keep(session, self.scope, self.campaign.id)
            states = Counter(mail.state for mail in mails.every(session, self.scope, self.campaign.id, None))
            campaign = campaigns.campaign(session, self.scope, self.campaign.id)
        assert numbers.audience == states.total() == MAILS
        assert numbers.adds_up
        assert numbers.waiting == MAILS - sum(states[state] for state in ENDS)
        assert campaign.statistics == numbers
        if campaign.status in (CampaignStatus.CANCELLED, CampaignStatus.COMPLETED):
            assert numbers.waiting == states[MailState.SENDING]  # what was on its way is still cleared up

    @invariant()
    def no_mail_leaves_twice_and_none_that_left_is_said_not_to_have(self) -> None:
        assert set(self.left.values()) <= {0, 1}
        with self.store.read() as session:
            for mail in mails.every(session, self.scope, self.campaign.id, None):
                may_have_left = mail.state in GONE | {MailState.UNKNOWN, MailState.SENDING}
                assert may_have_left or not self.left[mail.id]
                assert mail.state not in GONE or self.left[mail.id]

    def teardown(self) -> None:
        """All workers die; what is found afterwards is in doubt, and nothing waits any more of what was ended."""
        self.hands = []
        with self.store.begin() as session:
            key = key_of(session, self.scope, self.campaign.id)
            late = self.moment + timedelta(hours=1)
            named = (session, self.scope, self.campaign.id, key)
            for claim in outbox.recover(*named, moment=late, until=late + MINUTE, limit=MAILS):
                if claim.submitted_at:
                    outbox.settle(session, self.scope, [Outcome(claim, MailState.UNKNOWN)], actor=ANN)
                else:
                    outbox.give_back(session, self.scope, [claim])
            numbers = tallies.statistics(session, self.scope, self.campaign.id)
            is_over = self._status(session) in (CampaignStatus.CANCELLED, CampaignStatus.COMPLETED)
        assert numbers.adds_up
        assert not (is_over and numbers.waiting)

    def _status(self, session: Session) -> CampaignStatus:
        return campaigns.campaign(session, self.scope, self.campaign.id).status


def play(store: Store, scope: Scope, *, games: int, steps: int) -> None:
    class Machine(MailMachine):
        def __init__(self) -> None:
            super().__init__(store, scope)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=games, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
def test_whatever_happens_in_mid_send_the_numbers_add_up(house: Any) -> None:
    is_sqlite = house.store.engine.dialect.name == "sqlite"
    play(house.store, house.scope, games=25 if is_sqlite else 6, steps=30)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)
def test_whatever_happens_for_long_in_mid_send_the_numbers_add_up(house: Any) -> None:
    is_sqlite = house.store.engine.dialect.name == "sqlite"
    play(house.store, house.scope, games=400 if is_sqlite else 100, steps=80)
