"""Organizations and their users: where a `Scope` comes from.

The only repository whose functions do without a scope, for they make one.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.exc import IntegrityError

from storage import audit, row_security
from storage.campaign.campaigns import UnknownCampaign
from storage.documents import new_id, now
from storage.organization.connections import UnknownConnection
from storage.organization.schedules import UnknownSchedule
from storage.people.contacts import UnknownContact
from storage.people.twins import UnknownTwins
from storage.records import Role
from storage.scope import Scope, of_organization, scoped
from storage.session import Session
from storage.sync.syncs import UnknownSync
from storage.tables import (
    campaign_emails,
    contact_syncs,
    contact_twins,
    email_campaigns,
    oauth_connections,
    objects,
    organizations,
    sync_schedules,
    users,
)


class UnknownTenant(Exception):
    """No such organization or user. The text says how to make one."""


class AlreadyThere(Exception):
    pass


@dataclass(frozen=True, slots=True)
class User:
    id: str
    email: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Organization:
    id: str
    slug: str
    name: str


def slug_of(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:80]


def add_organization(session: Session, name: str) -> Organization:
    slug = slug_of(name)
    if not slug:
        raise UnknownTenant(f"{name!r} gives no usable short name: use some letters or digits")
    row: dict[str, Any] = {"id": new_id(), "slug": slug, "name": name.strip(), "created_at": now()}
    session.enter(row["id"])
    try:
        session.execute(insert(organizations).values(row))
    except IntegrityError:
        raise AlreadyThere(f"there is an organization {slug!r} already") from None
    return Organization(row["id"], slug, row["name"])


def add_user(session: Session, organization: str, email: str, *, role: Role, name: str = "") -> User:
    owner = organization_named(session, organization)
    user = User(new_id(), email.strip().lower(), name, role)
    try:
        session.execute(
            insert(users).values(
                id=user.id, organization_id=owner.id, email=user.email, name=name, role=role, created_at=now()
            )
        )
    except IntegrityError:
        raise AlreadyThere(f"{email} is a user of {organization!r} already") from None
    audit.record(session, Scope(owner.id, user.id, role), actor="terminal", action="user.added", subject=user.id)
    return user


def organization_named(session: Session, slug: str) -> Organization:
    """By its short name, or by the name it was made from."""
    found = session.execute(row_security.directory(session, slug_of(slug))).one_or_none()
    if found is None:
        raise UnknownTenant(f"there is no organization {slug!r}: `contactflow org add NAME` makes one")
    session.enter(found.id)
    return Organization(found.id, found.slug, found.name)


def organizations_all(session: Session) -> list[Organization]:
    return [Organization(row.id, row.slug, row.name) for row in session.execute(row_security.directory(session))]


@scoped
def slug_of_scope(session: Session, scope: Scope) -> str:
    query = select(organizations.c.slug).where(organizations.c.id == scope.organization_id)
    return str(session.execute(query).scalar_one())


def scope_of(session: Session, organization: str, email: str) -> Scope:
    owner = organization_named(session, organization)
    found = session.execute(
        select(users).where(users.c.organization_id == owner.id, users.c.email == email.strip().lower())
    ).one_or_none()
    if found is None:
        raise UnknownTenant(
            f"{email} is no user of {organization!r}: `contactflow user add {email} --org {organization}` makes one"
        )
    return _scope(found)


def whole_organization(session: Session, organization: str) -> Scope:
    """The operator at the terminal looks at an organization as its admins do."""
    return Scope(organization_named(session, organization).id, "", Role.ADMIN)


def scope_of_sync(session: Session, sync_id: str) -> Scope:
    """The scope of the user whom a sync belongs to: what its flow run acts with."""
    found = _user_behind(session, contact_syncs, sync_id)
    if found is None:
        raise UnknownSync(f"no sync {sync_id}: `contactflow syncs --org …` lists them")
    return _scope(found)


def scope_of_campaign(session: Session, campaign_id: str) -> Scope:
    """As `scope_of_sync`, for a campaign."""
    found = _user_behind(session, email_campaigns, campaign_id)
    if found is None:
        raise UnknownCampaign(f"no campaign {campaign_id}: `contactflow campaigns --org …` lists them")
    return _scope(found)


def scope_of_mail(session: Session, mail_id: str) -> tuple[Scope, str] | None:
    """Whose mail it is and of which campaign, for those who hold a signed link of it and nothing else."""
    row_security.enter_owner_of(session, campaign_emails, mail_id)
    found = session.execute(
        select(campaign_emails.c.organization_id, campaign_emails.c.campaign_id).where(campaign_emails.c.id == mail_id)
    ).one_or_none()
    return (Scope(found.organization_id, "", Role.ADMIN), found.campaign_id) if found else None


def scope_of_contact(session: Session, object_id: str) -> Scope:
    """For the operator at the terminal, who names a contact by nothing but its id."""
    found = _organization_behind(session, objects, object_id)
    if found is None:
        raise UnknownContact(f"no contact {object_id}: `contactflow contacts --org …` lists them")
    return Scope(found, "", Role.ADMIN)


def scope_of_twins(session: Session, twins_id: str) -> Scope:
    """As `scope_of_contact`, for a pair of contacts."""
    found = _organization_behind(session, contact_twins, twins_id)
    if found is None:
        raise UnknownTwins(f"no pair {twins_id}: `contactflow twins --org …` lists them")
    return Scope(found, "", Role.ADMIN)


def scope_of_connection(session: Session, connection_id: str) -> Scope:
    """As `scope_of_contact`, for a connection."""
    found = _user_behind(session, oauth_connections, connection_id)
    if found is None:
        raise UnknownConnection(f"no connection {connection_id}: `contactflow connections --org …` lists them")
    return _scope(found)


def scope_of_schedule(session: Session, schedule_id: str) -> Scope:
    """As `scope_of_contact`, for a schedule: the scope of the user whom its syncs are for."""
    found = _user_behind(session, sync_schedules, schedule_id)
    if found is None:
        raise UnknownSchedule(f"no schedule {schedule_id}: `contactflow schedule list --org …` lists them")
    return _scope(found)


@scoped
def users_of(session: Session, scope: Scope) -> list[User]:
    rows = session.execute(select(users).where(of_organization(users, scope)).order_by(users.c.email))
    return [User(row.id, row.email, row.name, Role(row.role)) for row in rows]


@scoped
def member(session: Session, scope: Scope, email: str) -> User | None:
    return next((user for user in users_of(session, scope) if user.email == email.strip().lower()), None)


def _scope(row: Row[Any]) -> Scope:
    return Scope(row.organization_id, row.id, Role(row.role))


def _user_behind(session: Session, table: Table, row_id: str) -> Row[Any] | None:
    """The user whom a row belongs to; from here on the session is in their organization."""
    row_security.enter_owner_of(session, table, row_id)
    query = select(users).join(table, table.c.user_id == users.c.id).where(table.c.id == row_id)
    return session.execute(query).one_or_none()


def _organization_behind(session: Session, table: Table, row_id: str) -> str | None:
    """As `_user_behind`, for rows that belong to nobody in particular."""
    row_security.enter_owner_of(session, table, row_id)
    return session.execute(select(table.c.organization_id).where(table.c.id == row_id)).scalar_one_or_none()
