"""Lookups in earlier mails: recently written-to addresses, and letters already paid for."""

from datetime import datetime

from sqlalchemy import select

from storage.campaign import campaigns, mails
from storage.records import Letter
from storage.scope import Scope, of_organization, scoped, visible
from storage.session import Session
from storage.tables import campaign_emails as table
from storage.tables import email_campaigns


@scoped
def written_to_since(session: Session, scope: Scope, moment: datetime) -> set[str]:
    """Keyed hashes of the addresses to which the organization sent a mail after `moment`."""
    rows = session.execute(
        select(table.c.address_hash).where(of_organization(table, scope), table.c.submitted_at > moment).distinct()
    )
    return set(rows.scalars())


@scoped
def same_question(session: Session, scope: Scope, prompt_hash: str) -> Letter | None:
    """The newest letter with the same prompt hash, so that the same prompt is not paid for twice."""
    row = session.execute(
        select(table.c.id, table.c.campaign_id)
        .join(email_campaigns, email_campaigns.c.id == table.c.campaign_id)
        .where(visible(email_campaigns, scope), email_campaigns.c.body_key.is_not(None))
        .where(of_organization(table, scope), table.c.prompt_hash == prompt_hash, table.c.draft.is_not(None))
        .order_by(table.c.updated_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    key = campaigns.body_key(session, scope, row.campaign_id)
    draft = mails.mail(session, scope, row.campaign_id, row.id, key).draft
    return draft.letter if draft else None
