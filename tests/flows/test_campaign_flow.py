"""A campaign as a real flow run on a real Prefect server: it sleeps over its review and a pause, and comes back."""

from datetime import timedelta
from functools import partial

import pytest

from deployments.simulators.server import Simulators
from storage.campaign import campaigns, tallies
from storage.campaign.campaigns import Campaign
from storage.documents import new_id
from storage.organization import organization_settings
from storage.people import contacts
from storage.records import CampaignStatistics, CampaignStatus, Contact, Labelled
from tasks.campaign.posting import Terms
from tasks.providers.flow_runs.engine import Engine
from tests.flows.campaign_line import TEMPLATE, person
from tests.flows.house import ANN, House
from tests.flows.prefect_server import Driver

FLOW = "email-campaign"
BAD = 50


@pytest.fixture
def bad_mailbox(house: House, simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mailbox that is looked into every few mails, and contacts whose mails all bounce."""
    connection, mailbox = house.connect(simulators, "microsoft", size=0)
    simulators.world.post.set_rules(simulators.world.letterbox("microsoft", mailbox.email), {"per_minute": 0})
    people = [person(n, emails=(Labelled(f"bounce-hard.{n}@customer.example", "work"),)) for n in range(BAD)]
    with house.store.begin() as session:
        contacts.create(session, house.scope, [Contact(new_id(), 1, one, {}) for one in people])
        organization_settings.change(session, house.scope, {"mails_per_minute": "1200"}, actor=ANN)
    monkeypatch.setattr("tasks.campaign.posting.Terms", partial(Terms, look_every=timedelta(seconds=0.3)))
    return connection


def stands(house: House) -> tuple[Campaign, CampaignStatistics]:
    with house.store.read() as session:
        [campaign] = campaigns.campaigns(session, house.scope)
        return campaign, tallies.statistics(session, house.scope, campaign.id)


def test_bounces_pause_a_campaign_in_mid_send_and_resume_goes_on_where_it_stood(
    house: House, driver: Driver, bad_mailbox: str
) -> None:
    run = driver.start(FLOW, organization="acme", user=ANN, brief=TEMPLATE, connection=bad_mailbox)
    assert driver.run(run, FLOW) == "Suspended"
    assert stands(house)[0].status is CampaignStatus.REVIEW
    assert driver.resume(run)
    assert driver.run(run, FLOW) == "Suspended"
    campaign, numbers = stands(house)
    assert campaign.status is CampaignStatus.PAUSED
    assert "mails failed or bounced, limit 10%" in campaign.error
    assert numbers.bounced > numbers.sent / 10
    assert numbers.waiting > 0
    assert numbers.adds_up
    for _ in range(BAD):  # all are bad: what follows may be stopped as well
        if stands(house)[0].status is CampaignStatus.PAUSED:
            assert Engine(str(driver.client.api_url)).resume(str(run))
            state = driver.run(run, FLOW)
    campaign, numbers = stands(house)
    assert (state, campaign.status) == ("Completed", CampaignStatus.COMPLETED)
    assert (numbers.bounced, numbers.waiting, numbers.adds_up) == (BAD, 0, True)
