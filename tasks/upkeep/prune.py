"""Clear away what runs left behind that nobody goes on with."""

from collections import Counter

from storage.campaign import tallies, usage
from storage.documents import now
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import deferred, landing
from tasks.upkeep.sweeping import everybody


def prune(store: Store) -> Counter[str]:
    """How many landed pages, records that waited for a sync of an account no longer read, and calls of models."""
    done = Counter[str](pages=0, records=0, calls=0)
    for scope in everybody(store):
        with store.begin() as session:
            done["pages"] += landing.prune(session, scope)
            done["records"] += deferred.prune(session, scope)
            done["calls"] += _calls(session, scope)
    return done


def _calls(session: Session, scope: Scope) -> int:
    """Calls whose process died count in full, with the campaign too: it may be over, and would never look again."""
    given_up, before = 0, now() - usage.LONGEST_CALL
    for budget_id, campaign_id in usage.abandoned(session, scope, before=before):
        given_up += usage.give_up(session, scope, budget_id, before=before)
        if campaign_id:
            tallies.keep(session, scope, campaign_id)
    return given_up
