"""What deciding about a plan and about mails has in common."""

from storage.organization import tenants
from storage.records import Deed
from storage.session import Session
from web.visits import Refusal, Visit

LONGEST_COMMENT = 2000
DEEDS = {Deed.APPROVED, Deed.REJECTED, Deed.CLEARED}


def deed_of(word: str) -> Deed:
    if word not in DEEDS:
        raise Refusal(400, "No such decision", "Load the page again.")
    return Deed(word)


def owner_of(session: Session, visit: Visit, user_id: str) -> str:
    """The address of whom it is for; empty where they are no user any more."""
    return next((user.email for user in tenants.users_of(session, visit.scope) if user.id == user_id), "")
