"""Match new records: with contacts of the CRM, with one another, or with nobody yet."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from prefect import get_run_logger, task

from storage.documents import now
from storage.organization import tenants
from storage.people import contacts, decisions
from storage.records import Match, Verdict
from storage.scope import Scope
from storage.session import Session, Store, open_store
from storage.sync import staging, syncs
from tasks.rules.matching import Resolution, Traits, judge, resolve, traits
from tasks.sync.advising import Adviser, adviser
from tasks.sync.comparing import compared
from tasks.sync.gc_pause import without_gc

CONFIRMED = "confirmed by a person earlier"


@task
def link(sync_id: str) -> None:
    with without_gc():
        _link(open_store(), sync_id)


def _link(store: Store, sync_id: str) -> None:
    with store.begin() as session:
        scope = tenants.scope_of_sync(session, sync_id)
        syncs.note(session, scope, sync_id, compared_at=now())  # contacts added after this were not compared
        decisions.follow(session, scope, syncs.sync(session, scope, sync_id).account, staging.renamed(sync_id))
    with store.read() as session:
        sync = syncs.sync(session, scope, sync_id)
        said = decisions.decisions(session, scope, sync.account)
        new = [(record.source_id, record.seen.person) for record in staging.standing(sync_id, "new") if record.seen]
        incoming = [traits(_incoming(source_id), person) for source_id, person in new]
        existing = _crm(session, scope) if incoming else []
    confirmed = [
        Match(source_id, object_id, Verdict.SURE, 1.0, CONFIRMED)
        for (source_id, object_id), verdict in said.items()
        if verdict is Verdict.SURE
    ]
    apart = {
        (_incoming(source_id), _known(object_id))
        for (source_id, object_id), verdict in said.items()
        if verdict is Verdict.DIFFERENT
    }
    found = _resolved(incoming, existing, apart, adviser(store, scope, get_run_logger().warning))
    settled = {match.left for match in confirmed}
    links = [_plain(match) for match in found.links.values() if _source(match.left) not in settled]
    staging.add_matches(sync_id, [*_still_there(confirmed, new, existing), *links], _twins(found), _doubts(found))


def _resolved(
    incoming: Sequence[Traits], existing: Sequence[Traits], apart: set[tuple[str, str]], helper: Adviser | None
) -> Resolution:
    matches, found = compared(incoming, existing)
    for rule in found.capped:
        get_run_logger().info(
            "%d people share keys of the kind %r: of their %d pairs only the likeliest were compared",
            rule.people,
            rule.rule,
            rule.pairs,
        )
    if helper is None:
        return resolve(matches, incoming, existing, apart=apart)
    matches = _compared_by_meaning(helper, incoming, existing, found.pairs, matches)
    return _with_opinions(helper, resolve(matches, incoming, existing, apart=apart), [*incoming, *existing])


def _compared_by_meaning(
    helper: Adviser,
    incoming: Sequence[Traits],
    existing: Sequence[Traits],
    pairs: NDArray[np.int32],
    matches: list[Match],
) -> list[Match]:
    """Compare again, with candidates by embedding for records that match nobody so far."""
    told = {name for match in matches for name in (match.left, match.right)}
    alone = {at: person for at, person in enumerate(incoming) if person.id not in told}
    others = dict(enumerate(existing, len(incoming)))
    contacts = {at: person.id.removeprefix("crm ") for at, person in others.items()}
    near = helper.alike(alone, others, contacts) if alone else []
    return judge(incoming, existing, [*pairs.tolist(), *near]) if near else matches


def _with_opinions(helper: Adviser, found: Resolution, people: Sequence[Traits]) -> Resolution:
    by_id = {person.id: person for person in people}
    asked = [match for match in found.links.values() if match.verdict is Verdict.MAYBE]
    told = helper.opinions([(by_id[match.left], by_id[match.right], match.reason) for match in asked])
    links = {
        match.left: replace(match, reason=f"{match.reason}; {opinion}")
        for match, opinion in zip(asked, told, strict=True)
        if opinion
    }
    return replace(found, links={**found.links, **links})


def _crm(session: Session, scope: Scope) -> list[Traits]:
    return [traits(_known(contact.id), contact.person) for contact in contacts.everyone(session, scope)]


def _still_there(confirmed: list[Match], new: Sequence[tuple[str, object]], existing: Sequence[Traits]) -> list[Match]:
    """Drop confirmed matches whose contact no longer exists."""
    wanted, there = {source_id for source_id, _ in new}, {person.id for person in existing}
    return [match for match in confirmed if match.left in wanted and _known(match.right) in there]


def _twins(found: Resolution) -> list[tuple[str, str, str]]:
    """(record, representative record, reason) for records of one person that is not in the CRM."""
    reason = "the same person as another record of this source"
    return [
        (_source(other), _source(first), reason)
        for first, *others in found.twins
        if not any(member in found.links for member in (first, *others))
        for other in others
    ]


def _doubts(found: Resolution) -> list[tuple[str, str]]:
    return [(_source(one), match.reason) for match in found.doubtful_twins for one in (match.left, match.right)]


# Source ids and contact ids meet in matching: prefixed, so that a hostile file cannot pose as one of our contacts.
def _incoming(source_id: str) -> str:
    return f"source {source_id}"


def _known(object_id: str) -> str:
    return f"crm {object_id}"


def _source(name: str) -> str:
    return name.removeprefix("source ")


def _plain(match: Match) -> Match:
    return Match(_source(match.left), match.right.removeprefix("crm "), match.verdict, match.score, match.reason)
