"""Notify people: each matter is queued once per address, and retried until it is accepted or given up."""

from storage.organization import tenants
from storage.records import Matter
from storage.reporting import matters, notices
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.messages import send
from tasks.rules.notice_texts import message


def tell(store: Store, scope: Scope, matter: Matter) -> int:
    """Queue a matter, if it is new, and send it at once. Returns the number of addresses that accepted it."""
    with store.begin() as session:
        notices.note(session, scope, matter, house())
    return deliver(store, scope)


def deliver(store: Store, scope: Scope) -> int:
    """Claim, send, mark as sent: at least once, so a crash in between repeats a notice rather than losing it."""
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
    """The addresses in the settings, used for organizations without any of their own."""
    return settings().notify_urls.get_secret_value().split()
