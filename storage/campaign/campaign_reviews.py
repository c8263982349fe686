"""How a campaign is decided: mail by mail while it waits, and as a whole at the end, named by its digest.

The terminal, the resume form and the review page all come through here, so that of two who decide, one does. What
the checks blocked cannot be approved; it must be edited first, which makes another mail of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from storage import audit
from storage.campaign import campaigns, mail_writing, mails, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_writing import Written
from storage.campaign.mails import UnknownMail
from storage.campaign.waiting import lock_waiting_campaign
from storage.deciding import CannotDecide, Choice
from storage.documents import now
from storage.organization import tenants
from storage.organization.organization_settings import organization_settings
from storage.records import CampaignStatus, MailState
from storage.scope import Scope, scoped
from storage.session import Session

BEING_WRITTEN = MailState.PENDING
OPEN = (MailState.GENERATED, MailState.APPROVED, MailState.REJECTED)
REFUSED = "rejected by the reviewer"


@dataclass(frozen=True, slots=True)
class Decision:
    """`refused` are mails left out. `approve_safe` approves those that no check had anything to say about.

    `proven` says whether the reviewer signed in, or merely gave a name.
    """

    choice: Choice
    reviewer: str
    comment: str = ""
    proven: bool = False
    digest: str = ""
    refused: tuple[str, ...] = ()


@scoped
def decide(session: Session, scope: Scope, campaign_id: str, decision: Decision) -> CampaignStatus:
    """Record a decision and move the campaign on; nothing is sent here."""
    campaign, moment = lock_waiting_campaign(session, scope, campaign_id), now()
    if decision.digest and decision.digest != mails.digest(session, scope, campaign_id):
        raise CannotDecide("these are not the mails that wait now: look at the campaign again")
    to = CampaignStatus.REJECTED if decision.choice is Choice.REJECT else CampaignStatus.SENDING
    if to is CampaignStatus.SENDING:
        _demand_written(session, scope, campaign_id)
        _demand_allowed(session, scope, campaign, decision)
    campaigns.move(
        session, scope, campaign_id, expected=[CampaignStatus.REVIEW], to=to, decision=decision.choice,
        decided_by=decision.reviewer, decision_proven=decision.proven, comment=decision.comment, decided_at=moment,
    )  # fmt: skip
    approved = _reject(session, scope, campaign_id) if to is CampaignStatus.REJECTED else 0
    if to is CampaignStatus.SENDING:
        approved = _approve(session, scope, campaign_id, decision)
    _account(session, scope, campaign, decision, to, approved)
    return to


@scoped
def rewrite(session: Session, scope: Scope, campaign_id: str, written: Written, *, editor: str) -> str:
    """Put another text in a mail's place while the campaign waits; returns the campaign's new digest."""
    lock_waiting_campaign(session, scope, campaign_id)
    key = campaigns.demand_body_key(session, scope, campaign_id)
    if mail_writing.write(session, scope, campaign_id, key, [written]) != 1:
        raise CannotDecide("somebody else changed this mail just now: look at it again")
    digest = mails.digest(session, scope, campaign_id)
    campaigns.note(session, scope, campaign_id, digest=digest)
    audit.record(
        session, scope, actor=editor, action="mail.rewritten", subject=campaign_id,
        detail={"mail": written.mail_id, "version": written.version + 1, "digest": digest},
    )  # fmt: skip
    return digest


@scoped
def ask_again(
    session: Session, scope: Scope, campaign_id: str, mail_ids: Sequence[str], hint: str, *, reviewer: str
) -> None:
    """Return mails to `pending` with a hint for the next writing. Raises CannotDecide."""
    lock_waiting_campaign(session, scope, campaign_id)
    key = campaigns.demand_body_key(session, scope, campaign_id)
    states = [*OPEN, MailState.BLOCKED, BEING_WRITTEN]
    found = mails.mails(session, scope, campaign_id, key, ids=mail_ids, states=states)
    if under_way := sum(one.state is BEING_WRITTEN for one in found):
        raise CannotDecide(
            f"{under_way} of these mails are being written anew already: wait until they can be read; "
            f"if its run died, `contactflow campaign retry-failed {campaign_id}`"
        )
    anew = [
        Written(one.id, one.version, replace(one.draft, hint=hint), state=MailState.PENDING, edited_by=one.edited_by)
        for one in found
        if one.draft
    ]
    if len(anew) != len(set(mail_ids)) or mail_writing.write(session, scope, campaign_id, key, anew) != len(anew):
        raise CannotDecide("not all of these mails can be written anew: look at the campaign again")
    audit.record(
        session, scope, actor=reviewer, action="mails.asked-again", subject=campaign_id,
        detail={"mails": list(mail_ids)},
    )  # fmt: skip


@scoped
def end(
    session: Session, scope: Scope, campaign_id: str, *, to: CampaignStatus, expected: Sequence[CampaignStatus],
    why: str, actor: str = "contactflow",
) -> bool:  # fmt: skip
    """End a campaign (cancelled, failed, not decided in time) and reject what has not left. False if not `expected`."""
    over = kept_until(session, scope)
    if not campaigns.move(session, scope, campaign_id, expected=expected, to=to, error=why, resume_at=None, **over):
        return False
    mails.reject_unsent(session, scope, campaign_id, reason=why)
    tallies.keep(session, scope, campaign_id)
    audit.record(session, scope, actor=actor, action=f"campaign.{to}", subject=campaign_id, detail={"why": why})
    return True


@scoped
def kept_until(session: Session, scope: Scope) -> dict[str, datetime]:
    """`completed_at` and `forget_at` for a campaign that ends now."""
    moment = now()
    keep = timedelta(days=organization_settings(session, scope).body_days)
    return {"completed_at": moment, "forget_at": moment + keep}


def _demand_written(session: Session, scope: Scope, campaign_id: str) -> None:
    if number := tallies.unwritten(session, scope, campaign_id):
        raise CannotDecide(f"{number} mails are being written anew: wait until they can be looked at")


def _demand_allowed(session: Session, scope: Scope, campaign: Campaign, decision: Decision) -> None:
    """The organization's own rules for approvals: four eyes, and proven sign-in."""
    rules = organization_settings(session, scope)
    reviewer = tenants.member(session, scope, decision.reviewer)
    large = 0 < rules.four_eyes_above < campaign.statistics.audience - campaign.statistics.excluded
    if large and (reviewer is None or reviewer.id == campaign.user_id):
        raise CannotDecide(
            f"more than {rules.four_eyes_above} people: somebody else than who started the campaign must approve it"
        )
    if rules.demand_proven_approval and not decision.proven:
        raise CannotDecide("this organization wants approvals from people who signed in: use the review page")


def _approve(session: Session, scope: Scope, campaign_id: str, decision: Decision) -> int:
    if strangers := [one for one in decision.refused if not _is_here(session, scope, campaign_id, one)]:
        raise CannotDecide(f"mails that are not in this campaign: {', '.join(strangers[:3])}")
    mails.decide(
        session, scope, campaign_id, MailState.REJECTED, expected=(*OPEN, MailState.BLOCKED), ids=decision.refused,
        reason=REFUSED, actor=decision.reviewer,
    )  # fmt: skip
    most = 0 if decision.choice is Choice.APPROVE_SAFE else None
    mails.decide(
        session, scope, campaign_id, MailState.APPROVED, expected=[MailState.GENERATED], most_risk=most,
        actor=decision.reviewer,
    )  # fmt: skip
    mails.decide(
        session, scope, campaign_id, MailState.REJECTED, expected=[MailState.GENERATED],
        reason="left out: only mails without a remark were approved",
    )  # fmt: skip
    return tallies.counts(session, scope, campaign_id)[MailState.APPROVED]


def _reject(session: Session, scope: Scope, campaign_id: str) -> int:
    mails.reject_unsent(session, scope, campaign_id, reason="campaign rejected")
    campaigns.note(session, scope, campaign_id, **kept_until(session, scope))
    return 0


def _is_here(session: Session, scope: Scope, campaign_id: str, mail_id: str) -> bool:
    try:
        mails.mail(session, scope, campaign_id, mail_id, None)
    except UnknownMail:
        return False
    return True


def _account(
    session: Session, scope: Scope, campaign: Campaign, decision: Decision, to: CampaignStatus, approved: int
) -> None:
    tallies.keep(session, scope, campaign.id)
    detail: dict[str, Any] = {
        "choice": decision.choice, "digest": mails.digest(session, scope, campaign.id), "proven": decision.proven,
        "approved": approved, "refused": list(decision.refused),
    }  # fmt: skip
    action = "campaign.rejected" if to is CampaignStatus.REJECTED else "campaign.approved"
    audit.record(session, scope, actor=decision.reviewer, action=action, subject=campaign.id, detail=detail)
