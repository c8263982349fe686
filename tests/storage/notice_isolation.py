"""Where people of one organization are told of what, and how a stranger would call for it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from storage.documents import now
from storage.organization import tenants
from storage.records import Audience, ConnectionStatus, Matter, NoticeKind
from storage.reporting import matters, notices
from storage.scope import Scope
from storage.session import Session
from storage.tables import oauth_connections

if TYPE_CHECKING:
    from tests.storage.isolation import World


def filled_notices(session: Session, scope: Scope, mark: str) -> None:
    notices.add_target(session, scope, f"json://127.0.0.1:9/{mark}", Audience.REVIEWERS, actor=mark)
    notices.note(session, scope, Matter(NoticeKind.SYNC_FAILED, mark))


def _due(session: Session, it: "World") -> Any:
    return notices.due(session, it.scope)[0]


def _found(session: Session, scope: Scope, it: "World") -> Any:
    """A lost connection of theirs must be no news to a stranger."""
    lost = oauth_connections.update().where(oauth_connections.c.id == it.connection_id)
    with session.connection.begin_nested() as undone:
        session.execute(lost.values(status=ConnectionStatus.NEEDS_RECONNECT))
        found = list(matters.matters(session, scope, now(), remind=timedelta(days=1), escalate=timedelta(days=1)))
        undone.rollback()
    return found


def _later() -> datetime:
    return now() + timedelta(days=1)


NOTICES_AS_A_STRANGER: "dict[str, Callable[[Session, Scope, World], Any]]" = {
    "matters.matters": _found,
    "matters.subject_of_budget": lambda s, me, it: bool(matters.subject_of_budget(s, me, it.mail.budget_id)),
    "notices.add_target": lambda s, me, _: (
        notices.add_target(s, me, "json://x", Audience.ADMINS, actor="me").label != "json"
    ),
    "notices.addresses": lambda s, me, _: notices.addresses(s, me),
    "notices.claim": lambda s, me, it: notices.claim(s, me, _due(s, it)),
    "notices.due": lambda s, me, _: notices.due(s, me),
    "notices.forget": lambda s, me, _: notices.forget(s, me, _later()) - 1,
    "notices.mark_sent": lambda s, me, it: notices.mark_sent(s, me, _due(s, it).id),
    "notices.note": lambda s, me, _: notices.note(s, me, Matter(NoticeKind.SYNC_FAILED, "mine")) - 1,
    "notices.remove_target": lambda s, me, it: notices.remove_target(
        s, me, notices.targets(s, it.scope)[0].id, actor="me"
    ),
    "tenants.slug_of_scope": lambda s, me, _: tenants.slug_of_scope(s, me),
    "notices.targets": lambda s, me, _: notices.targets(s, me),
}
