"""Wherever a campaign is spoken of outside of its page, the way to the page is told."""

import asyncio
from typing import Any

import pytest

from deployments.simulators.server import Simulators
from storage.records import CampaignStatus
from storage.settings import settings
from tasks.campaign.review_mails import review_mails
from tests.flows.campaign_line import CampaignLine
from tests.flows.conftest import line, running_simulators, simulators  # noqa: F401 (fixtures)


def test_the_form_in_prefect_and_the_artifact_lead_to_the_page(
    line: CampaignLine, simulators: Simulators, monkeypatch: pytest.MonkeyPatch  # noqa: F811 (the fixtures imported above)
) -> None:  # fmt: skip
    del simulators
    line.crowd(2)
    campaign = line.preview()
    forms: list[Any] = []

    async def asked(*, wait_for_input: Any, **_: Any) -> None:
        forms.append(wait_for_input)
        line.decide(campaign)

    monkeypatch.setattr("tasks.campaign.review_mails.asuspend_flow_run", asked)
    asyncio.run(review_mails(campaign.id))
    page = f"({settings().public_url}/campaigns/{campaign.id})"
    assert page in forms[0]._description
    assert any(page in said for told in line.told for said in told if isinstance(said, str))
    assert line.campaign(campaign.id).status is CampaignStatus.SENDING
