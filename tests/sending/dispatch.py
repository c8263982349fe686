"""Campaigns with approved mails, sent from simulated mailboxes, and what really left of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from deployments.simulators.faults import Fault
from deployments.simulators.mail.delivered import Delivery
from deployments.simulators.server import Simulators
from storage.campaign import campaign_reviews, campaigns, mail_writing, mails, tallies
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_writing import Written
from storage.campaign.mails import Member
from storage.deciding import Choice
from storage.organization import organization_settings
from storage.records import CampaignStatistics, CampaignStatus, Draft, Mail, MailState, Recipient
from storage.scope import Scope
from storage.session import Store
from tasks.campaign.claiming import Pause
from tasks.campaign.posting import Terms
from tasks.campaign.send import send_all
from tasks.providers.polite_client import Chance
from tests.flows.house import ANN, House
from tests.sending.letters import mail_for
from tests.storage.campaign_examples import key_of, letter, opened

QUICK = Terms(
    claim=timedelta(seconds=40), grace=timedelta(seconds=60), looks=(0, 0.01), again=timedelta(seconds=0.05),
    look_every=timedelta(days=999),
)  # fmt: skip


@dataclass
class Clock:
    """Real time, and as much more as somebody wanted to wait."""

    ahead: float = 0.0
    longest_real: float = 0.0

    def chance(self) -> Chance:
        return Chance(clock=self.now, sleep=self.sleep, roll=lambda: 0.5)

    def now(self) -> float:
        return time.time() + self.ahead

    async def sleep(self, seconds: float) -> None:
        real = min(seconds, self.longest_real)
        self.ahead += seconds - real
        await asyncio.sleep(real)


@dataclass
class Dispatch:
    house: House
    simulators: Simulators
    told: list[tuple[object, ...]] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    senders: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return self.house.store

    @property
    def scope(self) -> Scope:
        return self.house.scope

    def rules(self, **wish: str) -> None:
        with self.store.begin() as session:
            organization_settings.change(session, self.scope, wish, actor=ANN)

    def limits(self, campaign: Campaign, **wish: Any) -> None:
        """What the simulated mailbox permits; without a wish, everything."""
        provider, email = self.senders[campaign.id].split("/")
        free = {"per_minute": 0, "per_day": 0} | ({"units_per_minute": 0} if provider == "google" else {})
        box = self.simulators.world.letterbox(provider, email)
        self.simulators.world.post.set_rules(box, free | wish)

    def fault(self, kind: str, route: str, **more: Any) -> Fault:
        return self.simulators.world.faults.add(Fault(kind, route, **more))

    def campaign(self, provider: str, to: int | Sequence[str] = 3, **zones: str) -> Campaign:
        """Approved, and free of the simulated limits; its own pace is set high."""
        addresses = [f"person{n}@engines.example" for n in range(to)] if isinstance(to, int) else list(to)
        connection, sender = "", "ann@acme.example"
        if provider != "smtp":
            connection, mailbox = self.house.connect(self.simulators, provider, size=0)
            sender = mailbox.email
        with self.store.begin() as session:
            campaign = opened(session, self.scope, connection)
            key = key_of(session, self.scope, campaign.id)
            members = [
                Member(
                    f"{campaign.id}-{n}"[-36:], Draft(Recipient(one, one, {}, zones.get(f"z{n}", ""))), f"hash of {one}"
                )
                for n, one in enumerate(addresses)
            ]
            mails.freeze(session, self.scope, campaign.id, key, members, mailbox=campaign.mailbox)
            for mail in mails.every(session, self.scope, campaign.id, key):
                assert mail.draft is not None
                content = mail_for(provider, mail.id, sender, mail.draft.recipient.address)
                written = Written(mail.id, mail.version, Draft(mail.draft.recipient, letter()), content)
                mail_writing.write(session, self.scope, campaign.id, key, [written])
            drafted, review = [CampaignStatus.DRAFT], CampaignStatus.REVIEW
            campaigns.move(session, self.scope, campaign.id, expected=drafted, to=review, audience=len(addresses))
            campaign_reviews.decide(session, self.scope, campaign.id, Decision(Choice.APPROVE, ANN))
        self.senders[campaign.id] = f"{provider}/{sender}"
        self.rules(mails_per_minute="0" if provider == "smtp" else "100000", mails_per_day="100000")
        if provider != "smtp":
            self.limits(campaign)
        return campaign

    def send(self, campaign: Campaign, terms: Terms = QUICK) -> Pause | None:
        return asyncio.run(send_all(self.store, campaign.id, terms=terms, chance=self.clock.chance()))

    def end(self, campaign: Campaign, to: CampaignStatus) -> None:
        with self.store.begin() as session:
            campaign_reviews.end(session, self.scope, campaign.id, to=to, expected=list(CampaignStatus), why="enough")

    def mails(self, campaign: Campaign) -> list[Mail]:
        with self.store.read() as session:
            return list(mails.every(session, self.scope, campaign.id, None))

    def states(self, campaign: Campaign) -> Counter[MailState]:
        with self.store.read() as session:
            return tallies.counts(session, self.scope, campaign.id)

    def totals(self, campaign: Campaign) -> CampaignStatistics:
        with self.store.read() as session:
            return tallies.statistics(session, self.scope, campaign.id)

    def status(self, campaign: Campaign) -> Campaign:
        with self.store.read() as session:
            return campaigns.campaign(session, self.scope, campaign.id)

    def contents(self, campaign: Campaign) -> Mapping[str, bytes]:
        with self.store.read() as session:
            key = key_of(session, self.scope, campaign.id)
            return {
                mail.id: mails.content(session, self.scope, campaign.id, mail.id, key)
                for mail in mails.every(session, self.scope, campaign.id, None)
            }

    def left(self, campaign: Campaign) -> list[Delivery]:
        ids = {mail.id for mail in self.mails(campaign)}
        return [one for one in self.simulators.world.delivered if one.key in ids]

    def assert_true(self, campaign: Campaign) -> None:
        """What the ledger says left, left once and stands as sent; nothing else does."""
        times = Counter(one.key for one in self.left(campaign))
        sent = {mail.id for mail in self.mails(campaign) if mail.state in (MailState.SENT, MailState.REPLIED)}
        assert set(times.values()) <= {1}
        assert sent == set(times)
        assert self.totals(campaign).adds_up


def ledger(dispatch: Dispatch, campaign: Campaign) -> Any:
    return dispatch.simulators.world.ledger.of(dispatch.senders[campaign.id].partition("/")[2])


def move(dispatch: Dispatch, campaign: Campaign, to: CampaignStatus) -> None:
    with dispatch.store.begin() as session:
        campaigns.move(session, dispatch.scope, campaign.id, expected=list(CampaignStatus), to=to)
