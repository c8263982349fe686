"""One mail of a campaign for review: as its recipient will see it, with the remarks of the checks."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from starlette.responses import HTMLResponse, Response

from storage.campaign import campaigns, mail_events, mails, tallies
from storage.campaign.campaigns import Campaign
from storage.campaign.mails import UnknownMail
from storage.crypto import Key
from storage.documents import new_id
from storage.organization.organization_settings import organization_settings
from storage.people import contacts
from storage.records import BLOCKED_FROM, Brief, Letter, Mail, MailState, Severity
from storage.session import Session
from tasks.rules.letters.shown import Link, Shown, harmless, shown
from tasks.rules.links import routes
from web.campaign.mail_words import check_words
from web.visits import Refusal, Visit, number_of

TABS = {"html": "As it arrives", "text": "Text", "source": "Source"}
LONGEST_SOURCE = 100_000
EDITABLE = (MailState.GENERATED, MailState.BLOCKED, MailState.APPROVED, MailState.REJECTED)
# Nothing in a mail is loaded, executed or submitted; only its inline styles are allowed.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
GONE = '<p style="font-family:sans-serif;padding:1rem">The text of this mail is no longer kept, or never was.</p>'


@dataclass(frozen=True, slots=True)
class Remark:
    words: str
    detail: str
    is_block: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in the list."""

    mail: Mail
    name: str
    address: str
    subject: str
    remarks: tuple[str, ...]
    cost: Decimal | None

    @property
    def is_blocked(self) -> bool:
        """Whether a check blocks it, even if it was rejected since."""
        return self.mail.risk >= BLOCKED_FROM


def lines_of(session: Session, visit: Visit, campaign_id: str, found: list[Mail]) -> list[Line]:
    """The list's lines. Contacts without a mail, or whose mail was deleted, are listed by their name in the CRM."""
    costs = tallies.costs(session, visit.scope, campaign_id, [mail.id for mail in found])
    there = contacts.contacts(session, visit.scope, [mail.object_id for mail in found if mail.draft is None])
    names = {one.id: one.person.display_name for one in there.values()}
    return [_line(mail, names.get(mail.object_id, ""), costs.get(mail.id)) for mail in found]


def find(session: Session, visit: Visit, campaign_id: str, key: Key | None, ordinal: int) -> Mail:
    campaigns.campaign(session, visit.scope, campaign_id)  # checks access first
    try:
        return mails.mail(session, visit.scope, campaign_id, str(ordinal), key)
    except UnknownMail:
        raise Refusal(404, "No such mail", "This campaign has no mail of that number.") from None


def record(session: Session, visit: Visit, campaign: Campaign, key: Key | None, mail: Mail) -> dict[str, Any]:
    content = mails.content(session, visit.scope, campaign.id, mail.id, key) if key else b""
    told = shown(content) if content else None
    draft, view = mail.draft, visit.asked("view")
    letter = draft.letter if draft else None
    brief = campaigns.brief(session, visit.scope, campaign.id) if key else Brief("")
    return {
        "mail": mail,
        "line": lines_of(session, visit, campaign.id, [mail])[0],
        "shown": told,
        "view": view if view in TABS else "html",
        "source": told.source[:LONGEST_SOURCE] if told else "",
        "links": _links(session, visit, mail, brief, told) if told else [],
        "remarks": [
            Remark(check_words(one.check), one.detail, one.severity is Severity.BLOCK)
            for one in (draft.findings if draft else ())
        ],
        "facts": _facts(mail, brief),
        "knows": _known(mail),
        "letter": letter,
        "body": body_of(letter) if letter else "",
        "editable": letter is not None and mail.state in EDITABLE,
        "events": mail_events.of_mail(session, visit.scope, mail.id),
        "once": new_id(),
    }


def letter(visit: Visit) -> Response:
    """The mail's HTML, for a sandboxed frame."""
    campaign_id = visit.part("campaign_id")
    with visit.context.store.read() as session:
        key = campaigns.body_key(session, visit.scope, campaign_id)
        mail = find(session, visit, campaign_id, key, number_of(visit.part("ordinal")))
        content = mails.content(session, visit.scope, campaign_id, mail.id, key) if key else b""
    html = shown(content).html if content else GONE
    return HTMLResponse(harmless(html, f"Mail {mail.ordinal}"), headers={"Content-Security-Policy": LETTER_POLICY})


def body_of(letter: Letter) -> str:
    """A letter's text for editing: greeting and paragraphs, separated by blank lines."""
    return "\n\n".join(part for part in (letter.greeting, *(one.text for one in letter.paragraphs)) if part)


def _line(mail: Mail, name: str, cost: Decimal | None) -> Line:
    draft = mail.draft
    return Line(
        mail,
        name=(draft.recipient.name or draft.recipient.address) if draft else name,
        address=draft.recipient.address if draft else "",
        subject=draft.letter.subject if draft and draft.letter else "",
        remarks=tuple(map(check_words, mail.checks)),
        cost=cost,
    )


def _links(session: Session, visit: Visit, mail: Mail, brief: Brief, told: Shown) -> list[tuple[Link, str]]:
    """Every link in the final bytes, with remarks."""
    links = brief.links or {}
    rules = organization_settings(session, visit.scope)
    ways = routes(visit.context.settings.public_url, mail.id, session.keyring.signature, links, counted=rules.tracking)
    counted = {address: links[key] for key, address in ways.links.items()}
    found = []
    for link in told.links:
        if link.address == ways.unsubscribe:
            found.append((link, "opts out"))
        elif link.address in counted:
            found.append((Link(link.words, counted[link.address]), "clicks are counted"))
        else:
            found.append((link, ""))
    return found


def _facts(mail: Mail, brief: Brief) -> list[tuple[str, str]]:
    """The facts that the mail claims to rest on."""
    if mail.draft is None or mail.draft.letter is None:
        return []
    ours = {f"us_{number}": fact for number, fact in enumerate(brief.facts, 1)}
    known = {**mail.draft.recipient.facts, **ours}
    cited = (fact for one in mail.draft.letter.paragraphs for fact in one.fact_ids)
    return [(fact, known.get(fact, "not there")) for fact in dict.fromkeys(cited)]


def _known(mail: Mail) -> list[tuple[str, str]]:
    return list(mail.draft.recipient.facts.items()) if mail.draft else []
