"""What sending and reconciling share: the mailbox, its limits, and how long each step may take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage.campaign import campaigns, mailboxes, outbox
from storage.campaign.campaigns import Campaign
from storage.campaign.claims import Outcome
from storage.crypto import Key
from storage.documents import new_id
from storage.organization import connections, organization_settings, tenants
from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus, OrganizationSettings
from storage.scope import Scope
from storage.session import Session, Store
from tasks.providers.base import NeedsReconnect, ProviderError
from tasks.providers.mail.mailer import Busy
from tasks.providers.polite_client import Chance
from tasks.rules.pacing import Limits, limits_of


@dataclass(frozen=True, slots=True)
class Terms:
    """How long each step of sending may take."""

    # How long a worker holds a mail before its submission. Short is safe: a slower worker finds at the submission that
    # its claim was taken over, and drops the mail.
    hold: timedelta = timedelta(minutes=1)
    # How long a claim lasts from the submission on: longer than any answer is waited for. An SMTP server has three
    # minutes for its last reply; whoever takes the mail over before that must call it `unknown`. A missing heartbeat
    # shortens nothing, since what a dead process has handed over is still under way.
    claim: timedelta = timedelta(minutes=4)
    # How long a dead worker keeps its slot at the mailbox.
    place: timedelta = timedelta(minutes=1)
    # From the submission on: longer than a sent mail can stay invisible in the mailbox.
    grace: timedelta = timedelta(minutes=5)
    # Seconds to wait before each look-up of a mail of unclear outcome.
    looks: Sequence[float] = (0, 1, 2, 4)
    # When the next look-up is due after one that failed.
    again: timedelta = timedelta(seconds=30)
    # Attempts for a mail that was never submitted.
    attempts: int = 6
    # The longest pause that is slept through rather than suspending the run.
    patience: timedelta = timedelta(minutes=2)
    # How often sending pauses to read the mailbox, where bounces arrive.
    look_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Post:
    """The context of sending a campaign from one mailbox. `worker` identifies the process."""

    store: Store
    scope: Scope
    campaign_id: str
    mailbox: str
    connection: ConnectionInfo | None
    key: Key
    rules: OrganizationSettings
    limits: Limits
    actor: str
    worker: str
    terms: Terms
    chance: Chance

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.chance.clock(), UTC)

    def settle(self, outcomes: Sequence[Outcome]) -> None:
        with self.store.begin() as session:
            outbox.settle(session, self.scope, outcomes, actor=self.actor)

    def mark_for_reconnect(self, trouble: ProviderError) -> None:
        """Mark the connection for reconnecting if its owner can repair it; not if only operators can."""
        if self.connection and isinstance(trouble, NeedsReconnect):
            why = str(trouble)
            with self.store.begin() as session:
                connections.mark(session, self.scope, self.connection.id, ConnectionStatus.NEEDS_RECONNECT, why)


def post_of(store: Store, campaign_id: str, *, terms: Terms | None = None, chance: Chance | None = None) -> Post:
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        rules = organization_settings.organization_settings(session, scope)
        key = campaigns.demand_body_key(session, scope, campaign_id)
        connection = _connection(session, scope, campaign)
    provider, account = (connection.provider, connection.account) if connection else (None, "")
    return Post(
        store=store,
        scope=scope,
        campaign_id=campaign.id,
        mailbox=campaign.mailbox,
        connection=connection,
        key=key,
        rules=rules,
        limits=limits_of(provider, account, rules),
        actor=campaign.decided_by,
        worker=new_id(),
        terms=terms or Terms(),
        chance=chance or Chance(),
    )


def keep_quiet(session: Session, post: Post, trouble: Busy) -> None:
    until = post.now() + timedelta(seconds=trouble.wait)
    mailboxes.keep_quiet(session, post.scope, post.mailbox, until, str(trouble))


def _connection(session: Session, scope: Scope, campaign: Campaign) -> ConnectionInfo | None:
    """The campaign's mailbox connection; None if it is sent by SMTP."""
    return connections.connection(session, scope, campaign.connection_id) if campaign.connection_id else None
