"""Actions on a sync. Each redirects to where the reviewer was."""

from starlette.responses import Response

from storage.deciding import Choice
from storage.records import Deed, Edits, Mark, Run, RunKind
from storage.session import Session
from storage.sync import marks, reviews, syncs
from storage.sync.reviews import Decision
from web.advice import to_follow
from web.deciding import comment_of, deed_of, digest_of, woken
from web.sync.edits import edits_of
from web.sync.groups import BY_KEY
from web.sync.sync_page import Place, can_be_taken_back, find
from web.visits import Refusal, Visit, number_of


def mark(visit: Visit) -> Response:
    """Decide about the selected rows, or about all undecided rows of a group."""
    sync_id, form = visit.part("sync_id"), visit.form
    with visit.context.store.begin() as session:
        if whole := form.one("whole"):
            group = BY_KEY.get(form.one("group"))
            if group is None or not group.is_decidable:
                raise Refusal(400, "No such group", "Load the page again.")
            marks.mark_all(session, visit.scope, sync_id, deed_of(whole), actor=visit.email, kinds=group.kinds)
        elif visit.form.one("advised"):
            deed, rows = to_follow(session, visit, Run(RunKind.SYNC, sync_id))
            marks.mark_rows(session, visit.scope, sync_id, deed, actor=visit.email, change_ids=rows)
        elif chosen := form.all("row"):
            marks.mark_rows(
                session, visit.scope, sync_id, deed_of(form.one("deed")), actor=visit.email, change_ids=chosen
            )
        else:
            raise Refusal(400, "No row is chosen", "Tick some rows first, or decide about the whole group.")
    return _back(visit)


def mark_one(visit: Visit) -> Response:
    sync_id = visit.part("sync_id")
    with visit.context.store.begin() as session:
        row = find(session, visit, sync_id, None, number_of(visit.part("ordinal")))
        _mark(visit, session, row.id, deed_of(visit.form.one("deed")))
    return _back(visit)


def edit(visit: Visit) -> Response:
    """Edit one row with choices and typed values; without any, it is approved as proposed."""
    sync_id = visit.part("sync_id")
    with visit.context.store.begin() as session:
        key = syncs.preview_key(session, visit.scope, sync_id)
        row = find(session, visit, sync_id, key, number_of(visit.part("ordinal")))
        edits = edits_of(visit.form, row, region=visit.context.settings.region)
        _mark(visit, session, row.id, Deed.EDITED, edits=edits)
    return _back(visit)


def take_back_mark(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        marks.take_back(session, visit.scope, visit.part("sync_id"), visit.form.one("mark"), actor=visit.email)
    return _back(visit)


def approve(visit: Visit) -> Response:
    choice = Choice.APPROVE_SAFE if visit.form.one("choice") == Choice.APPROVE_SAFE else Choice.APPROVE
    return _decide(visit, choice)


def reject(visit: Visit) -> Response:
    return _decide(visit, Choice.REJECT)


def take_back(visit: Visit) -> Response:
    sync_id = visit.part("sync_id")
    with visit.context.store.read() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
    if not can_be_taken_back(sync):
        raise Refusal(409, "This sync cannot be taken back", "It is not done, was taken back already, or is too old.")
    once = visit.form.one("once")[:64]
    visit.context.engine.start("undo-sync", {"sync": sync_id, "reviewer": visit.email}, key=f"undo-{sync_id}-{once}")
    return visit.go(f"/syncs/{sync_id}?taking-back=1")


def _decide(visit: Visit, choice: Choice) -> Response:
    """Decide by the digest and the drafts as seen; if others decided meanwhile, show that first."""
    sync_id, form = visit.part("sync_id"), visit.form
    with visit.context.store.begin() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
        if choice is not Choice.REJECT and form.one("pulse") != marks.pulse(session, visit.scope, sync_id):
            return visit.go(f"/syncs/{sync_id}/decide?changed=1")
        digest = digest_of(visit, "plan")
        decision = Decision(choice, visit.email, comment_of(visit), proven=True, digest=digest)
        reviews.decide(session, visit.scope, sync_id, decision)
    return woken(visit, sync.flow_run_id, choice, f"/syncs/{sync_id}")


def _mark(visit: Visit, session: Session, change_id: str, deed: Deed, *, edits: Edits | None = None) -> Mark:
    return marks.mark_row(
        session, visit.scope, visit.part("sync_id"), deed, actor=visit.email, change_id=change_id,
        seen=visit.form.one("seen"), edits=edits,
    )  # fmt: skip


def _back(visit: Visit) -> Response:
    group = visit.form.one("group")
    place = Place(visit.part("sync_id"), group if group in BY_KEY else "", number_of(visit.form.one("after")))
    return visit.go(place.at(number_of(visit.form.one("open"))))
