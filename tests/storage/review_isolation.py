"""What the review page keeps of one organization, and how a stranger would call for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from storage.documents import now
from storage.organization import sign_ins
from storage.records import ChangeKind, Deed, SignInKind
from storage.scope import Scope
from storage.session import Session
from storage.sync import marks, plan_search, plan_texts
from storage.tables import sign_ins as table
from tests.storage.examples import row

if TYPE_CHECKING:
    from tests.storage.isolation import World


def filled_review(session: Session, scope: Scope, sync_id: str, change_id: str, mark: str) -> tuple[str, str, str]:
    """A row marked and cleared, a session that has not been seen for a while, one long over, and a link."""
    admin = f"admin@{mark}.example"
    first = marks.mark_row(session, scope, sync_id, Deed.REJECTED, actor=admin, change_id=change_id, seen="")
    made = marks.mark_row(session, scope, sync_id, Deed.CLEARED, actor=admin, change_id=change_id, seen=first.id)
    session_id, late_id, link_id = (
        found.sign_in_id
        for token, kind in (
            (sign_ins.start(session, scope, actor=mark, how="test"), SignInKind.SESSION),
            (sign_ins.start(session, scope, actor=mark, how="test"), SignInKind.SESSION),
            (sign_ins.offer_link(session, scope), SignInKind.LINK),
        )
        if (found := sign_ins.visitor(session, token, kind))
    )
    session.execute(update(table).where(table.c.id == session_id).values(seen_at=now() - 2 * sign_ins.GLANCE))
    long_ago = now() - 2 * sign_ins.REMEMBERED
    session.execute(update(table).where(table.c.id == late_id).values(expires_at=long_ago))
    return made.id, session_id, link_id


REVIEW_AS_A_STRANGER: "dict[str, Callable[[Session, Scope, World], Any]]" = {
    "marks.mark_all": lambda s, me, it: marks.mark_all(
        s, me, it.sync_id, Deed.APPROVED, actor="me", kinds=list(ChangeKind)
    ).number,
    "marks.mark_row": lambda s, me, it: marks.mark_row(
        s, me, it.sync_id, Deed.APPROVED, actor="me", change_id=it.change_id, seen=it.mark_id
    ),
    "marks.mark_rows": lambda s, me, it: marks.mark_rows(
        s, me, it.sync_id, Deed.APPROVED, actor="me", change_ids=[it.change_id]
    ),
    "marks.marks": lambda s, me, it: marks.marks(s, me, it.sync_id),
    "marks.pulse": lambda s, me, it: marks.pulse(s, me, it.sync_id) != marks.pulse(s, me, "a sync that never was"),
    "marks.take_back": lambda s, me, it: marks.take_back(s, me, it.sync_id, it.mark_id, actor="me"),
    "plan_search.search": lambda s, me, it: plan_search.search(s, me, it.sync_id, it.key, it.mark),
    "plan_texts.clear": lambda s, me, it: plan_texts.clear(s, me, it.sync_id),
    "plan_texts.keep": lambda s, me, it: plan_texts.keep(s, me, it.sync_id, it.key, [row(ChangeKind.CREATE, 4)]),
    "plan_texts.texts": lambda s, me, it: list(plan_texts.texts(s, me, it.sync_id, it.key)),
    "sign_ins.end": lambda s, me, it: sign_ins.end(s, me, it.session_id),
    "sign_ins.forget": lambda s, me, _: sign_ins.forget(s, me) and None,
    "sign_ins.note_seen": lambda s, me, it: sign_ins.note_seen(s, me, it.session_id),
    "sign_ins.offer_link": lambda s, me, _: sign_ins.offer_link(s, me) and None,
    "sign_ins.redeem": lambda s, me, it: sign_ins.redeem(s, me, it.link_id),
    "sign_ins.start": lambda s, me, _: sign_ins.start(s, me, actor="me", how="test") and None,
}  # fmt: skip
