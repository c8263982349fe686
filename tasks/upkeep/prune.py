"""Clear away what runs left behind that nobody goes on with."""

from collections import Counter

from storage.session import Store
from storage.sync import deferred, landing
from tasks.upkeep.sweeping import everybody


def prune(store: Store) -> Counter[str]:
    """How many landed pages, and records that waited for a sync of an account that is no longer read."""
    done = Counter[str](pages=0, records=0)
    for scope in everybody(store):
        with store.begin() as session:
            done["pages"] += landing.prune(session, scope)
            done["records"] += deferred.prune(session, scope)
    return done
