"""Texts of the pages."""

from storage.deciding import Choice
from storage.records import Advice, ChangeKind, ChangeState, Deed, Person, ReviewPolicy, SyncStatus

FIELDS = {name: name.replace("_", " ").capitalize() for name in Person.__dataclass_fields__} | {
    "given_name": "First name",
    "family_name": "Last name",
    "emails": "E-mail",
    "urls": "Web",
    "custom": "Other fields",
}
KINDS = {
    ChangeKind.CREATE: "New contact",
    ChangeKind.UPDATE: "Update",
    ChangeKind.CONFLICT: "Conflict",
    ChangeKind.MAYBE: "Maybe the same",
    ChangeKind.REMOVED: "Gone at the source",
    ChangeKind.SKIP: "Nothing to do",
}
STATES = {
    ChangeState.PROPOSED: "not looked at",
    ChangeState.APPROVED: "approved",
    ChangeState.REJECTED: "left out",
    ChangeState.APPLIED: "written",
    ChangeState.STALE: "changed meanwhile",
    ChangeState.FAILED: "failed",
    ChangeState.UNDONE: "taken back",
}
STATUSES = {
    SyncStatus.EXTRACTING: "reading and comparing",
    SyncStatus.PREVIEW: "waits for a review",
    SyncStatus.EXECUTING: "being written",
    SyncStatus.COMPLETED: "done",
    SyncStatus.FAILED: "failed",
    SyncStatus.REJECTED: "rejected",
    SyncStatus.EXPIRED: "expired",
    SyncStatus.SUPERSEDED: "replaced by a newer sync",
    SyncStatus.CANCELLED: "cancelled",
}
POLICIES = {
    ReviewPolicy.ALWAYS: "a person looks at every plan",
    ReviewPolicy.RISKY: "a person looks only where there is a risk",
}
# URL, name, and the key that leads there after g.
ROOMS = (
    ("/", "Home", "h"),
    ("/contacts", "Contacts", "c"),
    ("/campaigns", "Campaigns", "m"),
    ("/connections", "Connections", "n"),
    ("/schedules", "Schedules", "s"),
    ("/templates", "Templates", "t"),
    ("/analytics", "Analytics", "a"),
    ("/settings", "Settings", "e"),
)
CHOICES = {
    Choice.APPROVE: "approved",
    Choice.APPROVE_SAFE: "new contacts and plain updates approved",
    Choice.REJECT: "rejected",
}
ADVICE = {
    Advice.APPROVE: "approve",
    Advice.REJECT: "leave out",
    Advice.LOOK: "look closely",
}
DEEDS = {
    Deed.APPROVED: "approved",
    Deed.REJECTED: "left out",
    Deed.CLEARED: "cleared",
    Deed.EDITED: "edited",
}


def count_of(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
