"""The same as JSON, for scripts: reached with the session's cookie, described by /api/openapi.json.

Nothing is done here, only told. Who is looked for by name is looked for by POST, with the token of `/api/session`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.responses import Response

from storage.campaign import campaigns
from storage.campaign.campaigns import Campaign
from storage.organization import connections
from storage.people import contacts
from storage.records import CampaignStatistics, CampaignStatus, ConnectionStatus, Provider, Statistics, SyncStatus
from storage.sync import marks, plans, syncs
from storage.sync.syncs import Sync
from tasks.providers.access.applications import paused
from web.connections import healths
from web.sync.groups import counted, tally
from web.visits import Visit, number_of

PAGE = 100
Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class SessionTold:
    """Who is signed in. `csrf` goes with every POST."""

    email: str
    organization: str
    role: str
    csrf: str


@dataclass(frozen=True, slots=True)
class SyncTold:
    """While it is open, `maybe` of those counted as updated are matches that somebody has to confirm first."""

    id: str
    status: SyncStatus
    provider: Provider
    connection_id: str
    trigger: str
    decision: str
    statistics: Statistics
    maybe: Count
    error: str
    created_at: datetime
    expires_at: datetime | None
    completed_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupTold:
    """`waiting` are the rows that nobody has decided about yet."""

    group: str
    title: str
    total: Count
    waiting: Count


@dataclass(frozen=True, slots=True)
class PlanTold:
    """What approving the plan of this digest would write and leave out; `pulse` changes with every decision."""

    sync: SyncTold
    digest: str
    pulse: str
    would_write: Count
    would_leave: Count
    groups: Sequence[GroupTold]


@dataclass(frozen=True, slots=True)
class CampaignTold:
    id: str
    name: str
    status: CampaignStatus
    model: str
    statistics: CampaignStatistics
    total_cost: Decimal
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConnectionTold:
    id: str
    provider: Provider
    account: str
    status: ConnectionStatus
    health: str
    cause: str
    synced_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactTold:
    id: str
    name: str
    email: str
    company: str
    job_title: str
    updated_at: datetime | None


def session(visit: Visit) -> Response:
    known = visit.known
    return told(SessionTold(known.email, known.organization, known.scope.role.value, visit.csrf))


def list_syncs(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        return told([_sync(one) for one in syncs.syncs(session, visit.scope, limit=PAGE)])


def plan(visit: Visit) -> Response:
    sync_id = visit.part("sync_id")
    with visit.context.store.read() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
        counts = plans.counts(session, visit.scope, sync_id)
        beat = marks.pulse(session, visit.scope, sync_id)
    groups = [GroupTold(one.group.key, one.group.title, one.total, one.waiting) for one in counted(counts)]
    sums = tally(counts)
    return told(PlanTold(_sync(sync), sync.digest, beat, sums.approve, sums.leave, groups))


def list_campaigns(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        return told([_campaign(one) for one in campaigns.campaigns(session, visit.scope, limit=PAGE)])


def show_campaign(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        return told(_campaign(campaigns.campaign(session, visit.scope, visit.part("campaign_id"))))


def list_connections(visit: Visit) -> Response:
    with visit.context.store.read() as session:
        found = connections.connections(session, visit.scope)
        pauses = paused(session)
    health = healths(found, pauses)
    causes = {one.id: one.cause or pauses.get(one.provider, "") for one in found}
    return told([
        ConnectionTold(one.id, one.provider, one.account, one.status, health[one.id], causes[one.id], one.synced_at)
        for one in found
    ])  # fmt: skip


def search_contacts(visit: Visit) -> Response:
    words, offset = visit.form.one("words").strip()[:200], number_of(visit.form.one("from"))
    with visit.context.store.read() as session:
        found = contacts.search(session, visit.scope, words, limit=PAGE, offset=offset)
    return told([
        ContactTold(one.id, one.person.display_name, one.person.emails[0].value if one.person.emails else "",
                    one.person.company, one.person.job_title, one.updated_at)
        for one in found
    ])  # fmt: skip


def told(answer: Any, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def _sync(sync: Sync) -> SyncTold:
    return SyncTold(
        sync.id, sync.status, sync.provider, sync.connection_id, sync.trigger, sync.decision, sync.statistics,
        sync.maybe if sync.is_open else 0, sync.error, sync.created_at, sync.expires_at,
        sync.completed_at, sync.undone_at,
    )  # fmt: skip


def _campaign(campaign: Campaign) -> CampaignTold:
    return CampaignTold(
        campaign.id, campaign.name, campaign.status, campaign.model, campaign.statistics, campaign.total_cost,
        campaign.created_at, campaign.completed_at,
    )  # fmt: skip
