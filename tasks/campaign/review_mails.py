"""Suspend the flow run until a campaign's mails are decided, and while nothing can be sent."""

from datetime import timedelta
from typing import Literal

from prefect import get_run_logger
from prefect.flow_runs import asuspend_flow_run
from pydantic import Field

from storage.campaign import campaign_reviews, campaigns, tallies
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import Campaign
from storage.deciding import CannotDecide, Choice
from storage.documents import now
from storage.organization import tenants
from storage.records import CampaignStatus
from storage.scope import Scope
from storage.session import Store, open_store
from storage.settings import settings
from tasks.campaign.claiming import Pause
from tasks.providers.flow_runs.resume_form import Answer, counted, described, key_of, unheard

BACKSTOP = timedelta(days=1)  # past our own deadline: when Prefect times out a paused run, no hook runs
LONGEST_REST = timedelta(days=90)


class CampaignAnswer(Answer):
    decision: Literal["approve", "approve_safe", "reject"] = Field(
        description="approve: every mail that no check blocks. approve_safe: those without any remark. "
        "reject: nothing is sent."
    )


async def review_mails(campaign_id: str) -> None:
    """Return when the mails are decided. Called by the flow itself, since a task cannot suspend the run."""
    store = open_store()
    waiting = _at(store, campaign_id, CampaignStatus.REVIEW)
    if waiting and (answer := await unheard(CampaignAnswer, waiting.review_round)):
        _take(store, campaign_id, answer)
    while waiting := _at(store, campaign_id, CampaignStatus.REVIEW):
        answer = await asuspend_flow_run(
            wait_for_input=_form(store, waiting),
            key=key_of(waiting.review_round),
            timeout=int((timedelta(days=settings().review_days) + BACKSTOP).total_seconds()),
        )
        _take(store, campaign_id, answer)


async def rest(campaign_id: str, pause: Pause) -> None:
    """Suspend the run until the pause is over or a paused campaign is resumed.

    The sweeper wakes the run, or a person does: Resume in Prefect's UI also resumes a paused campaign.
    """
    if pause.is_over(now()):
        return
    store = open_store()
    await asuspend_flow_run(key=f"rest-{_round(store, campaign_id)}", timeout=int(LONGEST_REST.total_seconds()))
    with store.begin() as session:
        scope = _scope(store, campaign_id)
        campaigns.move(
            session, scope, campaign_id, expected=[CampaignStatus.PAUSED], to=CampaignStatus.SENDING, error=""
        )


def _round(store: Store, campaign_id: str) -> str:
    """A key that stays the same until the run returns from this rest, and differs for the next one.

    `updated_at` does not serve for a paused campaign: arrivals in its mailbox change its statistics meanwhile.
    """
    with store.read() as session:
        campaign = campaigns.campaign(session, _scope(store, campaign_id), campaign_id)
    paused = campaign.status is CampaignStatus.PAUSED and campaign.sending_since
    return (paused or campaign.updated_at).isoformat()


def _at(store: Store, campaign_id: str, status: CampaignStatus) -> Campaign | None:
    with store.read() as session:
        campaign = campaigns.campaign(session, _scope(store, campaign_id), campaign_id)
    return campaign if campaign.status is status else None


def _take(store: Store, campaign_id: str, answer: Answer) -> None:
    """Carry out the form's answer. An invalid one is asked for again, not raised: a typo must not end the run."""
    scope = _scope(store, campaign_id)
    with store.begin() as session:
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status is not CampaignStatus.REVIEW:
            return  # decided on the page or at the terminal; the form merely woke the run
        reviewer = tenants.member(session, scope, answer.reviewer)
        decision = Decision(Choice(answer.decision), answer.reviewer, answer.comment)
        try:
            if reviewer is None:
                raise CannotDecide("the reviewer named is no user of this organization")  # noqa: TRY301 (one way back)
            campaign_reviews.decide(session, scope, campaign_id, decision)
        except CannotDecide as refused:
            get_run_logger().warning("%s: asking again", refused)
            campaigns.note(session, scope, campaign_id, review_round=campaign.review_round + 1, comment=str(refused))


def _form(store: Store, campaign: Campaign) -> type[CampaignAnswer]:
    with store.read() as session:
        counts = tallies.counts(session, _scope(store, campaign.id), campaign.id)
    page = f"[Campaign]({settings().public_url}/campaigns/{campaign.id})"
    text = counted(
        page, {state.value: number for state, number in counts.items()},
        look=f"contactflow campaign show {campaign.id}", digest=campaign.digest,
        asked_again=campaign.comment if campaign.review_round else "",
    )  # fmt: skip
    return described(CampaignAnswer, text)


def _scope(store: Store, campaign_id: str) -> Scope:
    with store.read() as session:
        return tenants.scope_of_campaign(session, campaign_id)
