"""Delete what abandoned runs left behind."""

from collections import Counter
from datetime import datetime

from storage.campaign import tallies, usage
from storage.documents import now
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import deferred, landing


def prune(store: Store) -> Counter[str]:
    """Counts of deleted pages, deferred records of accounts no longer read, and model calls written off."""
    done = Counter[str](pages=0, records=0, calls=0)
    before = now() - usage.LONGEST_CALL
    with store.begin() as session:
        done["pages"] += sum(landing.prune(session, scope) for scope in landing.with_left_behind(session))
        done["records"] += sum(deferred.prune(session, scope) for scope in deferred.with_given_up(session))
        done["calls"] += sum(_calls(session, scope, before) for scope in usage.with_abandoned(session, before))
    return done


def _calls(session: Session, scope: Scope, before: datetime) -> int:
    """Charge model calls of dead processes at their worst cost, also to their campaign, which may be over by now."""
    given_up = 0
    for budget_id, campaign_id in usage.abandoned(session, scope, before=before):
        given_up += usage.give_up(session, scope, budget_id, before=before)
        if campaign_id:
            tallies.keep(session, scope, campaign_id)
    return given_up
