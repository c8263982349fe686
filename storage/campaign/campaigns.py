"""Campaigns: who started them, where they stand, what they hold sealed, and what became of them.

A status moves by compare-and-set only. All that is personal in a campaign is sealed with a key of its own: destroy
it, and the mails are gone, in backups too; hashes, counts and costs remain.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Insert, Select, Update, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.crypto import Key, bound_to
from storage.documents import encode, now
from storage.organization import connections
from storage.records import Brief, CampaignStatistics, CampaignStatus, Criteria, Forecast, Role
from storage.scope import Scope, scoped, visible, visible_to
from storage.session import Session
from storage.shapes import Shape, or_empty
from storage.tables import LIVE_STATUSES
from storage.tables import email_campaigns as table

SMTP = "smtp"

_brief = msgspec.json.Decoder(Brief)


class UnknownCampaign(Exception):
    pass


class CampaignExists(Exception):
    """A campaign with this id was begun before, or just now."""


class CampaignIsOver(Exception):
    """The campaign's mails are deleted: it was ended meanwhile, or their retention is over."""


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """`connection_id` names the mailbox that it is sent from; without one, it goes by SMTP."""

    id: str
    flow_run_id: str
    name: str
    brief: Brief
    criteria: Criteria
    connection_id: str = ""
    model: str = ""
    prompt_version: str = ""
    template_id: str = ""
    budget_id: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    flow_run_id: str
    organization_id: str
    user_id: str
    connection_id: str
    mailbox: str
    name: str
    status: CampaignStatus
    criteria: Criteria
    brief_hash: str
    template_id: str
    model: str
    prompt_version: str
    budget_id: str
    forecast: Forecast | None
    digest: str
    warnings: tuple[str, ...]
    error: str
    decision: str
    decided_by: str
    decision_proven: bool
    comment: str
    review_round: int
    statistics: CampaignStatistics
    total_cost: Decimal
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    decided_at: datetime | None
    resume_at: datetime | None
    sending_since: datetime | None
    completed_at: datetime | None
    forget_at: datetime | None
    forgotten_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.status in LIVE_STATUSES

    @property
    def has_begun(self) -> bool:
        """Until its flow run starts, a prepared campaign has its own id as `flow_run_id`."""
        return self.flow_run_id != self.id


shape = Shape(
    Campaign, table, CampaignStatistics,
    connection_id=or_empty, template_id=or_empty, budget_id=or_empty, forecast=lambda stored: stored or None,
)  # fmt: skip


@cache
def _newest(role: Role) -> Select[Any]:
    newest = shape.where(visible_to(table, role)).order_by(table.c.created_at.desc())
    return newest.limit(bindparam("most"))


@scoped
def open_campaign(session: Session, scope: Scope, new: NewCampaign) -> Campaign:
    if new.connection_id:
        connections.connection(session, scope, new.connection_id)  # nobody writes from a mailbox that is not theirs
    try:
        with session.connection.begin_nested():
            session.execute(_opening(session, scope, new))
    except IntegrityError:
        raise CampaignExists(f"campaign {new.id} was begun already") from None
    return campaign(session, scope, new.id)


def _opening(session: Session, scope: Scope, new: NewCampaign) -> Insert:
    moment = now()
    return insert(table).values(
        id=new.id,
        organization_id=scope.organization_id,
        user_id=scope.user_id,
        connection_id=new.connection_id or None,
        mailbox=new.connection_id or SMTP,
        flow_run_id=new.flow_run_id,
        name=new.name,
        status=CampaignStatus.DRAFT,
        criteria=asdict(new.criteria),
        template_id=new.template_id or None,
        model=new.model,
        prompt_version=new.prompt_version,
        budget_id=new.budget_id or None,
        created_at=moment,
        updated_at=moment,
        **_sealed(session, scope, new),
    )


@scoped
def campaign(session: Session, scope: Scope, campaign_id: str) -> Campaign:
    found = session.execute(shape.where(visible(table, scope), table.c.id == campaign_id)).one_or_none()
    if found is None:
        raise UnknownCampaign(f"no campaign {campaign_id}: `contactflow campaigns --org …` lists them")
    return shape.of(found)


@scoped
def campaigns(session: Session, scope: Scope, *, limit: int = 100) -> list[Campaign]:
    rows = session.execute(_newest(scope.role), scope.names | {"most": limit})
    return shape.all(rows)


@scoped
def of_run(session: Session, scope: Scope, flow_run_id: str) -> Campaign | None:
    row = session.execute(shape.where(visible(table, scope), table.c.flow_run_id == flow_run_id)).one_or_none()
    return shape.of(row) if row else None


@scoped
def move(
    session: Session,
    scope: Scope,
    campaign_id: str,
    *,
    expected: Sequence[CampaignStatus],
    to: CampaignStatus,
    **values: Any,
) -> bool:
    """True if this caller moved it; False if it was no longer in one of `expected`."""
    moment = now()
    if to is CampaignStatus.SENDING:
        values |= {"sending_since": moment}
    moved = session.execute(
        _one(scope, campaign_id).where(table.c.status.in_(expected)).values(status=to, updated_at=moment, **values)
    )
    return moved.rowcount == 1


@scoped
def note(session: Session, scope: Scope, campaign_id: str, **values: Any) -> None:
    """Store `values`; sets `updated_at`, which also serves as heartbeat."""
    session.execute(_one(scope, campaign_id).values(updated_at=now(), **values))


@scoped
def is_at(session: Session, scope: Scope, campaign_id: str, *statuses: CampaignStatus) -> bool:
    """Whether the status is still this; sets `updated_at` as heartbeat and locks the row until the transaction ends."""
    here = session.execute(_one(scope, campaign_id).where(table.c.status.in_(statuses)).values(updated_at=now()))
    return here.rowcount == 1


@scoped
def keep_forecast(session: Session, scope: Scope, campaign_id: str, forecast: Forecast) -> None:
    note(session, scope, campaign_id, forecast=msgspec.to_builtins(forecast))


@scoped
def body_key(session: Session, scope: Scope, campaign_id: str) -> Key | None:
    """None once the key was destroyed."""
    sealed = session.execute(
        select(table.c.body_key).where(visible(table, scope), table.c.id == campaign_id)
    ).scalar_one_or_none()
    return session.keyring.run_key(sealed, _place(scope, campaign_id, "body_key")) if sealed else None


@scoped
def demand_body_key(session: Session, scope: Scope, campaign_id: str) -> Key:
    key = body_key(session, scope, campaign_id)
    if key is None:
        raise CampaignIsOver(f"the mails of campaign {campaign_id} are no longer kept")
    return key


@scoped
def brief(session: Session, scope: Scope, campaign_id: str) -> Brief:
    key = demand_body_key(session, scope, campaign_id)
    sealed = session.execute(select(table.c.brief).where(visible(table, scope), table.c.id == campaign_id)).scalar_one()
    return _brief.decode(key.open(sealed, _place(scope, campaign_id, "brief")))


@scoped
def forget(session: Session, scope: Scope, campaign_id: str) -> None:
    """Destroy the key, and the name that somebody gave it, which may tell what it was about."""
    note(session, scope, campaign_id, body_key=None, brief=None, name="", forgotten_at=now())


def _sealed(session: Session, scope: Scope, new: NewCampaign) -> dict[str, Any]:
    """The brief under a key of the campaign's own, and what tells whether two briefs are the same."""
    brief, place = encode(new.brief), _place(scope, new.id, "body_key")
    key = session.keyring.new_run_key(place)
    sealed = session.keyring.run_key(key, place).seal(brief, _place(scope, new.id, "brief"))
    return {"body_key": key, "brief": sealed, "brief_hash": session.keyring.keyed_hash(brief.decode())}


def _one(scope: Scope, campaign_id: str) -> Update:
    return update(table).where(visible(table, scope), table.c.id == campaign_id)


def _place(scope: Scope, campaign_id: str, column: str) -> str:
    return bound_to(scope.organization_id, table.name, campaign_id, column)
