"""Make the plan: every record of this sync with the change it would cause, under one digest, ready for review."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from prefect import task
from prefect.artifacts import create_markdown_artifact

from storage import audit
from storage.documents import new_id, now
from storage.organization import tenants
from storage.organization.organization_settings import organization_settings
from storage.people import contacts, links
from storage.privacy import erasures
from storage.privacy.erasures import Known
from storage.records import Change, ChangeKind, Contact, SourceLink, StoredLink, SyncStatus
from storage.scope import Scope
from storage.session import Session, open_store
from storage.settings import settings
from storage.sync import landing, plans, staging, syncs
from storage.sync.staging import Classified
from storage.sync.syncs import Sync
from tasks.providers.flow_runs.events import notify
from tasks.rules import guards, planning
from tasks.rules.accounting import UNREADABLE, forecast, told
from tasks.rules.guards import Extent
from tasks.rules.identity import KNOWN_BY
from tasks.rules.survivorship import Arbiter
from tasks.sync.policy import settle

UNCHANGED = "nothing changed at the source"


@dataclass(frozen=True, slots=True)
class Crm:
    """The contacts and links that a plan is about, and the survivorship rules between the CRM and this source.

    Read when the plan is made: contacts may have been deleted or merged since the records were staged and linked.
    """

    contacts: dict[str, Contact]
    links: dict[str, StoredLink]
    arbiter: Arbiter


@task
def plan(sync_id: str) -> dict[str, int]:
    """Returns the number of rows of each kind that wait for review."""
    store = open_store()
    with store.read() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        sync = syncs.sync(session, scope, sync_id)
        rows = _numbered(_rows(session, scope, sync))
        extent = _extent(session, scope, sync, rows)
    _stop_if_unsafe(sync, rows, extent)
    with store.begin() as session:
        if not _save(session, scope, sync, rows):
            return {}  # another process of this flow run was first
        is_settled = settle(session, scope, sync.id, rows)
    staging.drop(sync_id)
    counted = told(Counter((row.kind, row.state) for row in rows))
    create_markdown_artifact(_summary(sync_id, counted), key=f"plan-{sync_id}", description="What waits for review")
    notify("approved-by-policy" if is_settled else "awaiting-review", sync_id, counted)
    return dict(counted)


def _rows(session: Session, scope: Scope, sync: Sync) -> list[Change]:
    changed, new, removed = (staging.standing(sync.id, which) for which in ("changed", "new", "removed"))
    matched = staging.matches(sync.id)
    tied = links.links(session, scope, sync.account, [one.linked_as for one in (*changed, *removed)])
    wanted = {link.object_id for link in tied.values()} | {match.object_id for match in matched.values()}
    crm = Crm(
        contacts.contacts(session, scope, sorted(wanted - {""})),
        tied,
        Arbiter(organization_settings(session, scope).which_survives, sync.provider, sync.account),
    )
    rows = chain(
        (_changed(crm, one) for one in changed),
        (_removed(crm, one) for one in removed),
        _new(crm, new, matched, staging.doubts(sync.id)),
        (planning.skip(one.reason, failed=True) for one in staging.standing(sync.id, "unreadable")),
        (planning.skip(planning.ERASED) for _ in staging.standing(sync.id, "erased")),
    )
    # Unchanged rows, usually most, come last in the review: they need not be sorted.
    idle = [planning.skip(UNCHANGED, object_id=object_id) for _, object_id in staging.unchanged(sync.id)]
    return planning.chained(planning.in_order(rows), crm.contacts, crm.arbiter) + idle


def _changed(crm: Crm, one: Classified) -> Change:
    before, renamed = crm.links.get(one.linked_as), one.linked_as != one.source_id
    contact = crm.contacts.get(before.object_id) if before else None
    if contact is None:
        return planning.overtaken(_link(one))
    reason = "the source gave it another id" if renamed else "changed at the source"
    return planning.comparison(contact, _link(one, before), reason=reason, arbiter=crm.arbiter)


def _removed(crm: Crm, one: Classified) -> Change:
    before = crm.links.get(one.linked_as)
    contact = crm.contacts.get(before.object_id) if before else None
    if before is None or contact is None:
        return planning.skip("no longer at the source, nor in the CRM")
    return planning.removal(contact, SourceLink(one.source_id, before.base, before.base, before.version))


def _new(
    crm: Crm, new: Sequence[Classified], matched: dict[str, staging.Linked], doubts: dict[str, str]
) -> Iterator[Change]:
    twins: dict[str, list[Classified]] = defaultdict(list)
    for one in new:
        match = matched.get(one.source_id)
        if match and match.twin_of:
            twins[match.twin_of].append(one)
            yield planning.skip(f"{match.reason}, and goes into the same contact", name=_name(one))
        elif match and match.object_id not in crm.contacts:
            yield planning.overtaken(_link(one))
        elif match:
            yield planning.comparison(
                crm.contacts[match.object_id], _link(one),
                reason=match.reason, verdict=match.verdict, arbiter=crm.arbiter,
            )  # fmt: skip
    for one in new:
        if one.source_id not in matched:
            tied = [_link(one), *map(_link, twins[one.source_id])]
            yield planning.creation(tied, doubt=doubts.get(one.source_id, ""))


def _link(one: Classified, before: StoredLink | None = None) -> SourceLink:
    if one.seen is None:
        raise ValueError("only a record that was read can be compared")
    renamed = before is not None and before.source_id != one.source_id
    return SourceLink(
        source_id=one.source_id,
        person=one.seen.person,
        version=one.seen.version,
        modified_at=one.seen.modified_at,
        previous_id=before.source_id if before and renamed else "",
        **({"base": before.base} if before else {}),
    )


def _name(one: Classified) -> str:
    return one.seen.person.display_name if one.seen else ""


def _numbered(rows: Sequence[Change]) -> list[Change]:
    return [replace(row, id=new_id(), ordinal=ordinal) for ordinal, row in enumerate(rows, 1)]


def _extent(session: Session, scope: Scope, sync: Sync, rows: Sequence[Change]) -> Extent:
    seen = sum(row.kind is not ChangeKind.REMOVED for row in rows)
    holders = links.holders(session, scope, sync.account, guards.blanked(rows))
    return Extent(links.count(session, scope, sync.account), seen, sync.full, holders)


def _stop_if_unsafe(sync: Sync, rows: Sequence[Change], extent: Extent) -> None:
    found = guards.unsafe(rows, extent)
    found += [stop for repeated in staging.most_repeated(sync.id) if (stop := guards.repeated(*repeated))]
    stops = [stop for stop in found if stop.allow not in sync.allowed]
    if len(stops) == 1:
        raise stops[0]
    if stops:
        raise guards.UnsafePlan("; ".join(map(str, stops)))


def _save(session: Session, scope: Scope, sync: Sync, rows: Sequence[Change]) -> bool:
    key = syncs.preview_key(session, scope, sync.id)
    expires = now() + timedelta(days=settings().review_days)
    if key is None or not syncs.move(
        session, scope, sync.id, expected=SyncStatus.EXTRACTING, to=SyncStatus.PREVIEW, expires_at=expires
    ):
        return False
    rows = _but_erased(session, scope, sync, rows)
    digest = plans.save(session, scope, sync.id, key, rows)
    counts = Counter((row.kind, row.state) for row in rows)
    counted = forecast(counts)
    syncs.note(session, scope, sync.id, digest=digest, maybe=plans.maybes(counts), **counted.by_name())
    landing.clear(session, scope, sync.id)
    audit.record(
        session, scope, actor="contactflow", action="sync.planned", subject=sync.id,
        detail={"digest": digest, "rows": len(rows), **counted.by_name()},
    )  # fmt: skip
    return True


def _but_erased(session: Session, scope: Scope, sync: Sync, rows: Sequence[Change]) -> Sequence[Change]:
    """Remove people who were erased while the plan was made. Later erasures remove them from the stored plan."""
    erasures.lock_erasures(session, scope)
    gone = erasures.known(session, scope, since=sync.created_at)
    if not gone.keys:
        return rows
    there = contacts.contacts(session, scope, sorted({row.object_id for row in rows if row.object_id}))
    return [planning.but_erased(row, _is_erased(gone, sync, row), row.object_id not in there) for row in rows]


def _is_erased(gone: Known, sync: Sync, row: Change) -> bool:
    links = row.proposal.links if row.proposal else ()
    return any(gone.holds(KNOWN_BY, link.person, sync.account, [link.source_id]) for link in links)


def _summary(sync_id: str, counted: Counter[str]) -> str:
    lines = [f"| {kind} | {counted[kind]} |" for kind in (*ChangeKind, UNREADABLE) if counted[kind]]
    page = f"{settings().public_url}/syncs/{sync_id}"
    return "\n".join([
        f"### Sync {sync_id}", "",
        f"[Look at it and decide]({page}); or `contactflow preview {sync_id}`; or resume this run.", "",
        "| what | how many |", "|---|---|", *lines,
    ])  # fmt: skip
