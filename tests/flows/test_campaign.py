"""A campaign from its query to its numbers, step by step: who is in, what is written, what leaves, what is left."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from deployments.simulators.server import Simulators
from storage.campaign import campaign_reviews, mail_recovery, suppressions
from storage.campaign.campaigns import Campaign
from storage.organization import organization_settings
from storage.records import CampaignStatus, Criteria, Labelled, Letter, MailState, SuppressionReason
from tasks.campaign.draft import TemplateDoesNotFit
from tasks.campaign.preparing import NO_SUBJECT, CannotPrepare
from tasks.campaign.segment import NobodyToWriteTo
from tests.flows.campaign_line import BRIEF, TEMPLATE, CampaignLine, person
from tests.flows.house import ANN, House

pytestmark = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


def settings_of(house: House, **values: str) -> None:
    with house.store.begin() as session:
        organization_settings.change(session, house.scope, values, actor=ANN)


def letters(line: CampaignLine, campaign: Campaign) -> list[Letter]:
    return [mail.draft.letter for mail in line.mails(campaign) if mail.draft and mail.draft.letter]


def test_a_template_campaign_needs_no_model_and_costs_nothing(line: CampaignLine, simulators: Simulators) -> None:
    line.crowd(3)
    campaign = line.preview()
    assert campaign.forecast
    assert (campaign.status, campaign.model, campaign.forecast.high) == (CampaignStatus.REVIEW, "", Decimal(0))
    ended = line.approve(campaign)
    assert (ended.status, ended.statistics.sent, ended.total_cost) == (CampaignStatus.COMPLETED, 3, Decimal(0))
    assert simulators.world.delivered.counts()


def test_a_plain_text_is_a_template_whose_subject_is_the_campaigns_name_and_the_review_says_so(
    line: CampaignLine, simulators: Simulators
) -> None:
    del simulators
    line.people(person(1, tags=("gold",)))
    campaign = line.preview(brief="Dear {{ first_name }},\n\nthank you for {{ tags }}.", name="Thanks")
    (letter,) = letters(line, campaign)
    assert (letter.subject, letter.paragraphs[0].text) == ("Thanks", "thank you for gold.")
    assert NO_SUBJECT in campaign.warnings
    titled = line.preview(brief="Subject: For {{ company }}\n\nDear {{ name }},\n\nthank you.")
    assert letters(line, titled)[0].subject.startswith("For Company")
    assert NO_SUBJECT not in titled.warnings


def test_the_only_mailbox_that_may_send_need_not_be_named(line: CampaignLine, house: House) -> None:
    house.connection("google", "contacts@acme.example", scopes=("https://www.googleapis.com/auth/contacts.readonly",))
    only = house.connection("microsoft", "ann@acme.example", scopes=("Mail.ReadWrite", "Mail.Send"))
    assert line.campaign(line.open(brief=TEMPLATE)).connection_id == only
    house.connection("microsoft", "second@acme.example", scopes=("Mail.ReadWrite", "Mail.Send"))
    with pytest.raises(CannotPrepare, match="2 mailboxes"):
        line.open(brief=TEMPLATE)


def test_every_contact_of_the_criteria_is_in_or_left_out_with_a_reason(
    line: CampaignLine, simulators: Simulators, house: House
) -> None:
    del simulators
    line.people(
        person(1), person(2, emails=()), person(3, emails=(Labelled("no address"),)),
        person(4, emails=(Labelled("PERSON1@customer1.example"),)), person(5), pipeline="sales",
    )  # fmt: skip
    line.people(person(9), pipeline="support")
    with house.store.begin() as session:
        hashed = suppressions.address_hash(session, house.scope, "person5@customer5.example")
        suppressions.suppress(session, house.scope, [hashed], SuppressionReason.UNSUBSCRIBED)
    campaign = line.preview(criteria=Criteria(pipeline="sales"))
    assert {mail.reason for mail in line.mails(campaign, MailState.EXCLUDED)} == {
        "no e-mail address", "invalid e-mail address", "duplicate address", "unsubscribed",
    }  # fmt: skip
    assert (campaign.statistics.audience, campaign.statistics.excluded) == (5, 4)
    assert campaign.statistics.adds_up


def test_who_was_written_to_of_late_is_left_out(line: CampaignLine, simulators: Simulators, house: House) -> None:
    del simulators
    settings_of(house, rest_days="30")
    line.crowd(2)
    line.run()
    line.crowd(1)
    with pytest.raises(NobodyToWriteTo, match=r"duplicate address|written to recently"):
        line.preview()


def test_nobody_to_write_to_is_told_before_anything_is_spent(line: CampaignLine, model: Any) -> None:
    line.people(person(1, emails=()))
    campaign_id = line.open(brief=BRIEF)
    with pytest.raises(NobodyToWriteTo, match="1 no e-mail address"):
        line.to_review(campaign_id)
    failed = line.campaign(campaign_id)
    assert (failed.status, "no e-mail address" in failed.error) == (CampaignStatus.FAILED, True)
    assert model.billing.bills == []
    assert ("failed", campaign_id) in [told[:2] for told in line.told]


def test_a_template_that_asks_for_what_is_not_known_says_so_before_the_review(
    line: CampaignLine, simulators: Simulators
) -> None:
    del simulators
    line.people(person(1), person(2, given_name=""), person(3, given_name=""))
    with pytest.raises(TemplateDoesNotFit, match="given_name is not known of 2 of 3 contacts"):
        line.preview()


def test_the_bytes_that_leave_are_the_bytes_that_were_approved(
    line: CampaignLine, simulators: Simulators, house: House
) -> None:
    line.crowd(3)
    for provider in ("microsoft", "google"):
        connection, _ = house.connect(simulators, provider, size=0)
        campaign = line.run(connection=connection)
        assert campaign.statistics.sent == 3
        sent = {mail.id: mail.approved_hash for mail in line.mails(campaign, MailState.SENT)}
        left = {
            mail.key.strip("<").partition("@")[0]: mail.posted if mail.built else mail.sha256
            for mail in simulators.world.delivered.mails
            if mail.provider == provider
        }
        assert left == sent


def test_resting_cancelling_and_going_on_always_add_up(
    line: CampaignLine, simulators: Simulators, house: House
) -> None:
    del simulators
    settings_of(house, mails_per_day="2")
    line.crowd(5)
    campaign = line.preview()
    line.decide(campaign, refused=[line.mails(campaign)[4].id])
    assert line.send(campaign.id)
    resting = line.statistics(campaign)
    assert (resting.sent, resting.waiting, resting.rejected, resting.adds_up) == (2, 2, 1, True)
    assert line.campaign(campaign.id).resume_at
    with house.store.begin() as session:
        campaign_reviews.end(
            session, house.scope, campaign.id, to=CampaignStatus.CANCELLED, expected=[CampaignStatus.SENDING],
            why="cancelled by hand",
        )  # fmt: skip
    assert not line.send(campaign.id)
    ended = line.statistics(campaign)
    assert (ended.sent, ended.waiting, ended.rejected, ended.adds_up) == (2, 0, 3, True)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"brief": "   "}, "the brief is empty"),
        ({"brief": "---\nsubject: Hi\n---\nDear {{ nobody }}"}, "there is no nobody"),
        ({"template": "missing"}, "no template 'missing'"),
        ({"brief": "---\nlinks: {a: ftp://x}\n---\nText"}, "must start with https"),
        ({"brief": TEMPLATE, "budget": 1e99}, "budget of 1e.99 USD"),
        ({"brief": TEMPLATE, "budget": -1.0}, "budget of -1"),
        ({"brief": TEMPLATE, "budget": float("nan")}, "write an amount in US dollars"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_a_sentence(
    line: CampaignLine, simulators: Simulators, how: dict[str, Any], told: str
) -> None:
    del simulators
    with pytest.raises(Exception, match=told):
        line.open(**how)


def test_without_a_mailbox_nothing_is_begun(line: CampaignLine) -> None:
    with pytest.raises(CannotPrepare, match="CONTACTFLOW_SMTP_URL"):
        line.open(brief=TEMPLATE)


def test_a_retry_sends_only_what_failed_for_certain(line: CampaignLine, simulators: Simulators, house: House) -> None:
    line.people(person(1), person(2, emails=(Labelled("reject.me@customer.example"),)))
    campaign = line.run()
    assert (campaign.statistics.sent, campaign.statistics.failed) == (1, 1)
    left = len(simulators.world.delivered.mails)
    with house.store.begin() as session:
        assert mail_recovery.retry_failed(session, house.scope, campaign.id, actor=ANN).to_send == 1
    again = line.finish(campaign.id)
    assert (again.statistics.sent, again.statistics.failed) == (1, 1)
    assert len(simulators.world.delivered.mails) == left


def test_asking_twice_for_each_step_changes_nothing(line: CampaignLine, model: Any) -> None:
    line.crowd(3)
    campaign = line.preview(brief=BRIEF)
    asyncio.run(line._to_review(campaign.id))
    assert len(model.billing.bills) == 3
    ended = line.approve(campaign)
    assert line.finish(ended.id).statistics == ended.statistics
