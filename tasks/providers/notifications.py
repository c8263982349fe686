"""Notifications of matters: queued once per address, retried until delivered or given up."""

from storage.organization import tenants
from storage.records import Matter
from storage.reporting import matters, notices
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.messages import send
from tasks.rules.notice_texts import message


def tell(store: Store, scope: Scope, matter: Matter) -> int:
    """Queue notices of a matter for addresses not yet told, and deliver what is due; returns how many were sent."""
    with store.begin() as session:
        notices.note(session, scope, matter, house())
    return deliver(store, scope)


def deliver(store: Store, scope: Scope) -> int:
    """Claim, send and mark due notices; returns how many were sent. At least once: a crash may repeat one."""
    with store.read() as session:
        waiting = notices.due(session, scope, house())
        slug = tenants.slug_of_scope(session, scope) if waiting else ""
        about = {one.id: matters.subject_of_budget(session, scope, one.subject) for one in waiting}
    told = 0
    for notice in waiting:
        with store.begin() as session:
            mine = notices.claim(session, scope, notice)
        title, body = message(notice.kind, about[notice.id] or notice.subject, slug, settings().public_url)
        if mine and send(notice.url, title, body):
            with store.begin() as session:
                notices.mark_sent(session, scope, notice.id)
            told += 1
    return told


def house() -> list[str]:
    """The notification URLs of the settings, for organizations without their own."""
    return settings().notify_urls.get_secret_value().split()
