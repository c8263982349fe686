"""Send one mail of a campaign to a user of the organization, as it would arrive. It does not count as sent."""

import time
from dataclasses import replace

from prefect import task

from storage import audit
from storage.campaign import campaigns, mails
from storage.campaign.claims import Claim
from storage.documents import new_id
from storage.organization import connections, tenants
from storage.records import Mail
from storage.session import open_store
from storage.settings import settings
from tasks.campaign.rendering import renderer_of
from tasks.providers.mail.mailer import Whereabouts
from tasks.providers.mail.mailers import mailer_of
from tasks.providers.mail.smtp import Line, relay_of
from tasks.providers.mail.smtp_envelope import envelope_of


class NothingToSend(Exception):
    """The mail has no text, or the address is not a user's of the organization."""


@task
async def sample(campaign_id: str, mail_id: str, to: str) -> None:
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_campaign(session, campaign_id)
        campaign = campaigns.campaign(session, scope, campaign_id)
        key = campaigns.demand_body_key(session, scope, campaign_id)
        mail = mails.mail(session, scope, campaign_id, mail_id, key)
        user = tenants.member(session, scope, to)
        if mail.draft is None or mail.draft.letter is None or user is None:
            raise NothingToSend("a sample is a mail that is written, sent to a user of the organization")
        ours = _to_us(mail, user.email, user.name)
        renderer = renderer_of(session, scope, campaign)
        content = renderer.bytes_of(renderer.envelope_of(ours, mail.draft.letter))
        named = campaign.connection_id
        connection = connections.connection(session, scope, named) if named else None
    if connection is None:
        await _relay(content)
    else:
        async with mailer_of(store, scope, connection) as mailer:
            kept: Whereabouts = await mailer.draft(Claim(ours.id, campaign_id, mail.object_id, 1, content))
            await mailer.send(kept.draft_id)
    with store.begin() as session:
        audit.record(
            session, scope, actor=user.email, action="sample.sent", subject=campaign_id, detail={"mail": mail.id}
        )


def _to_us(mail: Mail, address: str, name: str) -> Mail:
    """A copy with a key of its own, so that its opt-out link and its replies do not count for the recipient's mail."""
    assert mail.draft  # noqa: S101 (for the type checker)
    recipient = replace(mail.draft.recipient, address=address, name=name)
    return replace(mail, id=new_id(), draft=replace(mail.draft, recipient=recipient))


async def _relay(content: bytes) -> None:
    async with Line(relay_of(settings().smtp_url)) as line:
        await line.offer(envelope_of(content))
        await line.hand_over(content, time.time())
