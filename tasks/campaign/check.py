"""Render and check a campaign's mails and put them up for review: the last step before a person decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from prefect import task
from prefect.artifacts import create_markdown_artifact

from storage import audit
from storage.campaign import campaigns, mail_writing, mails, spending, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_rows import content_hash
from storage.campaign.mail_writing import Written
from storage.crypto import Key
from storage.documents import now
from storage.organization import tenants
from storage.records import CampaignStatistics, CampaignStatus, Mail, MailState
from storage.scope import Scope
from storage.session import Session, Store, open_store
from storage.settings import settings
from tasks.campaign.rendering import Renderer, judged, renderer_of
from tasks.providers.expectations import met
from tasks.providers.flow_runs.events import notify
from tasks.rules.checks import Crowd, near_duplicates

BATCH = 200
CRITICAL = {
    "addresses unique": "two mails go to one address",
    "sane sizes": "some mails are too large to be sent",
}
WARNINGS = {
    "all written": "some mails could not be rendered",
    "subjects": "some subjects are empty or very long",
    "few blocked": "most mails are blocked: reject the campaign and change its brief",
}


class CheckFailed(Exception):
    """The batch as a whole failed its checks, so it was not put up for review."""


@dataclass(frozen=True, slots=True)
class Work:
    store: Store
    scope: Scope
    campaign: Campaign
    key: Key
    renderer: Renderer
    every: list[Mail]


@task
def check(campaign_id: str) -> dict[str, int]:
    """Returns the counts shown to the reviewer. Idempotent: only mails changed since their last check are checked."""
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        if campaign.status not in {CampaignStatus.GENERATING, CampaignStatus.REVIEW}:
            return campaign.statistics.by_name()
        key = campaigns.demand_body_key(session, scope, campaign_id)
        every = list(mails.every(session, scope, campaign_id, key))
        work = Work(store, scope, campaign, key, renderer_of(session, scope, campaign), every)
    warnings = _expect(work, list(_judge_all(work)))
    return _hand_over(work, warnings).by_name()


def _judge_all(work: Work) -> Iterator[Written]:
    crowd = Crowd.of(mail.draft.recipient for mail in work.every if mail.draft)
    fresh = (mail for mail in work.every if mail.state is MailState.GENERATED and not mail.content_hash)
    while batch := list(islice(fresh, BATCH)):
        judgements = [
            judged(work.renderer, mail, mail.draft.letter, crowd) for mail in batch if mail.draft and mail.draft.letter
        ]
        with work.store.begin() as session:
            mail_writing.write(session, work.scope, work.campaign.id, work.key, judgements, over=[MailState.GENERATED])
            campaigns.note(session, work.scope, work.campaign.id)
        yield from judgements


def _expect(work: Work, written: Sequence[Written]) -> list[str]:
    """Run Great Expectations over the batch. A critical failure raises CheckFailed, others become warnings."""
    if not written:
        return []
    addresses = {mail.id: mail.address_hash for mail in work.every}
    outcome = met("mails", [_row(one, addresses[one.mail_id]) for one in written])
    if broken := [meaning for name, meaning in CRITICAL.items() if not outcome[name]]:
        raise CheckFailed("; ".join(broken))
    return [meaning for name, meaning in WARNINGS.items() if not outcome[name]]


def _row(one: Written, address_hash: str) -> tuple[str, str, str, int, int, int]:
    subject = one.draft.letter.subject if one.draft.letter else ""
    hashed = content_hash(one.content) if one.content else ""
    return (
        one.mail_id, address_hash, hashed, len(one.content), len(subject), int(one.state is MailState.BLOCKED),
    )  # fmt: skip


def _hand_over(work: Work, warnings: list[str]) -> CampaignStatistics:
    campaign_id, first = work.campaign.id, work.campaign.status is CampaignStatus.GENERATING
    with work.store.begin() as session:
        digest = mails.digest(session, work.scope, campaign_id)
        numbers = tallies.keep(session, work.scope, campaign_id)
        told = list(dict.fromkeys([*work.campaign.warnings, *warnings, *_remarks(session, work)]))
        campaigns.note(session, work.scope, campaign_id, digest=digest, warnings=told)
        if first:
            campaigns.move(
                session, work.scope, campaign_id, expected=[CampaignStatus.GENERATING], to=CampaignStatus.REVIEW,
                expires_at=now() + timedelta(days=settings().review_days),
            )  # fmt: skip
        audit.record(
            session, work.scope, actor="contactflow", action="mails.checked", subject=campaign_id,
            detail={"digest": digest, **numbers.by_name()},
        )  # fmt: skip
    if first:
        create_markdown_artifact(_summary(campaign_id, numbers), key=f"campaign-{campaign_id}", description="Campaign")
        notify("awaiting-review", campaign_id, numbers.by_name(), about="campaign")
    return numbers


def _remarks(session: Session, work: Work) -> list[str]:
    """Warnings about the campaign as a whole, shown to the reviewer."""
    remarks = []
    if not work.renderer.rules.postal_address:
        remarks.append("no postal address stands in the footer: `contactflow org settings --org … postal_address=…`")
    if work.campaign.model and (alike := _alike(work)):
        remarks.append(f"{alike} mails say nearly the same as another: they may be less personal than they should be")
    if work.campaign.budget_id and (count := spending.unpriced(session, work.scope, work.campaign.budget_id)):
        remarks.append(f"what {count} calls of the model cost is not known: set CONTACTFLOW_MODEL_PRICE")
    return remarks


def _alike(work: Work) -> int:
    drafts = [(mail.id, mail.draft) for mail in work.every if mail.draft and mail.state is not MailState.EXCLUDED]
    return len(near_duplicates((key, draft.letter, draft.recipient) for key, draft in drafts if draft.letter))


def _summary(campaign_id: str, numbers: CampaignStatistics) -> str:
    lines = [f"| {name} | {number} |" for name, number in numbers.by_name().items() if number]
    page = f"{settings().public_url}/campaigns/{campaign_id}"
    look = f"[Look at every mail and decide]({page}), or at the terminal: `contactflow campaign show {campaign_id}`"
    return "\n".join(["| what | how many |", "|---|---|", *lines, "", look])
