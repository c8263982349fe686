"""The three panes of a sync: the queue, the list of one group, one record; and the page before deciding."""

from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from storage.crypto import Key
from storage.documents import new_id, now
from storage.people import contacts
from storage.records import Change, Edits, Run, RunKind, SyncStatus
from storage.session import Session
from storage.sync import marks, plan_search, plan_verdicts, plans, syncs
from storage.sync.plans import changes
from storage.sync.syncs import Sync
from web.advice import advised
from web.counted import chosen
from web.deciding import owner_of
from web.sync.groups import Group, Tally, counted, safe, tally
from web.sync.record import Line, fields_of, line_of, reasons_of
from web.visits import Refusal, Visit, number_of

PAGE = 100
SAID = {
    "later": "Prefect does not answer. The decision is kept, and carried out when Prefect is back.",
    "taking-back": "The sync is being taken back.",
}
WRITING = (SyncStatus.EXTRACTING, SyncStatus.EXECUTING)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page a reviewer is."""

    sync_id: str
    group: str = ""
    after: int = 0

    def at(self, ordinal: int = 0) -> str:
        row = f"&row={ordinal}" if ordinal else ""
        after = f"&after={self.after}" if self.after else ""
        return f"/syncs/{self.sync_id}?group={self.group}{after}{row}"


def show(visit: Visit) -> Response:
    return visit.page("sync.html", **told(visit, visit.part("sync_id")))


def search(visit: Visit) -> Response:
    """Search by POST, since names do not belong in URLs."""
    return visit.page("sync.html", **told(visit, visit.part("sync_id"), words=visit.form.one("words").strip()[:200]))


def pulse(visit: Visit) -> Response:
    """Polled by open pages every few seconds, to notice changes."""
    sync_id = visit.part("sync_id")
    with visit.context.store.read() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
        counts = tally(plans.counts(session, visit.scope, sync_id))
        return JSONResponse({"pulse": beat_of(sync, marks.pulse(session, visit.scope, sync_id), counts)})


def before_deciding(visit: Visit) -> Response:
    """The effect of deciding, in numbers, with the current digest of the plan and drafts."""
    sync_id = visit.part("sync_id")
    with visit.context.store.read() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
        counts = plans.counts(session, visit.scope, sync_id)
        beat = marks.pulse(session, visit.scope, sync_id)
    if sync.status is not SyncStatus.PREVIEW:
        return visit.go(f"/syncs/{sync_id}")
    groups = [one for one in counted(counts) if one.group.is_decidable or one.group.key == "left"]
    return visit.page(
        "decide.html", sync=sync, groups=groups, tally=tally(counts), safe=safe(counts), pulse=beat,
        changed=visit.asked("changed"), rejecting=visit.asked("choice") == "reject",
    )  # fmt: skip


def before_taking_back(visit: Visit) -> Response:
    sync_id = visit.part("sync_id")
    with visit.context.store.read() as session:
        sync = syncs.sync(session, visit.scope, sync_id)
    if not can_be_taken_back(sync):
        raise Refusal(409, "This sync cannot be taken back", "It is not done, was taken back already, or is too old.")
    return visit.page("take_back.html", sync=sync, once=new_id())


def can_be_taken_back(sync: Sync) -> bool:
    in_time = sync.undo_until is not None and sync.undo_until > now()
    return sync.status is SyncStatus.COMPLETED and in_time and sync.undone_at is None


def told(visit: Visit, sync_id: str, *, words: str = "") -> dict[str, Any]:
    scope = visit.scope
    with visit.context.store.read() as session:
        sync = syncs.sync(session, scope, sync_id)
        key = syncs.preview_key(session, scope, sync_id)
        counts = plans.counts(session, scope, sync_id)
        groups = counted(counts)
        current = chosen(visit.asked("group"), groups)
        place = Place(sync_id, current.group.key if current else "", number_of(visit.asked("after")))
        rows, is_more = _rows(session, visit, sync_id, key, current.group if current else None, place.after, words)
        row = _row(session, visit, sync_id, key) or next(iter(rows), None)
        return {
            "sync": sync,
            "groups": groups,
            "current": current,
            "place": place,
            "next": Place(sync_id, place.group, rows[-1].ordinal).at() if is_more and not words else "",
            "is_more": is_more,
            "words": words,
            "lines": _lines(session, visit, sync_id, key, rows),
            "record": _record(session, visit, sync_id, key, row) if row else None,
            "row_asked": bool(visit.asked("row")),
            **_head(session, visit, sync, tally(counts)),
        }


def _head(session: Session, visit: Visit, sync: Sync, counts: Tally) -> dict[str, Any]:
    waits = sync.status is SyncStatus.PREVIEW
    return {
        "owner": owner_of(session, visit, sync.user_id),
        "tally": counts,
        "pulse": beat_of(sync, marks.pulse(session, visit.scope, sync.id), counts),
        "advice": advised(session, visit, Run(RunKind.SYNC, sync.id), waits=waits),
        "marks": marks.marks(session, visit.scope, sync.id, limit=6),
        "waits": waits,
        "working": sync.status in WRITING,
        "can_take_back": can_be_taken_back(sync),
        "run_page": visit.context.engine.run_page(sync.flow_run_id),
        "said": next((text for name, text in SAID.items() if visit.asked(name)), ""),
    }


def _rows(
    session: Session, visit: Visit, sync_id: str, key: Key | None, group: Group | None, after: int, words: str
) -> tuple[list[Change], bool]:
    """A window of rows, and whether there are more behind it."""
    if words:
        hits = plan_search.search(session, visit.scope, sync_id, key, words, limit=PAGE + 1) if key else []
        return hits[:PAGE], len(hits) > PAGE
    if group is None:
        return [], False
    found = changes(
        session, visit.scope, sync_id, key, kinds=group.kinds, states=group.states, after=after, limit=PAGE + 1
    )
    return found[:PAGE], len(found) > PAGE


def _row(session: Session, visit: Visit, sync_id: str, key: Key | None) -> Change | None:
    wanted = number_of(visit.asked("row"))
    return find(session, visit, sync_id, key, wanted) if wanted else None


def find(session: Session, visit: Visit, sync_id: str, key: Key | None, ordinal: int) -> Change:
    syncs.sync(session, visit.scope, sync_id)  # checks access first
    found = changes(session, visit.scope, sync_id, key, after=ordinal - 1, limit=1)
    if not found or found[0].ordinal != ordinal:
        raise Refusal(404, "No such row", "This plan has no row of that number.")
    return found[0]


def _lines(session: Session, visit: Visit, sync_id: str, key: Key | None, rows: list[Change]) -> list[Line]:
    edits = plan_verdicts.edits(session, visit.scope, sync_id, key, change_ids=[row.id for row in rows]) if key else {}
    nameless = [row.object_id for row in rows if row.object_id and row.proposal is None]
    there = contacts.contacts(session, visit.scope, nameless)
    names = {found.id: found.person.display_name for found in there.values()}
    return [line_of(row, edits.get(row.id), names) for row in rows]


def _record(session: Session, visit: Visit, sync_id: str, key: Key | None, row: Change) -> dict[str, Any]:
    edits = plan_verdicts.edits(session, visit.scope, sync_id, key, change_ids=[row.id]).get(row.id) if key else None
    contact = contacts.contacts(session, visit.scope, [row.object_id]).get(row.object_id) if row.object_id else None
    return {
        "row": row,
        "line": line_of(row, edits, {contact.id: contact.person.display_name} if contact else {}),
        "contact": contact,
        "fields": fields_of(row, contact, edits or Edits()),
        "links": row.proposal.links if row.proposal else (),
        "reasons": reasons_of(row),
        "moved_on": bool(contact and row.seen_version and contact.version != row.seen_version),
    }


def beat_of(sync: Sync, marked: str, counted: Tally) -> str:
    return f"{sync.status}/{marked}/{counted.written if sync.status in WRITING else 0}/{sync.undone_at or ''}"
