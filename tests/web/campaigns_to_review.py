"""Campaigns as reviewers meet them: invented people, mails that say something, some of which should not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import text

from storage.campaign import campaigns, mail_writing, mails, tallies, usage
from storage.campaign.campaigns import Campaign, NewCampaign
from storage.campaign.mails import Member
from storage.campaign.usage import Attempt, Result
from storage.documents import new_id, now
from storage.people import contacts
from storage.records import (
    Brief,
    CampaignStatus,
    Contact,
    Cost,
    Criteria,
    Draft,
    Forecast,
    Letter,
    Mail,
    Paragraph,
    Purpose,
    TokenCounts,
    UsageState,
)
from storage.scope import Scope
from storage.session import Session
from tasks.campaign.rendering import judged, renderer_of
from tasks.rules.checks import Crowd
from tasks.rules.facts import recipient_of
from tests.web.plans_to_review import invented

BRIEF = Brief(
    "Invite the person to our workshop.", language="en", sender="Ann of Acme",
    links={"visit": "https://acme.example/visit", "map": "https://acme.example/map"},
    facts=("Acme opens its workshop to visitors on the first Friday of each month.",),
)  # fmt: skip
SUBJECTS = ("Come and see our workshop", "A Friday in the workshop", "An invitation from Acme")
BLOCKED, WARNED, WRITTEN, EXCLUDED = 2, 5, 24, 5  # of the campaign that waits
HOSTILE = (
    "<script>alert(1)</script><img src=https://evil.example/pixel.gif>"
    "<form action=https://evil.example><input name=password></form>"
    "<style>body{position:fixed}</style><iframe src=https://evil.example></iframe>"
)


def letter_for(mail: Mail, number: int) -> Letter:
    """Every tenth has a placeholder, every fifth shouts."""
    assert mail.draft
    facts = mail.draft.recipient.facts
    first = f"we open our workshop to visitors on the first Friday of each month, and thought of {facts['company']}."
    if number % 10 == 9:
        first += " As [Name] you will like it."
    elif number % 5 == 3:
        first += " PLEASE COME AND VISIT US SOON, EVERYBODY IS WELCOME HERE."
    return Letter(
        SUBJECTS[number % len(SUBJECTS)], f"Dear {facts['given_name']},",
        (Paragraph(first, ("company", "us_1")), Paragraph("You will find us [here]({{link:map}}).", ())),
        cta_key="visit", language="en",
    )  # fmt: skip


def audience(session: Session, scope: Scope, count: int, excluded: int) -> list[Member]:
    people = [Contact(new_id(), 1, invented(number), {}) for number in range(count + excluded)]
    contacts.create(session, scope, people)
    members = [
        Member(one.id, Draft(recipient_of(one, address=one.person.emails[0].value)), f"hash {one.id}") for one in people
    ]
    reasons = ("unsubscribed", "no address", "written to 3 days ago")
    return members[:count] + [
        Member(one.object_id, reason=reasons[number % len(reasons)]) for number, one in enumerate(members[count:])
    ]


def written_campaign(
    session: Session, scope: Scope, count: int = 24, *, excluded: int = 5, connection_id: str = "", budget: str = "2"
) -> Campaign:
    """Waits for its review: written by a model, checked, with what it cost."""
    campaign = _opened(session, scope, audience(session, scope, count, excluded), connection_id, budget)
    key = campaigns.demand_body_key(session, scope, campaign.id)
    pending = list(mails.every(session, scope, campaign.id, key, states=["pending"]))
    crowd = Crowd.of(mail.draft.recipient for mail in pending if mail.draft)
    renderer = renderer_of(session, scope, campaign)
    letters = [judged(renderer, mail, letter_for(mail, mail.ordinal), crowd) for mail in pending]
    mail_writing.write(session, scope, campaign.id, key, letters)
    for mail in pending:
        _pay(session, scope, campaign, mail)
    return _waiting(session, scope, campaign, count)


def large_campaign(session: Session, scope: Scope, count: int) -> Campaign:
    """Many mails of which only the rows are there."""
    campaign = _opened(session, scope, audience(session, scope, count, 0), "", "20")
    session.execute(
        text(
            "UPDATE campaign_emails SET state = 'generated', content_hash = 'a hash', "
            "risk = CASE ordinal % 100 WHEN 0 THEN 10 ELSE 0 END"
        )
    )
    return _waiting(session, scope, campaign, count)


def hostile(session: Session, scope: Scope, campaign: Campaign, ordinal: int, html: str = HOSTILE) -> Mail:
    """A mail whose final bytes hold what none of ours ever would."""
    key = campaigns.demand_body_key(session, scope, campaign.id)
    mail = mails.mail(session, scope, campaign.id, str(ordinal), key)
    assert mail.draft
    assert mail.draft.letter
    letter = replace(mail.draft.letter, subject=HOSTILE)
    body = f"Subject: hello\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>{html}".encode()
    draft = replace(mail.draft, letter=letter, recipient=replace(mail.draft.recipient, name=HOSTILE))
    mail_writing.write(session, scope, campaign.id, key, [mail_writing.Written(mail.id, mail.version, draft, body)])
    return mails.mail(session, scope, campaign.id, str(ordinal), key)


def _opened(
    session: Session, scope: Scope, members: Sequence[Member], connection_id: str, budget: str
) -> Campaign:  # fmt: skip
    campaign_id = new_id()
    kept = usage.open_budget(session, scope, f"campaign/{campaign_id}", limit=Decimal(budget))
    new = NewCampaign(campaign_id, new_id(), "Visit our workshop", BRIEF, Criteria(tags=("customer",)), connection_id,
                      model="gpt-5.4-mini", budget_id=kept.id)  # fmt: skip
    campaign = campaigns.open_campaign(session, scope, new)
    key = campaigns.demand_body_key(session, scope, campaign.id)
    mails.freeze(session, scope, campaign.id, key, members, mailbox=campaign.mailbox)
    return campaign


def _pay(session: Session, scope: Scope, campaign: Campaign, mail: Mail) -> None:
    attempt = Attempt(
        Purpose.GENERATE, "openai", campaign.model, Decimal("0.004"), campaign_id=campaign.id, mail_id=mail.id
    )
    begun = usage.reserve(session, scope, campaign.budget_id, attempt)
    usage.settle(
        session, scope, begun, Result(UsageState.OK, TokenCounts(900, output=220), Cost(Decimal("0.0021"), {}))
    )


def _waiting(session: Session, scope: Scope, campaign: Campaign, count: int) -> Campaign:
    found = Forecast(count, Decimal("0.03"), Decimal("0.08"), 900 * count, 220 * count, 2.0 * count, 1)
    campaigns.keep_forecast(session, scope, campaign.id, found)
    campaigns.move(
        session, scope, campaign.id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.REVIEW,
        digest=mails.digest(session, scope, campaign.id), expires_at=now() + timedelta(days=7),
    )  # fmt: skip
    tallies.keep(session, scope, campaign.id)
    return campaigns.campaign(session, scope, campaign.id)
