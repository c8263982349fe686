"""What sending and reconciling share: the mailbox, its rules, and how long things may take."""

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
    """`hold`: as long a mail is in a worker's hand before it is submitted. It may be short, for whoever is slower than
    that finds at the submission that another has it, and lets go. `claim`: from the submission on, longer than any
    answer is waited for. An SMTP server has three minutes for its last one, and whoever takes the mail over before it
    came must call it `unknown`; no sign of life shortens that, for what a dead process has said is under way without
    it. `place`: how long a worker that died keeps others from its mailbox. `grace`: longer, from its submission, than a
    mail stays invisible. `looks`: seconds to wait before each look at a doubtful one. `attempts`: for a mail that never
    got as far as being submitted. `patience`: a longer wait is not waited for here. `look_every`: as long mails leave
    until the mailbox is looked into, where bounces lie.
    """

    hold: timedelta = timedelta(minutes=1)
    claim: timedelta = timedelta(minutes=4)
    place: timedelta = timedelta(minutes=1)
    grace: timedelta = timedelta(minutes=5)
    looks: Sequence[float] = (0, 1, 2, 4)
    again: timedelta = timedelta(seconds=30)
    attempts: int = 6
    patience: timedelta = timedelta(minutes=2)
    look_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Post:
    """All that stays the same while a campaign is sent from a mailbox. `worker` names the process."""

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
        """Where its owner can mend it; what operators must mend leaves the connection as it is."""
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
    """None for a campaign that goes by SMTP."""
    return connections.connection(session, scope, campaign.connection_id) if campaign.connection_id else None
