"""The demo's campaign: a personal mail to some of the contacts that the sync imported, from Alice's own mailbox."""

from collections.abc import Callable

from deployments.cli.campaign_looking import tell, tell_numbers
from deployments.cli.waiting import follow_campaign
from deployments.demo import ORGANIZATION, USER, Stage
from deployments.local import CannotStart
from storage.campaign import campaign_reviews, campaigns, mails, tallies
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import Choice
from storage.documents import new_id
from storage.people import contacts
from storage.records import CampaignStatus, Criteria, MailState, Provider

RECIPIENTS = 12
BUDGET_USD = 1.0
BRIEF = """---
language: en
sender: Alice of Demo Ltd
links:
  visit: https://demo.example/visit
facts:
  - Demo Ltd opens its workshop to visitors on the first Friday of each month.
---
Invite the person to visit our workshop. Two short paragraphs, friendly and to the point; say why it may interest
somebody in their line of work. End with the link to book a visit.
"""

Say = Callable[[str], None]


def up_to_review(stage: Stage, *, say: Say) -> Campaign:
    """Return a campaign that waits for its review: an existing one if there is one, otherwise a new one."""
    with stage.store.read() as session:
        live = [one for one in campaigns.campaigns(session, stage.scope) if one.status is CampaignStatus.REVIEW]
    say("")
    if not live:
        say("writing personal mails to some of the contacts, with a simulated language model")
    campaign = live[0] if live else _start(stage)
    _tell(stage, campaign)
    say(f"Prefect: {stage.engine.run_page(campaign.flow_run_id)} (the button Resume)")
    return campaign


def hands_free(stage: Stage, *, say: Say) -> None:
    """Generate, approve and send a campaign, and print the results. Raises CannotStart if it does not complete."""
    say("\nCampaign: choosing, writing, checking")
    campaign = _start(stage)
    _tell(stage, campaign, tell_numbers)
    if campaign.status is not CampaignStatus.REVIEW:
        raise CannotStart(f"the campaign is {campaign.status}: {campaign.error}")
    _show_one(stage, campaign, say)
    say("approving")
    ended = _approve(stage, campaign)
    _tell(stage, ended)
    with stage.store.read() as session:
        numbers = tallies.statistics(session, stage.scope, ended.id)
    say(f"{numbers.audience:,} people chosen, {numbers.sent:,} mails sent, everybody else accounted for")
    if ended.status is not CampaignStatus.COMPLETED or not numbers.adds_up or not numbers.sent:
        raise CannotStart("the demo's campaign did not end as it should have")


def _start(stage: Stage) -> Campaign:
    campaign_id = new_id()
    with stage.store.read() as session:
        everyone = contacts.chosen(session, stage.scope, Criteria())
        chosen = [one.id for one in everyone if one.person.emails and one.person.given_name][:RECIPIENTS]
    parameters = {
        "organization": ORGANIZATION,
        "user": USER,
        "name": "Visit our workshop",
        "brief": BRIEF,
        "contacts": chosen,
        "connection": stage.connections[Provider.MICROSOFT],
        "budget": BUDGET_USD,
    }
    run_id = stage.engine.start("email-campaign", parameters, key=campaign_id)
    return follow_campaign(stage.store, stage.engine, campaign_id, run_id=run_id)


def _approve(stage: Stage, campaign: Campaign) -> Campaign:
    with stage.store.begin() as session:
        decision = Decision(Choice.APPROVE, USER, "hands-free demo", digest=campaign.digest)
        campaign_reviews.decide(session, stage.scope, campaign.id, decision)
    stage.engine.resume(campaign.flow_run_id, {"decision": "approve", "reviewer": USER, "comment": ""})
    return follow_campaign(stage.store, stage.engine, campaign.id)


def _show_one(stage: Stage, campaign: Campaign, say: Say) -> None:
    with stage.store.read() as session:
        key = campaigns.body_key(session, stage.scope, campaign.id)
        written = mails.mails(session, stage.scope, campaign.id, key, states=[MailState.GENERATED], limit=1)
    for mail in written:
        if mail.draft and mail.draft.letter:
            say(f"for example: {mail.draft.letter.subject!r} to {mail.draft.recipient.name}")


def _tell(stage: Stage, campaign: Campaign, told: Callable[[Campaign], None] = tell) -> None:
    with stage.store.read() as session:
        told(tallies.current(session, stage.scope, campaign))
