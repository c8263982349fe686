"""What one organization has, and how a stranger who knew its ids would call every repository function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storage import audit, rotation
from storage.crypto import Key
from storage.deciding import Choice
from storage.documents import fingerprint, new_id
from storage.organization import connections, tenants
from storage.organization.connections import StoredTokens
from storage.people import actions, decisions, links
from storage.people.actions import Action
from storage.people.merging import Pair
from storage.records import (
    ChangeKind,
    ChangeState,
    ConnectionStatus,
    Edits,
    Gone,
    Labelled,
    Person,
    Provider,
    Role,
    Seen,
    Statistics,
    StoredLink,
    SyncStatus,
    Undo,
    Verdict,
)
from storage.scope import Scope
from storage.session import Session
from storage.sync import (
    deferred,
    landing,
    opening,
    plan_outcomes,
    plan_values,
    plan_verdicts,
    plans,
    reviews,
    syncs,
    waiting,
)
from storage.sync.opening import NewSync
from storage.sync.plan_outcomes import Outcome
from storage.sync.reviews import Decision
from tests.storage.campaign_isolation import CAMPAIGNS_AS_A_STRANGER, CampaignWorld, filled_campaign
from tests.storage.examples import begun, connected, kept, planned, preview_key, row, undo_key
from tests.storage.notice_isolation import NOTICES_AS_A_STRANGER, filled_notices
from tests.storage.people_isolation import PEOPLE_AS_A_STRANGER, twinned
from tests.storage.privacy_isolation import PRIVACY_AS_A_STRANGER, filled_erasure
from tests.storage.review_isolation import REVIEW_AS_A_STRANGER, filled_review
from tests.storage.schedule_isolation import SCHEDULES_AS_A_STRANGER, filled_schedule
from tests.storage.sending_isolation import OUTBOX_AS_A_STRANGER, SendingWorld, filled_outbox
from tests.storage.suggestion_isolation import SUGGESTIONS_AS_A_STRANGER, filled_suggestions

LATER = datetime.now(UTC) + timedelta(hours=1)
QUARTER = timedelta(minutes=15)
EARLIER = LATER - 8 * QUARTER  # a claim that has run out


@dataclass(frozen=True, slots=True)
class World:
    """What one organization has; every text in it bears the organization's mark."""

    mark: str
    scope: Scope
    object_id: str
    connection_id: str
    idle_connection_id: str
    sync_id: str
    change_id: str
    open_sync_id: str
    run_id: str
    key: Key
    undo_key: Key
    mail: CampaignWorld
    twins_id: str
    merged_id: str
    pair: Pair
    out: SendingWorld
    mark_id: str
    session_id: str
    link_id: str

    @property
    def ids(self) -> tuple[str, ...]:
        return (
            self.scope.user_id,
            self.object_id,
            self.connection_id,
            self.sync_id,
            self.change_id,
            self.open_sync_id,
            self.run_id,
            *self.mail.ids,
            self.twins_id,
            self.merged_id,
            self.pair.gone.id,
            *self.out.ids,
            self.mark_id,
            self.session_id,
            self.link_id,
        )


def filled(session: Session, name: str) -> World:
    mark = name.lower()
    person = Person(display_name=f"Person of {mark}", emails=(Labelled(f"person@{mark}.example"),))
    tenants.add_organization(session, name)
    tenants.add_user(session, mark, f"admin@{mark}.example", role=Role.ADMIN)
    scope = tenants.scope_of(session, mark, f"admin@{mark}.example")
    contact = kept(session, scope, person)
    connection = connected(session, scope, f"box@{mark}.example")
    connections.advance(session, scope, connection.id, f"cursor of {mark}")
    connections.keep_quiet(session, scope, connection.id, LATER)
    connections.claim_refresh(session, scope, connection.id, version=1, until=EARLIER)
    idle = connected(session, scope, f"idle@{mark}.example")
    maybe = row(ChangeKind.MAYBE, 1, object_id=contact.id, person=person)
    rows = [maybe, row(ChangeKind.CREATE, 2, person=person), row(ChangeKind.SKIP, 3, person=person)]
    waiting = planned(session, scope, rows, connection.id)
    key, key_to_undo = preview_key(session, scope, waiting.id), undo_key(session, scope, waiting.id)
    plan_verdicts.edit(session, scope, waiting.id, key, change_id=maybe.id, edits=Edits(refused=("job_title",)))
    undo = Undo(contact, fingerprint(person))
    done = Outcome(rows[1].id, ChangeState.APPLIED, contact.id, 1, undo)
    plan_outcomes.settle(session, scope, waiting.id, key_to_undo, [done])
    syncs.keep_cursor(session, scope, waiting.id, f"next cursor of {mark}")
    landing.land(session, scope, waiting.id, key, number=1, body=mark.encode(), position=mark)
    fill_the_rest(session, scope, contact.id, connection.id, waiting.id, person)
    filled_schedule(session, scope, connection.id)
    filled_erasure(session, scope, mark)
    filled_suggestions(session, scope, waiting.id, mark)
    filled_notices(session, scope, mark)
    extracting = begun(session, scope)
    merged_id, pair = twinned(session, scope, contact)
    return World(
        mark, scope, contact.id, connection.id, idle.id, waiting.id, maybe.id, extracting.id, waiting.flow_run_id,
        key, key_to_undo, filled_campaign(session, scope, mark), pair.twins.id, merged_id, pair,
        filled_outbox(session, scope, idle.id),
        *filled_review(session, scope, waiting.id, maybe.id, mark),
    )  # fmt: skip


def fill_the_rest(
    session: Session, scope: Scope, object_id: str, connection_id: str, sync_id: str, person: Person
) -> None:
    deferred.add(session, scope, connection_id, sync_id, [Seen("deferred", person)])
    link = StoredLink("linked", object_id, Provider.MICROSOFT, connection_id, person)
    links.write(session, scope, [link])
    decisions.remember(
        session, scope, account=connection_id, source_id="asked", object_id=object_id,
        verdict=Verdict.SURE, decided_by=person.display_name,
    )  # fmt: skip
    actions.note(session, scope, [Action(object_id, "created", person.display_name, sync_id)])


def decided(choice: Choice, theirs: World) -> Decision:
    return Decision(choice, "stranger@rival.example", refused=(theirs.change_id,))


AS_A_STRANGER: dict[str, Callable[[Session, Scope, World], Any]] = {
    "audit.entries": lambda s, me, it: audit.entries(s, me, subject=it.scope.user_id),
    "audit.record": lambda s, me, _: audit.record(s, me, actor="me", action="looked", subject="nothing"),
    "audit.verify": lambda s, me, _: audit.verify(s, me).broken_at,
    "connections.advance": lambda s, me, it: connections.advance(s, me, it.connection_id, "mine"),
    "connections.claim_refresh": lambda s, me, it: connections.claim_refresh(
        s, me, it.connection_id, version=1, until=LATER
    ),
    "connections.connect": lambda s, me, it: connected(s, me, f"box@{it.mark}.example").account.removesuffix(
        f"{it.mark}.example"
    ),
    "connections.connection": lambda s, me, it: connections.connection(s, me, it.connection_id),
    "connections.connections": lambda s, me, _: connections.connections(s, me),
    "connections.cursor": lambda s, me, it: connections.cursor(s, me, it.connection_id),
    "connections.disconnect": lambda s, me, it: connections.disconnect(s, me, it.connection_id),
    "connections.keep_quiet": lambda s, me, it: connections.keep_quiet(s, me, it.connection_id, LATER + QUARTER),
    "connections.keep_tokens": lambda s, me, it: connections.keep_tokens(
        s, me, it.connection_id, StoredTokens("mine", version=1), scopes=()
    ),
    "connections.mark": lambda s, me, it: connections.mark(
        s, me, it.connection_id, ConnectionStatus.NEEDS_RECONNECT, "mine"
    ),
    "connections.quiet_until": lambda s, me, it: connections.quiet_until(s, me, it.connection_id),
    "connections.release_refresh": lambda s, me, it: connections.release_refresh(s, me, it.connection_id),
    "connections.tokens": lambda s, me, it: connections.tokens(s, me, it.connection_id),
    "connections.with_tokens": lambda s, me, it: connections.with_tokens(s, me, it.connection_id),
    "deferred.add": lambda s, me, it: deferred.add(s, me, it.connection_id, it.sync_id, [Gone("deferred")]),
    "deferred.deferred": lambda s, me, it: deferred.deferred(s, me, it.connection_id),
    "deferred.everything": lambda s, me, _: deferred.everything(s, me),
    "deferred.prune": lambda s, me, _: deferred.prune(s, me),
    "deferred.replace_all": lambda s, me, it: deferred.replace_all(
        s, me, it.connection_id, it.sync_id, [Gone("deferred")]
    ),
    "landing.bodies": lambda s, me, it: landing.bodies(s, me, it.sync_id, it.key),
    "landing.clear": lambda s, me, it: landing.clear(s, me, it.sync_id),
    "landing.land": lambda s, me, it: landing.land(s, me, it.sync_id, it.key, number=2, body=b"mine", position="mine"),
    "landing.progress": lambda s, me, it: any(landing.progress(s, me, it.sync_id, it.key)),
    "landing.prune": lambda s, me, _: landing.prune(s, me) - 1,  # their own
    "plan_outcomes.clear_undo": lambda s, me, it: plan_outcomes.clear_undo(s, me, it.sync_id),
    "plan_outcomes.mark_undone": lambda s, me, it: plan_outcomes.mark_undone(
        s, me, it.sync_id, plans.changes(s, it.scope, it.sync_id, None), [], why="mine"
    ),
    "plan_outcomes.settle": lambda s, me, it: plan_outcomes.settle(
        s, me, it.sync_id, None, [Outcome(it.change_id, ChangeState.FAILED)]
    ),
    "plan_outcomes.settle_idle": lambda s, me, it: plan_outcomes.settle_idle(s, me, it.sync_id),
    "plan_outcomes.undo_data": lambda s, me, it: plan_outcomes.undo_data(s, me, it.sync_id, it.undo_key),
    "plan_outcomes.undoable": lambda s, me, it: plan_outcomes.undoable(s, me, it.sync_id, it.undo_key),
    "plan_values.put": lambda s, me, it: plan_values.put(s, me, it.sync_id, "payload", {it.change_id: b"mine"}),
    "plan_verdicts.decide": lambda s, me, it: plan_verdicts.decide(
        s, me, it.sync_id, ChangeState.APPROVED, change_ids=[it.change_id]
    ),
    "plan_verdicts.edit": lambda s, me, it: plan_verdicts.edit(
        s, me, it.sync_id, it.key, change_id=it.change_id, edits=Edits(("notes",))
    ),
    "plan_verdicts.edits": lambda s, me, it: plan_verdicts.edits(s, me, it.sync_id, it.key),
    "plan_verdicts.withdraw": lambda s, me, it: plan_verdicts.withdraw(s, me, it.sync_id),
    "plans.absent": lambda s, me, it: plans.absent(s, me, it.sync_id, [it.change_id]) == [],
    "plans.changes": lambda s, me, it: plans.changes(s, me, it.sync_id, it.key),
    "plans.clear_previews": lambda s, me, it: plans.clear_previews(s, me, it.sync_id),
    "plans.counts": lambda s, me, it: plans.counts(s, me, it.sync_id),
    "plans.digest": lambda s, me, it: plans.digest(s, me, it.sync_id, it.key)
    != plans.digest(s, me, "a sync that never was", it.key),
    "plans.every": lambda s, me, it: plans.every(s, me, it.sync_id, it.key),
    "plans.save": lambda s, me, it: plans.save(s, me, it.sync_id, it.key, [row(ChangeKind.CREATE, 4)]),
    "reviews.decide": lambda s, me, it: [
        reviews.decide(s, me, it.sync_id, decided(choice, it)) for choice in (Choice.APPROVE, Choice.REJECT)
    ],
    "reviews.end": lambda s, me, it: reviews.end(
        s, me, it.sync_id, to=SyncStatus.CANCELLED, expected=list(SyncStatus), why="mine"
    ),
    "reviews.forget": lambda s, me, it: reviews.forget(s, me, it.sync_id),
    "rotation.readable": lambda s, me, _: rotation.readable(s, me) - 14,  # as many as each organization has itself
    "rotation.rotate": lambda s, me, _: rotation.rotate(s, me),
    "syncs.close": lambda s, me, it: syncs.close(
        s, me, it.sync_id, expected=list(SyncStatus), to=SyncStatus.CANCELLED, error="mine"
    ),
    "syncs.complete": lambda s, me, it: syncs.complete(s, me, it.sync_id, Statistics(), undo_for=timedelta()),
    "syncs.demand_preview_key": lambda s, me, it: syncs.demand_preview_key(s, me, it.sync_id),
    "syncs.forget_undo": lambda s, me, it: syncs.forget_undo(s, me, it.sync_id),
    "syncs.is_at": lambda s, me, it: syncs.is_at(s, me, it.sync_id, SyncStatus.PREVIEW),
    "syncs.is_fetched": lambda s, me, it: syncs.is_fetched(s, me, it.sync_id),
    "syncs.keep_cursor": lambda s, me, it: syncs.keep_cursor(s, me, it.sync_id, "mine"),
    "syncs.kept_cursor": lambda s, me, it: syncs.kept_cursor(s, me, it.sync_id),
    "syncs.move": lambda s, me, it: syncs.move(s, me, it.sync_id, expected=SyncStatus.PREVIEW, to=SyncStatus.EXECUTING),
    "syncs.note": lambda s, me, it: syncs.note(s, me, it.sync_id, error="mine"),
    "syncs.of_run": lambda s, me, it: syncs.of_run(s, me, it.run_id),
    "syncs.open_for": lambda s, me, it: syncs.open_for(s, me, it.connection_id),
    "opening.open_sync": lambda s, me, it: opening.open_sync(
        s, me, NewSync(new_id(), new_id(), Provider.MICROSOFT, it.idle_connection_id)
    ),
    "syncs.open_syncs": lambda s, me, _: syncs.open_syncs(s, me),
    "syncs.preview_key": lambda s, me, it: syncs.preview_key(s, me, it.sync_id),
    "syncs.sync": lambda s, me, it: syncs.sync(s, me, it.sync_id),
    "syncs.syncs": lambda s, me, _: syncs.syncs(s, me),
    "syncs.undo_key": lambda s, me, it: syncs.undo_key(s, me, it.sync_id),
    "tenants.member": lambda s, me, it: tenants.member(s, me, f"admin@{it.mark}.example"),
    "tenants.users_of": lambda s, me, _: tenants.users_of(s, me),
    "waiting.lock_waiting_sync": lambda s, me, it: waiting.lock_waiting_sync(s, me, it.sync_id),
    **PEOPLE_AS_A_STRANGER, **CAMPAIGNS_AS_A_STRANGER, **OUTBOX_AS_A_STRANGER, **REVIEW_AS_A_STRANGER,
    **SCHEDULES_AS_A_STRANGER,
    **PRIVACY_AS_A_STRANGER, **SUGGESTIONS_AS_A_STRANGER, **NOTICES_AS_A_STRANGER,
}  # fmt: skip
