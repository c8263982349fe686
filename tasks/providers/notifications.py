"""Telling people a matter: noted once for each address, and sent until it is taken or given up."""

from storage.organization import tenants
from storage.records import Matter
from storage.reporting import matters, notices
from storage.scope import Scope
from storage.session import Store
from storage.settings import settings
from tasks.providers.messages import send
from tasks.rules.notice_texts import message


def tell(store: Store, scope: Scope, matter: Matter) -> int:
    """Note a matter and tell it at once, where it is news; returns how many addresses took it."""
    with store.begin() as session:
        notices.note(session, scope, matter, house())
    return deliver(store, scope)


def deliver(store: Store, scope: Scope) -> int:
    """Claimed, sent, marked: if we die in between, it is told once more rather than never."""
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
    """The addresses of the settings, for organizations that have none of their own."""
    return settings().notify_urls.get_secret_value().split()
