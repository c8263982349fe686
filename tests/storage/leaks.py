"""What a stranger was answered and what they changed: how one sees that nothing leaked."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from storage import row_security
from storage.campaign import campaigns, mails, segments, templates
from storage.crypto import Key
from storage.deciding import CannotDecide
from storage.organization import connections, schedules
from storage.organization.connections import StoredTokens
from storage.people import contacts, merging, twins
from storage.reporting import notices
from storage.scope import NotAllowed, Scope
from storage.session import Session
from storage.sync import opening, syncs
from storage.tables import metadata
from tests.storage.isolation import World

REFUSALS = (
    connections.UnknownConnection,
    contacts.UnknownContact,
    syncs.UnknownSync,
    syncs.RunIsOver,
    campaigns.UnknownCampaign,
    campaigns.CampaignIsOver,
    mails.UnknownMail,
    notices.UnknownTarget,
    schedules.UnknownSchedule,
    segments.UnknownSegment,
    templates.UnknownTemplate,
    NoResultFound,
    CannotDecide,
    merging.CannotMerge,
    merging.CannotUnmerge,
    twins.UnknownTwins,
    NotAllowed,
)


def answer(session: Session, call: Callable[[Session, Scope, World], Any], scope: Scope, theirs: World) -> Any:
    try:
        given = call(session, scope, theirs)
        return list(given) if isinstance(given, Iterator) else given
    except (*REFUSALS, opening.AlreadyOpen, IntegrityError):
        return None


def says_nothing_of(world: World, given: Any) -> bool:
    if given is None or isinstance(given, (bool, int, Counter)):
        return not given
    if isinstance(given, (Key, datetime, StoredTokens)):
        return False
    text = repr(given).lower()
    return world.mark not in text and not any(one in text for one in world.ids)


def rows_of(session: Session, world: World) -> dict[str, list[tuple[Any, ...]]]:
    organization = world.scope.organization_id
    return {
        table.name: sorted(map(tuple, session.execute(select(table).where(owner(table) == organization))), key=repr)
        for table in metadata.sorted_tables
        if table.name not in row_security.SHARED_TABLES
    }


def owner(table: Table) -> Any:
    return table.c.organization_id if "organization_id" in table.c else table.c.id


def references_across(session: Session) -> list[str]:
    """Columns that refer to a row of another organization."""
    found = []
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            parent = key.referred_table.alias()
            if "organization_id" not in parent.c:
                continue
            here, there = next((e.parent, e.column) for e in key.elements if e.parent.name != "organization_id")
            crossing = select(func.count()).where(
                here == parent.c[there.name], table.c.organization_id != parent.c.organization_id
            )
            if session.execute(crossing).scalar_one():
                found.append(f"{table.name}.{here.name}")
    return found
