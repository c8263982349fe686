"""Campaigns in a house of real processes: approved, sent by Prefect's runs, and what really left of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from storage.campaign import campaign_reviews, campaigns, mails, tallies
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign, UnknownCampaign
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import connections, organization_settings
from storage.organization.connections import StoredTokens
from storage.people import contacts
from storage.records import CampaignStatistics, CampaignStatus, Contact, Labelled, MailState, Person, Provider
from storage.scope import Scope
from tests.crash.house import House, people

TEMPLATE = """---
subject: An engine for {{ given_name }}
---
Dear {{ given_name }},

we have built an engine that you may like.
"""
WAYS = ("microsoft", "google", "smtp")


@dataclass(frozen=True, slots=True)
class Mailing:
    house: House
    simulators: Simulators
    scope: Scope
    campaign_id: str
    team: str

    @property
    def campaign(self) -> Campaign | None:
        with self.house.store.read() as session:
            try:
                return campaigns.campaign(session, self.scope, self.campaign_id)
            except UnknownCampaign:
                return None

    @property
    def is_over(self) -> bool:
        found = self.campaign
        return found is not None and not found.is_open

    @property
    def states(self) -> dict[str, MailState]:
        """Of every mail, by its key."""
        with self.house.store.read() as session:
            return {mail.id: mail.state for mail in mails.every(session, self.scope, self.campaign_id, None)}

    @property
    def totals(self) -> CampaignStatistics:
        with self.house.store.read() as session:
            return tallies.statistics(session, self.scope, self.campaign_id)

    def left(self) -> Iterator[str]:
        """The ids of the mails that the services delivered, each as often as it was."""
        ours = f"@{self.team}.example"
        for one in self.simulators.world.delivered:
            if any(to.endswith(ours) for to in one.recipients):
                yield one.key.strip("<>").partition("@")[0]  # Gmail knows a mail by its Message-ID

    def until(self, *wanted: CampaignStatus, patience: float = 120.0) -> Campaign:
        def there() -> bool:
            found = self.campaign
            assert found is None or found.is_open or found.status in wanted, f"{found.status}: {found.error}"
            return found is not None and found.status in wanted

        self.house.wait(there, f"the campaign is {' or '.join(wanted)}", patience=patience)
        found = self.campaign
        assert found is not None
        return found

    def approve(self) -> None:
        campaign = self.until(CampaignStatus.REVIEW)
        self.house.wait(lambda: self.house.engine.state(campaign.flow_run_id) == "Suspended", "the run sleeps")
        with self.house.store.begin() as session:
            decision = Decision(Choice.APPROVE, "ann", digest=campaign.digest)
            campaign_reviews.decide(session, self.scope, campaign.id, decision)
        self.house.engine.resume(campaign.flow_run_id, {"decision": "approve", "reviewer": "ann", "comment": ""})


def begun(house: House, simulators: Simulators, way: str, count: int) -> Mailing:
    """A campaign to so many invented people, from a mailbox that may send as fast as it can."""
    team = f"{way}-{count}"
    scope = house.team(team)
    rules = {"mails_per_minute": "0" if way == "smtp" else "100000", "mails_per_day": "100000"}
    with house.store.begin() as session:
        organization_settings.change(session, scope, rules, actor="ann")
        crowd = [_contact(name, email) for email, name in people(count, team).items()]
        contacts.create(session, scope, crowd)
    connection = "" if way == "smtp" else _mailbox(house, simulators, scope, way, team)
    parameters = {
        "organization": team, "user": f"ann@{team}.example", "name": "Engines", "brief": TEMPLATE,
        "connection": connection,
    }  # fmt: skip
    campaign_id = new_id()
    house.engine.start("email-campaign", parameters, key=campaign_id)
    return Mailing(house, simulators, scope, campaign_id, team)


def lose_replies(simulators: Simulators, share: float) -> None:
    for route in ("/send", "/drafts", "/me/messages"):
        simulators.world.faults.add(Fault("reply_lost", route, method="POST", share=share, times=0, seed=3))


def _contact(name: str, email: str) -> Contact:
    given, family = name.split()
    person = Person(given_name=given, family_name=family, display_name=name, emails=(Labelled(email, "work"),))
    return Contact(new_id(), 1, person, {})


def _mailbox(house: House, simulators: Simulators, scope: Scope, way: str, team: str) -> str:
    mailbox = simulators.world.add_mailbox(way, f"owner@{team}.example", seed=1, size=0)
    free: dict[str, Any] = {"per_minute": 0, "per_day": 0} | ({"units_per_minute": 0} if way == "google" else {})
    simulators.world.post.set_rules(simulators.world.letterbox(way, mailbox.email), free)
    tokens = StoredTokens(simulators.world.refresh_token(way, mailbox.email))
    with house.store.begin() as session:
        made = connections.connect(
            session, scope, provider=Provider(way), account=mailbox.email, tokens=tokens, scopes=()
        )
    return made.id
