"""Render a mail to its final bytes and check it; used for the whole campaign and after an edit of one mail.

No task and no import of Prefect, since the command line edits mails too.
"""

from dataclasses import dataclass, replace

from storage.campaign import campaign_reviews, campaigns, mails
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_writing import Written
from storage.crypto import Keyring
from storage.deciding import CannotDecide
from storage.organization import connections, tenants
from storage.organization.organization_settings import organization_settings
from storage.records import (
    Brief,
    Draft,
    Finding,
    Letter,
    Mail,
    MailState,
    OrganizationSettings,
    Paragraph,
    Provider,
    Severity,
)
from storage.scope import Scope
from storage.session import Session
from storage.settings import settings
from tasks.rules.checks import Crowd, check, check_frame, risk
from tasks.rules.letters.cleaning import cleaned
from tasks.rules.letters.envelope import CannotRender, Envelope, Frame, envelope
from tasks.rules.letters.graph import graph_json
from tasks.rules.letters.mime import mime
from tasks.rules.links import routes


@dataclass(frozen=True, slots=True)
class Renderer:
    """The context for rendering the mails of one campaign."""

    campaign: Campaign
    brief: Brief
    frame: Frame
    provider: Provider | None
    rules: OrganizationSettings
    keyring: Keyring

    def envelope_of(self, mail: Mail, letter: Letter) -> Envelope:
        assert mail.draft  # noqa: S101 (for the type checker: mails are read with their key here)
        ways = routes(
            settings().public_url, mail.id, self.keyring.signature, self.frame.links, counted=self.rules.tracking
        )
        return envelope(letter, mail.draft.recipient, self.frame, ways, mail.id)

    def bytes_of(self, made: Envelope) -> bytes:
        return graph_json(made) if self.provider is Provider.MICROSOFT else mime(made)


def renderer_of(session: Session, scope: Scope, campaign: Campaign) -> Renderer:
    brief, rules = campaigns.brief(session, scope, campaign.id), organization_settings(session, scope)
    connection = connections.connection(session, scope, campaign.connection_id) if campaign.connection_id else None
    users = {user.id: user for user in tenants.users_of(session, scope)}
    sender = connection.account if connection else users[campaign.user_id].email
    name = brief.sender or users[campaign.user_id].name
    frame = Frame(sender, rules.postal_address, name, brief.links or {}, brief.attachments)
    provider = connection.provider if connection else None
    return Renderer(campaign, brief, frame, provider, rules, session.keyring)


def judged(renderer: Renderer, mail: Mail, letter: Letter, crowd: Crowd, *, editor: str = "") -> Written:
    """Render and check a mail. One that cannot be rendered is blocked, like one that a check forbids."""
    assert mail.draft  # noqa: S101 (as above)
    findings = check(letter, mail.draft.recipient, renderer.brief, crowd)
    try:
        made = renderer.envelope_of(mail, letter)
        content = renderer.bytes_of(made)
    except CannotRender as trouble:
        content, findings = b"", (*findings, Finding("cannot_render", Severity.BLOCK, str(trouble)))
    else:
        # A missing postal address is a warning about the campaign, not about each mail.
        findings += check_frame(renderer.frame, made) if renderer.frame.postal_address else ()
    blocked = any(one.severity is Severity.BLOCK for one in findings)
    return Written(
        mail.id, mail.version, Draft(mail.draft.recipient, letter, tuple(findings)), content,
        MailState.BLOCKED if blocked else MailState.GENERATED, "" if editor else mail.reason, risk(findings),
        edited_by=editor or mail.edited_by,
        prompt_hash="" if editor else mail.prompt_hash,  # a person's text is no cached answer to a prompt
    )  # fmt: skip


def edited(session: Session, scope: Scope, campaign: Campaign, mail: Mail, text: str, *, editor: str) -> Written:
    """Replace a mail's text by a person's. It is rendered and checked like any other."""
    if mail.draft is None or mail.draft.letter is None:
        raise CannotDecide(f"mail {mail.ordinal} is {mail.state}: there is no text to change")
    key = campaigns.demand_body_key(session, scope, campaign.id)
    every = mails.every(session, scope, campaign.id, key)
    crowd = Crowd.of(one.draft.recipient for one in every if one.draft)
    renderer = renderer_of(session, scope, campaign)
    written = judged(renderer, mail, read_letter(text, mail.draft.letter), crowd, editor=editor)
    campaign_reviews.rewrite(session, scope, campaign.id, written, editor=editor)
    return written


def read_letter(text: str, before: Letter) -> Letter:
    """Parse a mail in the form in which it is shown for editing: `Subject: …`, a blank line, greeting, paragraphs."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    if not blocks or not blocks[0].lower().startswith("subject:"):
        raise CannotDecide("the text must begin with a line `Subject: …`, and an empty line behind it")
    subject = blocks[0].partition(":")[2].strip()
    greeting, paragraphs = (blocks[1], blocks[2:]) if before.greeting and len(blocks) > 1 else ("", blocks[1:])
    return cleaned(replace(before, subject=subject, greeting=greeting, paragraphs=tuple(map(Paragraph, paragraphs))))
