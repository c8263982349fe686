"""Texts of the pages for states of campaigns and mails, and for the remarks of the checks."""

from decimal import Decimal

from storage.deciding import Choice
from storage.records import CampaignStatus, MailState

CAMPAIGN_STATUSES = {
    CampaignStatus.DRAFT: "about to begin",
    CampaignStatus.GENERATING: "being written",
    CampaignStatus.REVIEW: "waits for a review",
    CampaignStatus.SENDING: "being sent",
    CampaignStatus.COMPLETED: "done",
    CampaignStatus.PAUSED: "paused",
    CampaignStatus.FAILED: "failed",
    CampaignStatus.REJECTED: "rejected",
    CampaignStatus.CANCELLED: "cancelled",
}
MAIL_STATES = {
    MailState.EXCLUDED: "not written to",
    MailState.PENDING: "being written",
    MailState.GENERATED: "not looked at",
    MailState.APPROVED: "approved",
    MailState.REJECTED: "left out",
    MailState.BLOCKED: "blocked",
    MailState.SENDING: "on its way",
    MailState.SENT: "sent",
    MailState.FAILED: "failed",
    MailState.UNKNOWN: "not known whether it left",
    MailState.BOUNCED: "came back",
    MailState.REPLIED: "answered",
}
DECISIONS = {
    Choice.APPROVE: "approved",
    Choice.APPROVE_SAFE: "approved, but for mails with a remark",
    Choice.REJECT: "rejected",
}
CHECKS = {
    "cannot_render": "cannot be made into a mail",
    "capitals": "shouts in capitals",
    "empty_body": "has hardly any text",
    "empty_subject": "has no subject",
    "exclamations": "has many exclamation marks",
    "footer": "lacks part of the footer",
    "greeting_name": "greets by another name",
    "hidden_text": "hides text",
    "html": "holds HTML",
    "instruction_in_facts": "a fact about the person gives orders to the model",
    "language": "is in another language than asked for",
    "length": "is unusually long or short",
    "line_break": "breaks a line in its head",
    "lookalike_letters": "mixes letters that look alike",
    "low_confidence": "the model itself was not sure",
    "markdown": "shows Markdown’s signs",
    "model_speaks": "the model speaks of itself",
    "notes_quoted": "quotes internal notes",
    "other_contact": "names another contact",
    "placeholder": "holds a placeholder",
    "unknown_address": "names an address that nobody gave",
    "unknown_fact": "rests on a fact that is not there",
    "unknown_link": "links to where the brief does not allow",
    "unknown_phone": "names a number to call that nobody gave",
    "unsupported_date": "names a day that no fact supports",
    "unsupported_number": "names a number that no fact supports",
}
MINUTE, HOUR, DAY = 60, 3600, 86400
SMALL = Decimal("0.1")


def check_words(check: str) -> str:
    return CHECKS.get(check, check.replace("_", " "))


def duration(seconds: float) -> str:
    """A duration in words, rounded to a sensible unit."""
    if seconds < MINUTE:
        return "less than a minute"
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= unit:
            number = round(seconds / unit)
            return f"about {number} {name}{'' if number == 1 else 's'}"
    raise AssertionError(seconds)


def amount(value: Decimal) -> str:
    """An amount of money, with enough decimals that a small one is not shown as zero."""
    if not value or value >= SMALL:
        return f"{value:,.2f}"
    whole, _, part = f"{value:.4f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def money(value: Decimal | None) -> str:
    return "an unknown price" if value is None else f"{amount(value)} USD"
