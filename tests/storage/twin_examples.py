"""Two contacts that are perhaps one person, with links, a history, answers and letters; and all that is kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from storage.documents import new_id, now
from storage.people import actions, decisions, links, merging, twins
from storage.people.actions import Action
from storage.records import (
    CampaignStatus,
    Contact,
    Labelled,
    MailState,
    Match,
    Person,
    Provider,
    StoredLink,
    Verdict,
)
from storage.scope import Scope
from storage.session import Session
from storage.tables import (
    campaign_emails,
    email_campaigns,
    match_decisions,
    object_links,
    objects,
)
from tests.storage.examples import ADA, kept

MONTH = timedelta(days=30)
SAME_ADA = replace(ADA, emails=(Labelled("ada@home.example", "home"),), notes="met at the fair")


def proposed(session: Session, scope: Scope, one: Contact, other: Contact, verdict: Verdict = Verdict.MAYBE) -> str:
    match = Match(one.id, other.id, verdict, 0.8, "same given name, same family name")
    twins.propose(session, scope, [match], {one.id: one.version, other.id: other.version})
    (found,) = twins.twins(session, scope)
    return found.id


def merged(session: Session, scope: Scope, twins_id: str, person: Person | None = None, **how: Any) -> merging.Pair:
    pair = merging.open_pair(session, scope, twins_id, **how)
    whole = person or replace(pair.kept.person, emails=(*pair.kept.person.emails, *pair.gone.person.emails))
    after = replace(pair.kept, version=pair.kept.version + 1, person=whole, pipeline="sales", stage="won")
    merging.merge(session, scope, pair, after, by="ann", undo_for=MONTH)
    return pair


def two(session: Session, scope: Scope) -> tuple[Contact, Contact]:
    """Each with links, a history, answers that people gave, and letters of one campaign that wrote to both."""
    one, other = kept(session, scope, ADA), kept(session, scope, SAME_ADA)
    campaigns = [campaign(session, scope), campaign(session, scope)]
    for number, contact in enumerate((one, other)):
        links.write(session, scope, [StoredLink(f"s{number}", contact.id, Provider.GOOGLE, "g", contact.person)])
        actions.note(session, scope, [Action(contact.id, "created", "ann")])
        letter(session, scope, campaigns[0], contact, number)
        for source in ("shared", f"asked {number}"):
            decisions.remember(
                session, scope, account="g", source_id=source, object_id=contact.id, verdict=Verdict.DIFFERENT,
                decided_by="ann",
            )  # fmt: skip
    letter(session, scope, campaigns[1], other, 2)
    return one, other


def campaign(session: Session, scope: Scope) -> str:
    campaign_id = new_id()
    session.execute(
        insert(email_campaigns).values(
            id=campaign_id, organization_id=scope.organization_id, user_id=scope.user_id, mailbox="smtp",
            flow_run_id=new_id(), status=CampaignStatus.SENDING, created_at=now(), updated_at=now(),
        )
    )  # fmt: skip
    return campaign_id


def letter(session: Session, scope: Scope, campaign_id: str, contact: Contact, ordinal: int) -> None:
    session.execute(
        insert(campaign_emails).values(
            id=new_id(), organization_id=scope.organization_id, campaign_id=campaign_id, ordinal=ordinal,
            object_id=contact.id, state=MailState.PENDING, mailbox="smtp", updated_at=now(),
        )
    )  # fmt: skip


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """But for what only ever grows, and for the number of the version that somebody may have seen."""
    ours = (objects, object_links, match_decisions, campaign_emails)
    return {
        table.name: sorted(
            (
                tuple(repr(value) for name, value in row._mapping.items() if name not in {"version", "updated_at"})
                for row in session.execute(select(table))
            ),
        )
        for table in ours
    }


def owners(session: Session, table: Any) -> list[str]:
    return list(session.execute(select(table.c.object_id).order_by(table.c.id)).scalars())
