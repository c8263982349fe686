"""What a message to people says: what it is about, in which organization, and where to look. Nothing personal."""

from storage.records import NoticeKind

TITLES = {
    NoticeKind.SYNC_WAITS: "A contact sync waits for your decision",
    NoticeKind.SYNC_STILL_WAITS: "A contact sync still waits for your decision, and its next turn has come",
    NoticeKind.SYNC_OVERDUE: "A contact sync waits for a decision, and nobody looks at it",
    NoticeKind.SYNC_EXPIRED: "Nobody decided about a contact sync in time",
    NoticeKind.SYNC_FAILED: "A contact sync failed",
    NoticeKind.SYNC_ASKED: "An assistant asks you to decide about a contact sync",
    NoticeKind.CAMPAIGN_WAITS: "A campaign waits for your decision",
    NoticeKind.CAMPAIGN_OVERDUE: "A campaign waits for a decision, and nobody looks at it",
    NoticeKind.CAMPAIGN_EXPIRED: "Nobody decided about a campaign in time",
    NoticeKind.CAMPAIGN_PAUSED: "A campaign was paused",
    NoticeKind.CAMPAIGN_FAILED: "A campaign failed",
    NoticeKind.CAMPAIGN_BOUNCES: "Many mails of a campaign bounce",
    NoticeKind.CAMPAIGN_ASKED: "An assistant asks you to decide about a campaign",
    NoticeKind.CONNECTION_LOST: "A connected account must be connected again",
    NoticeKind.BUDGET_LOW: "Four fifths of a language model's budget are spent",
    NoticeKind.AUDIT_BROKEN: "The audit log was tampered with",
    NoticeKind.TEST: "A test: messages of Contactflow arrive here",
}
PAGES = {"sync": "/syncs/{}", "campaign": "/campaigns/{}", "connection": "/connections", "budget": "/settings"}
COMMANDS = {
    "sync": "contactflow preview {}", "campaign": "contactflow campaign show {}",
    "connection": "contactflow connections --org {slug}", "budget": "contactflow org settings --org {slug}",
    "audit": "contactflow audit verify --org {slug}",
}  # fmt: skip


def message(kind: NoticeKind, subject: str, slug: str, public_url: str) -> tuple[str, str]:
    """Title and body. Of a budget, `subject` is what it is for: "campaign/ID" or "matching/2026-11"."""
    room = kind.partition(".")[0]
    if room == "budget" and subject.startswith("campaign/"):
        room, subject = "campaign", subject.removeprefix("campaign/")
    page = f"{public_url}{PAGES[room].format(subject)}" if room in PAGES else ""
    look = COMMANDS.get(room, "").format(subject, slug=slug)
    return TITLES[kind], "\n".join(filter(None, (f"Organization: {slug}", page, look)))
