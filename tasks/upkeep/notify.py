"""Tell people what needs them: each matter once at each address, with a link and nothing personal.

Not by Prefect's automations: what is told stands in our database and not in Prefect's events, each matter once needs
a row that Prefect has no place for, and that Prefect itself is down must not keep a message from leaving.
"""

from collections import Counter
from datetime import datetime, timedelta

from storage.documents import now
from storage.organization.organization_settings import organization_settings
from storage.records import Matter
from storage.reporting import matters, notices
from storage.scope import Scope
from storage.session import Session, Store
from tasks.providers.notifications import deliver, house
from tasks.upkeep.sweeping import everybody

KEPT = timedelta(days=90)
NEVER = timedelta(days=10_000)


def notify_people(store: Store, moment: datetime | None = None) -> Counter[str]:
    """Look in every organization for what people ought to know, and tell it; what could not be told is tried again."""
    moment, done = moment or now(), Counter[str]()
    for scope in everybody(store):
        with store.begin() as session:
            done["forgotten"] += notices.forget(session, scope, moment - KEPT)
            if not (house() or notices.targets(session, scope)):
                continue  # nobody to tell: of a thousand organizations many are like that
            done["found"] += sum(notices.note(session, scope, one, house()) for one in _found(session, scope, moment))
        done["told"] += deliver(store, scope)
    return +done


def _found(session: Session, scope: Scope, moment: datetime) -> list[Matter]:
    rules = organization_settings(session, scope)
    remind, escalate = (timedelta(hours=one) if one else NEVER for one in (rules.remind_hours, rules.escalate_hours))
    return list(matters.matters(session, scope, moment, remind=remind, escalate=escalate))
