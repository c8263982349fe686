"""Clear away what runs left behind that nobody goes on with."""

from collections import Counter
from datetime import datetime

from storage.campaign import tallies, usage
from storage.documents import now
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import deferred, landing


def prune(store: Store) -> Counter[str]:
    """How many landed pages, records that waited for a sync of an account no longer read, and calls of models."""
    done = Counter[str](pages=0, records=0, calls=0)
    before = now() - usage.LONGEST_CALL
    with store.begin() as session:
        done["pages"] += sum(landing.prune(session, scope) for scope in landing.with_left_behind(session))
        done["records"] += sum(deferred.prune(session, scope) for scope in deferred.with_given_up(session))
        done["calls"] += sum(_calls(session, scope, before) for scope in usage.with_abandoned(session, before))
    return done


def _calls(session: Session, scope: Scope, before: datetime) -> int:
    """Calls whose process died count in full, with the campaign too: it may be over, and would never look again."""
    given_up = 0
    for budget_id, campaign_id in usage.abandoned(session, scope, before=before):
        given_up += usage.give_up(session, scope, budget_id, before=before)
        if campaign_id:
            tallies.keep(session, scope, campaign_id)
    return given_up
