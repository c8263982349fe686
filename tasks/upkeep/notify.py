"""Notify people of what needs them: each matter once per address, with a link and no personal data.

Not by Prefect's automations: the facts are in our database rather than in Prefect's events, delivering once needs a
row per notice, and notices must also be sent while Prefect's server is down.
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

KEPT = timedelta(days=90)
NEVER = timedelta(days=10_000)


def notify_people(store: Store, moment: datetime | None = None) -> Counter[str]:
    """Queue and send the notices of every organization. Those that could not be sent are retried."""
    moment, done = moment or now(), Counter[str]()
    with store.begin() as session:
        old = notices.with_old(session, moment - KEPT)
        done["forgotten"] = sum(notices.forget(session, scope, moment - KEPT) for scope in old)
    for scope in _concerned(store, moment):
        with store.begin() as session:
            done["found"] += sum(notices.note(session, scope, one, house()) for one in _found(session, scope, moment))
        done["told"] += deliver(store, scope)
    return +done


def _concerned(store: Store, moment: datetime) -> set[Scope]:
    """Organizations with news and with somebody to notify; of a thousand, most have neither."""
    with store.read() as session:
        news = matters.somewhere(session, moment) | set(notices.with_waiting(session))
        return news if house() else news & set(notices.with_targets(session))


def _found(session: Session, scope: Scope, moment: datetime) -> list[Matter]:
    rules = organization_settings(session, scope)
    remind, escalate = (timedelta(hours=one) if one else NEVER for one in (rules.remind_hours, rules.escalate_hours))
    return list(matters.matters(session, scope, moment, remind=remind, escalate=escalate))
