"""Campaigns and mails that the tests of storage speak of."""

from collections.abc import Sequence
from decimal import Decimal

from storage.campaign import campaigns, mail_writing, mails, usage
from storage.campaign.campaigns import Campaign, NewCampaign
from storage.campaign.mail_writing import Written
from storage.campaign.mails import Member
from storage.campaign.usage import Attempt
from storage.crypto import Key
from storage.documents import new_id
from storage.records import (
    Brief,
    CampaignStatus,
    Criteria,
    Draft,
    Finding,
    Letter,
    Mail,
    MailState,
    Paragraph,
    Purpose,
    Recipient,
)
from storage.scope import Scope
from storage.session import Session
from tasks.rules.checks import risk

BRIEF = Brief("Tell them of the engine.", links={"demo": "https://engines.example/demo"})


def opened(
    session: Session, scope: Scope, connection_id: str = "", *, name: str = "Spring letter", budget_id: str = ""
) -> Campaign:
    new = NewCampaign(new_id(), new_id(), name, BRIEF, Criteria(tags=("friends",)), connection_id, budget_id=budget_id)
    return campaigns.open_campaign(session, scope, new)


def key_of(session: Session, scope: Scope, campaign_id: str) -> Key:
    return campaigns.demand_body_key(session, scope, campaign_id)


def member(number: int, *, address: str = "", reason: str = "") -> Member:
    address = address or f"person{number}@engines.example"
    recipient = Recipient(address, f"Person {number}", {"given_name": f"P{number}"})
    return Member(new_id(), Draft(recipient), f"hash of number {number}", reason)


def letter(text: str = "We built an engine.") -> Letter:
    return Letter("An engine", "Dear Person", (Paragraph(text),))


def written(mail: Mail, content: bytes = b"Subject: An engine\r\n\r\nDear Person", *findings: Finding) -> Written:
    assert mail.draft is not None
    draft = Draft(mail.draft.recipient, letter(), tuple(findings))
    blocked = any(finding.severity == "block" for finding in findings)
    state = MailState.BLOCKED if blocked else MailState.GENERATED
    return Written(mail.id, mail.version, draft, content, state, risk=risk(findings))


def frozen(session: Session, scope: Scope, members: Sequence[Member], connection_id: str = "") -> Campaign:
    campaign = opened(session, scope, connection_id)
    key = key_of(session, scope, campaign.id)
    mails.freeze(session, scope, campaign.id, key, members, mailbox=campaign.mailbox)
    return campaign


def waiting(session: Session, scope: Scope, count: int = 3, connection_id: str = "") -> Campaign:
    """A campaign whose mails are written and wait for a person."""
    campaign = frozen(session, scope, [member(number) for number in range(1, count + 1)], connection_id)
    key = key_of(session, scope, campaign.id)
    for mail in mails.every(session, scope, campaign.id, key):
        mail_writing.write(session, scope, campaign.id, key, [written(mail, f"to {mail.ordinal}".encode())])
    digest = mails.digest(session, scope, campaign.id)
    campaigns.move(
        session, scope, campaign.id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.REVIEW, digest=digest,
        audience=count,
    )  # fmt: skip
    return campaigns.campaign(session, scope, campaign.id)


def attempt(worst: str | None = "0.10", *, campaign_id: str = "", mail_id: str = "") -> Attempt:
    return Attempt(
        Purpose.GENERATE, "openai", "gpt-x", Decimal(worst) if worst else None, campaign_id=campaign_id, mail_id=mail_id
    )


def budgeted(session: Session, scope: Scope, limit: str | None = "1.00", subject: str = "campaign/1") -> str:
    return usage.open_budget(session, scope, subject, limit=Decimal(limit) if limit else None).id
