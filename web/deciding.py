"""What deciding about a sync and about a campaign share."""

from starlette.responses import Response

from storage.deciding import Choice
from storage.organization import tenants
from storage.records import Deed
from storage.session import Session
from tasks.providers.flow_runs.engine import EngineError
from web.visits import Refusal, Visit

LONGEST_COMMENT = 2000
DEEDS = {Deed.APPROVED, Deed.REJECTED, Deed.CLEARED}


def deed_of(word: str) -> Deed:
    if word not in DEEDS:
        raise Refusal(400, "No such decision", "Load the page again.")
    return Deed(word)


def owner_of(session: Session, visit: Visit, user_id: str) -> str:
    """The address of the user whom a run is for; empty if they are no longer a user."""
    return next((user.email for user in tenants.users_of(session, visit.scope) if user.id == user_id), "")


def digest_of(visit: Visit, what: str) -> str:
    """The digest of what the reviewer saw. A form without it is refused."""
    if digest := visit.form.one("digest"):
        return digest
    raise Refusal(400, f"Which {what}?", f"Load the page again: it names the {what} that you decide about.")


def comment_of(visit: Visit) -> str:
    return visit.form.one("comment")[:LONGEST_COMMENT]


def woken(visit: Visit, flow_run_id: str, choice: Choice, home: str) -> Response:
    """Resume the run after a decision. If Prefect does not answer, the decision stands and the sweeper resumes it."""
    answer = {"decision": choice.value, "reviewer": visit.email, "comment": comment_of(visit)}
    try:
        visit.context.engine.resume(flow_run_id, answer)
    except EngineError:
        return visit.go(f"{home}?later=1")
    return visit.go(home)
