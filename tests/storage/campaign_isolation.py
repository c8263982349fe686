"""What one organization's campaigns hold, and how a stranger who knew their ids would call what keeps them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from storage.campaign import (
    campaign_holds,
    campaign_reviews,
    campaign_standing,
    campaigns,
    mail_events,
    mail_marks,
    mail_search,
    mail_writing,
    mails,
    past_mails,
    segments,
    spending,
    suppressions,
    tallies,
    templates,
    usage,
)
from storage.campaign.campaign_reviews import Decision
from storage.campaign.mail_events import Event
from storage.campaign.templates import NewTemplate
from storage.campaign.usage import Result
from storage.campaign.waiting import lock_waiting_campaign
from storage.crypto import Key
from storage.deciding import Choice
from storage.documents import now
from storage.organization import organization_settings
from storage.records import (
    CampaignStatus,
    Cost,
    Criteria,
    Deed,
    Forecast,
    MailEvent,
    MailState,
    Risk,
    SuppressionReason,
    TokenCounts,
    UsageState,
    Visitor,
)
from storage.reporting import analytics
from storage.scope import Scope
from storage.session import Session
from tests.storage.campaign_examples import attempt, budgeted, frozen, key_of, member, opened, waiting, written

STATUSES = list(CampaignStatus)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOON, YEARS = datetime(2026, 6, 1, 12, tzinfo=UTC), timedelta(days=999)


@dataclass(frozen=True, slots=True)
class CampaignWorld:
    mark: str
    campaign_id: str
    run_id: str
    mail_id: str
    key: Key
    budget_id: str
    usage_id: str
    template_id: str
    address_hash: str
    mark_id: str
    paused_id: str

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.campaign_id, self.run_id, self.mail_id, self.budget_id, self.usage_id, self.template_id,
                self.mark_id)  # fmt: skip


def filled_campaign(session: Session, scope: Scope, mark: str) -> CampaignWorld:
    campaign = waiting(session, scope, 2)
    campaigns.note(session, scope, campaign.id, name=f"letter of {mark}")
    key = key_of(session, scope, campaign.id)
    mail = mails.mails(session, scope, campaign.id, None)[0]
    [asked] = mails.mails(session, scope, campaign.id, key, ids=[mail.id])
    mail_writing.write(session, scope, campaign.id, key, [replace(written(asked), prompt_hash=f"prompt of {mark}")])
    budget_id = budgeted(session, scope, subject=f"of {mark}")
    begun = usage.reserve(session, scope, budget_id, attempt(campaign_id=campaign.id, mail_id=mail.id))
    for worst, cost in ((None, None), ("0.10", "0.05")):  # one whose price is not known
        usage.settle(session, scope, usage.reserve(session, scope, budget_id, attempt(worst)), result(cost))
    kept = templates.save(session, scope, NewTemplate(mark, f"from {mark}", "Dear {{ given_name }}"), author=mark)
    segments.save(session, scope, mark, Criteria(tags=(mark,)))
    hashed = suppressions.address_hash(session, scope, f"person@{mark}.example")
    suppressions.suppress(session, scope, [hashed], SuppressionReason.MANUAL, campaign_id=campaign.id)
    mail_events.note(session, scope, campaign.id, Event(mail.id, MailEvent.OPENED, mark, now(), Visitor.HUMAN))
    organization_settings.change(session, scope, {"postal_address": f"1 {mark} Street"}, actor="me")
    priced = usage.reserve(session, scope, budget_id, attempt(campaign_id=campaign.id, mail_id=mail.id))
    usage.settle(session, scope, priced, result())
    for deed in (Deed.REJECTED, Deed.CLEARED):
        made = mail_marks.mark_mails(session, scope, campaign.id, deed, actor="me", mail_ids=[mail.id])
    paused = frozen(session, scope, [member(7)])
    mail_writing.lease(session, scope, paused.id, key_of(session, scope, paused.id), moment=LONG_AGO, until=NOON)
    campaigns.move(session, scope, paused.id, expected=STATUSES, to=CampaignStatus.PAUSED)
    return CampaignWorld(
        mark, campaign.id, campaign.flow_run_id, mail.id, key, budget_id, begun, kept.id, hashed, made.id, paused.id
    )


def result(cost: str | None = "0.05", state: UsageState = UsageState.OK) -> Result:
    return Result(state, TokenCounts(10, output=5), Cost(Decimal(cost) if cost else None, {}))


def _rewritten(session: Session, it: CampaignWorld, scope: Scope) -> Any:
    return written(mails.mail(session, scope, it.campaign_id, it.mail_id, it.key), b"mine")


CAMPAIGNS_AS_A_STRANGER: dict[str, Callable[[Session, Scope, Any], Any]] = {
    "analytics.happened": lambda s, me, _: analytics.happened(s, me, LONG_AGO, MailEvent.OPENED),
    "analytics.openers": lambda s, me, _: analytics.openers(s, me, LONG_AGO).total() > 1,
    "analytics.sent": lambda s, me, _: analytics.sent(s, me, LONG_AGO),
    "analytics.synced": lambda s, me, _: analytics.synced(s, me, LONG_AGO),
    "analytics.totals": lambda s, me, _: analytics.totals(s, me, LONG_AGO),
    "campaign_holds.cancel": lambda s, me, it: campaign_holds.cancel(s, me, it.mail.campaign_id, actor="me"),
    "campaign_holds.pause": lambda s, me, it: campaign_holds.pause(s, me, it.out.campaign_id, actor="me"),
    "campaign_holds.resume": lambda s, me, it: campaign_holds.resume(s, me, it.mail.paused_id, actor="me"),
    "campaign_reviews.ask_again": lambda s, me, it: campaign_reviews.ask_again(
        s, me, it.mail.campaign_id, [it.mail.mail_id], "shorter", reviewer="me"
    ),
    "campaign_reviews.decide": lambda s, me, it: [
        campaign_reviews.decide(s, me, it.mail.campaign_id, Decision(choice, "stranger@rival.example"))
        for choice in (Choice.APPROVE, Choice.REJECT)
    ],
    "campaign_reviews.end": lambda s, me, it: campaign_reviews.end(
        s, me, it.mail.campaign_id, to=CampaignStatus.CANCELLED, expected=STATUSES, why="mine"
    ),
    "campaign_reviews.kept_until": lambda s, me, _: campaign_reviews.kept_until(s, me) == {},
    "campaign_reviews.rewrite": lambda s, me, it: campaign_reviews.rewrite(
        s, me, it.mail.campaign_id, _rewritten(s, it.mail, it.scope), editor="me"
    ),
    "campaigns.body_key": lambda s, me, it: campaigns.body_key(s, me, it.mail.campaign_id),
    "campaigns.brief": lambda s, me, it: bool(campaigns.brief(s, me, it.mail.campaign_id).text),
    "campaigns.campaign": lambda s, me, it: campaigns.campaign(s, me, it.mail.campaign_id),
    "campaigns.campaigns": lambda s, me, _: campaigns.campaigns(s, me),
    "campaigns.demand_body_key": lambda s, me, it: campaigns.demand_body_key(s, me, it.mail.campaign_id),
    "campaigns.forget": lambda s, me, it: campaigns.forget(s, me, it.mail.campaign_id),
    "campaigns.is_at": lambda s, me, it: campaigns.is_at(s, me, it.mail.campaign_id, *STATUSES),
    "campaigns.keep_forecast": lambda s, me, it: campaigns.keep_forecast(
        s, me, it.mail.campaign_id, Forecast(1, None, None)
    ),
    "campaign_standing.live_campaigns": lambda s, me, _: campaign_standing.live_campaigns(s, me),
    "campaigns.move": lambda s, me, it: campaigns.move(
        s, me, it.mail.campaign_id, expected=STATUSES, to=CampaignStatus.CANCELLED
    ),
    "campaigns.note": lambda s, me, it: campaigns.note(s, me, it.mail.campaign_id, error="mine"),
    "campaigns.of_run": lambda s, me, it: campaigns.of_run(s, me, it.mail.run_id),
    "campaigns.open_campaign": lambda s, me, it: opened(s, me, it.idle_connection_id, name="mine"),
    "mail_events.known": lambda s, me, it: mail_events.known(s, me, [it.mail.mark]),
    "mail_events.note": lambda s, me, it: mail_events.note(
        s, me, it.mail.campaign_id, Event(it.mail.mail_id, MailEvent.CLICKED, "mine", now())
    ),
    "mail_events.of_mail": lambda s, me, it: mail_events.of_mail(s, me, it.mail.mail_id),
    "mail_marks.mark_all": lambda s, me, it: mail_marks.mark_all(
        s, me, it.mail.campaign_id, Deed.APPROVED, actor="me", risks=list(Risk)
    ).number,
    "mail_marks.mark_mail": lambda s, me, it: mail_marks.mark_mail(
        s, me, it.mail.campaign_id, Deed.APPROVED, actor="me", mail_id=it.mail.mail_id, seen=it.mail.mark_id
    ),
    "mail_marks.mark_mails": lambda s, me, it: mail_marks.mark_mails(
        s, me, it.mail.campaign_id, Deed.APPROVED, actor="me", mail_ids=[it.mail.mail_id]
    ),
    "mail_marks.marks": lambda s, me, it: mail_marks.marks(s, me, it.mail.campaign_id),
    "mail_marks.note_edit": lambda s, me, it: mail_marks.note_edit(
        s, me, it.mail.campaign_id, it.mail.mail_id, actor="me"
    ),
    "mail_marks.pulse": lambda s, me, it: mail_marks.pulse(s, me, it.mail.campaign_id)
    != mail_marks.pulse(s, me, "no campaign"),
    "mail_marks.take_back": lambda s, me, it: mail_marks.take_back(
        s, me, it.mail.campaign_id, it.mail.mark_id, actor="me"
    ),
    "mails.retry_writing": lambda s, me, it: mails.retry_writing(s, me, it.mail.campaign_id),
    "mail_search.search": lambda s, me, it: mail_search.search(s, me, it.mail.campaign_id, it.mail.key, "person"),
    "mails.reject_unsent": lambda s, me, it: mails.reject_unsent(s, me, it.mail.campaign_id, reason="over"),
    "mails.retry_sending": lambda s, me, it: mails.retry_sending(s, me, it.mail.campaign_id),
    "mails.clear": lambda s, me, it: mails.clear(s, me, it.mail.campaign_id),
    "mails.content": lambda s, me, it: bool(mails.content(s, me, it.mail.campaign_id, it.mail.mail_id, it.mail.key)),
    "mails.decide": lambda s, me, it: mails.decide(
        s, me, it.mail.campaign_id, MailState.REJECTED, expected=list(MailState)
    ),
    "mails.digest": lambda s, me, it: mails.digest(s, me, it.mail.campaign_id) != mails.digest(s, me, "no campaign"),
    "mails.every": lambda s, me, it: mails.every(s, me, it.mail.campaign_id, it.mail.key),
    "mails.freeze": lambda s, me, it: mails.freeze(
        s, me, it.mail.campaign_id, it.mail.key, [member(8), member(9)], mailbox="smtp"
    ),
    "mails.mail": lambda s, me, it: mails.mail(s, me, it.mail.campaign_id, it.mail.mail_id, it.mail.key),
    "mails.mails": lambda s, me, it: mails.mails(s, me, it.mail.campaign_id, it.mail.key),
    "mail_writing.renew": lambda s, me, it: mail_writing.renew(s, me, it.mail.paused_id, held=NOON, until=None),
    "mail_writing.leased": lambda s, me, it: mail_writing.leased(s, me, it.mail.paused_id),
    "mail_writing.lease": lambda s, me, it: mail_writing.lease(
        s, me, it.mail.paused_id, key_of(s, it.scope, it.mail.paused_id), moment=NOON, until=NOON + YEARS
    ),
    "mail_writing.write": lambda s, me, it: mail_writing.write(
        s, me, it.mail.campaign_id, it.mail.key, [_rewritten(s, it.mail, it.scope)]
    ),
    "organization_settings.change": lambda s, me, _: organization_settings.change(
        s, me, {"rest_days": "3"}, actor="me"
    ).rest_days
    - 3,
    "organization_settings.undo_time": lambda s, me, _: organization_settings.undo_time(s, me),
    "organization_settings.organization_settings": lambda s, me, _: organization_settings.organization_settings(s, me),
    "past_mails.same_question": lambda s, me, it: past_mails.same_question(s, me, f"prompt of {it.mark}") is not None,
    "past_mails.written_to_since": lambda s, me, _: past_mails.written_to_since(s, me, now() - timedelta(days=9)),
    "segments.remove": lambda s, me, it: segments.remove(s, me, it.mark),
    "segments.save": lambda s, me, _: segments.save(s, me, "mine", Criteria()),
    "segments.segment": lambda s, me, it: segments.segment(s, me, it.mark),
    "segments.segments": lambda s, me, _: segments.segments(s, me),
    "spending.total": lambda s, me, it: bool(spending.total(s, me, it.mail.budget_id)),
    "spending.unpriced": lambda s, me, it: spending.unpriced(s, me, it.mail.budget_id),
    "suppressions.address_hash": lambda s, me, it: suppressions.address_hash(s, me, f"person@{it.mark}.example")
    == it.mail.address_hash,
    "suppressions.allow_again": lambda s, me, it: suppressions.allow_again(s, me, it.mail.address_hash),
    "suppressions.everyone": lambda s, me, _: suppressions.everyone(s, me),
    "suppressions.suppress": lambda s, me, _: suppressions.suppress(s, me, ["mine"], SuppressionReason.MANUAL) - 1,
    "suppressions.suppressed": lambda s, me, it: bool(suppressions.suppressed(s, me, [it.mail.address_hash])),
    "tallies.current": lambda s, me, it: tallies.current(s, me, campaigns.campaign(s, me, it.mail.campaign_id)),
    "tallies.counts": lambda s, me, it: tallies.counts(s, me, it.mail.campaign_id),
    "tallies.keep": lambda s, me, it: tallies.keep(s, me, it.mail.campaign_id),
    "tallies.left_since": lambda s, me, it: tallies.left_since(s, me, it.out.campaign_id, NOON - YEARS)[0],
    "tallies.levels": lambda s, me, it: tallies.levels(s, me, it.mail.campaign_id),
    "tallies.reasons": lambda s, me, it: bool(tallies.reasons(s, me, it.mail.campaign_id, MailState.GENERATED)),
    "tallies.statistics": lambda s, me, it: tallies.statistics(s, me, it.mail.campaign_id).audience,
    "tallies.unwritten": lambda s, me, it: tallies.unwritten(s, me, it.mail.paused_id),
    "templates.newest": lambda s, me, it: templates.newest(s, me, it.mark),
    "templates.save": lambda s, me, _: templates.save(s, me, NewTemplate("mine", "mine", "mine"), author="me") is None,
    "templates.template": lambda s, me, it: templates.template(s, me, it.mail.template_id),
    "templates.versions": lambda s, me, it: templates.versions(s, me, templates.templates(s, it.scope)[0].name),
    "templates.templates": lambda s, me, _: templates.templates(s, me),
    "usage.budget": lambda s, me, it: usage.budget(s, me, it.mail.budget_id),
    "tallies.costs": lambda s, me, it: tallies.costs(s, me, it.mail.campaign_id, [it.mail.mail_id]),
    "usage.abandoned": lambda s, me, _: usage.abandoned(s, me, before=now() + timedelta(days=1)),
    "usage.give_up": lambda s, me, it: usage.give_up(s, me, it.mail.budget_id, before=now() + timedelta(days=1)),
    "usage.open_budget": lambda s, me, _: usage.open_budget(s, me, "mine", limit=Decimal(5)) is None,
    "usage.reserve": lambda s, me, it: usage.reserve(s, me, it.mail.budget_id, attempt()),
    "usage.settle": lambda s, me, it: usage.settle(s, me, it.mail.usage_id, result()),
    "waiting.lock_waiting_campaign": lambda s, me, it: lock_waiting_campaign(s, me, it.mail.campaign_id),
}  # fmt: skip
