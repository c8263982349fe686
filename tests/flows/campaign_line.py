"""The steps of a campaign called one after the other, without Prefect: fast, and stoppable between any two of them.

What the tasks tell Prefect (events, artifacts) is kept here, where tests can look at it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from storage.campaign import campaign_reviews, campaigns, mails, tallies
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import tenants
from storage.people import contacts
from storage.records import CampaignStatistics, Contact, Criteria, Labelled, Mail, MailState, Person
from tasks.campaign.check import check
from tasks.campaign.close_campaign import failing_loudly
from tasks.campaign.conclude import conclude
from tasks.campaign.draft import draft
from tasks.campaign.forecast import forecast
from tasks.campaign.launch import Asked, launch
from tasks.campaign.reconcile import reconcile
from tasks.campaign.segment import segment
from tasks.campaign.send import send
from tests.flows.house import ANN, House

BRIEF = """---
language: en
sender: Ann of Acme
links: {demo: https://acme.example/demo}
facts: [Acme was founded in 1999.]
---
Invite the person to a demo of our engine.
"""
TEMPLATE = """---
subject: An engine for {{ company | default('you') }}
links: {demo: https://acme.example/demo}
---
Dear {{ given_name }},

we have built an engine that you may like.

{{ link('demo') }}
"""


def spelt(number: int) -> str:
    """A number as letters, for nobody has digits in their name."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def person(number: int, **more: Any) -> Person:
    given, family = f"Given{spelt(number)}", f"Family{spelt(number)}"
    known: dict[str, Any] = {
        "given_name": given, "family_name": family, "display_name": f"{given} {family}",
        "company": f"Company{spelt(number)} Ltd", "job_title": "Engineer",
        "emails": (Labelled(f"person{number}@customer{number}.example", "work"),),
    }  # fmt: skip
    return Person(**{**known, **more})


@dataclass
class CampaignLine:
    house: House
    monkeypatch: pytest.MonkeyPatch
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for verb in ("check", "conclude", "close_campaign", "send"):
            self.monkeypatch.setattr(f"tasks.campaign.{verb}.notify", self._tell, raising=False)
        self.monkeypatch.setattr("tasks.campaign.check.create_markdown_artifact", self._tell)

    def _tell(self, *said: Any, **rest: Any) -> None:
        self.told.append((*said, rest))

    def people(self, *people: Person, pipeline: str = "", stage: str = "") -> list[str]:
        """Contacts of the CRM; returns their ids, in the audience's order."""
        new = [Contact(new_id(), 1, one, {}, pipeline=pipeline, stage=stage) for one in people]
        with self.house.store.begin() as session:
            contacts.create(session, self.house.scope, new)
        return [one.id for one in new]

    def crowd(self, count: int) -> list[str]:
        return self.people(*(person(number) for number in range(1, count + 1)))

    def open(
        self, *, connection: str = "", brief: str = "", template: str = "", criteria: Criteria | None = None,
        budget: float = 0, name: str = "Spring",
    ) -> str:  # fmt: skip
        run = SimpleNamespace(id=uuid4(), auto_scheduled=False, idempotency_key=None)
        self.monkeypatch.setattr("tasks.campaign.launch.current_run", lambda: run)
        asked = Asked(name, "" if template else brief or TEMPLATE, template, criteria or Criteria(), connection, budget)
        return str(launch.fn("acme", ANN, "", asked))

    def to_review(self, campaign_id: str) -> Campaign:
        asyncio.run(self._to_review(campaign_id))
        return self.campaign(campaign_id)

    async def _to_review(self, campaign_id: str) -> None:
        async with failing_loudly(campaign_id) as standing:
            if standing.is_unwritten:
                segment.fn(campaign_id)
                await forecast.fn(campaign_id)
                await draft.fn(campaign_id)
                check.fn(campaign_id)

    def preview(self, **how: Any) -> Campaign:
        return self.to_review(self.open(**how))

    def decide(self, campaign: Campaign, choice: Choice = Choice.APPROVE, *, refused: Sequence[str] = ()) -> None:
        decision = Decision(choice, ANN, digest=campaign.digest, refused=tuple(refused))
        with self.house.store.begin() as session:
            campaign_reviews.decide(session, self.house.scope, campaign.id, decision)

    def send(self, campaign_id: str) -> bool:
        """True if there is something left, for later."""
        return bool(asyncio.run(send.fn(campaign_id)))

    def finish(self, campaign_id: str) -> Campaign:
        self.send(campaign_id)
        asyncio.run(reconcile.fn(campaign_id))
        conclude.fn(campaign_id)
        return self.campaign(campaign_id)

    def approve(self, campaign: Campaign, **how: Any) -> Campaign:
        self.decide(campaign, **how)
        return self.finish(campaign.id)

    def run(self, **how: Any) -> Campaign:
        """From the start to the end, everything approved."""
        return self.approve(self.preview(**how))

    def campaign(self, campaign_id: str) -> Campaign:
        with self.house.store.read() as session:
            return campaigns.campaign(session, tenants.scope_of_campaign(session, campaign_id), campaign_id)

    def mails(self, campaign: Campaign, *states: MailState) -> list[Mail]:
        with self.house.store.read() as session:
            key = campaigns.body_key(session, self.house.scope, campaign.id)
            wanted = states or list(MailState)
            return list(mails.every(session, self.house.scope, campaign.id, key, states=wanted))

    def statistics(self, campaign: Campaign) -> CampaignStatistics:
        with self.house.store.read() as session:
            return tallies.statistics(session, self.house.scope, campaign.id)
