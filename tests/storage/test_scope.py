"""No organization sees or changes anything of another's: every repository function, found by looking, is tried.

A new one without an entry in `AS_A_STRANGER` fails here.
"""

import importlib
import inspect
import pkgutil
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError

import storage
from storage import (
    actions,
    audit,
    connections,
    contacts,
    decisions,
    deferred,
    landing,
    links,
    plans,
    reviews,
    rotation,
    syncs,
    tenants,
)
from storage.actions import Action
from storage.connections import StoredTokens
from storage.crypto import Key
from storage.documents import fingerprint, new_id
from storage.plans import Outcome
from storage.records import (
    ChangeKind,
    ChangeState,
    ConnectionStatus,
    Edits,
    Gone,
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
from storage.reviews import Choice, Decision
from storage.scope import NotAllowed, Scope
from storage.session import Session, Store
from storage.syncs import NewSync
from storage.tables import metadata
from tests.conftest import opened
from tests.storage.examples import begun, connected, kept, planned, preview_key, row, undo_key

MAKERS_OF_SCOPES = {
    "tenants.add_organization",
    "tenants.add_user",
    "tenants.organization_named",
    "tenants.organizations_all",
    "tenants.scope_of",
    "tenants.scope_of_connection",
    "tenants.scope_of_contact",
    "tenants.scope_of_sync",
    "tenants.whole_organization",
}
PERSONAL = {"connections", "landing", "plans", "reviews", "syncs"}
REFUSALS = (
    connections.UnknownConnection,
    contacts.UnknownContact,
    syncs.UnknownSync,
    syncs.RunIsOver,
    reviews.CannotDecide,
    NotAllowed,
)
LATER = datetime.now(UTC) + timedelta(hours=1)
QUARTER = timedelta(minutes=15)
EARLIER = LATER - 8 * QUARTER  # a claim that has run out


def repository_functions() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in pkgutil.iter_modules(storage.__path__):
        if not module.ispkg:
            found |= functions_of(importlib.import_module(f"storage.{module.name}"), module.name)
    return found


def functions_of(module: ModuleType, name: str) -> dict[str, Callable[..., Any]]:
    return {
        f"{name}.{label}": function
        for label, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not label.startswith("_")
        and Session in get_type_hints(function).values()
    }


FUNCTIONS = repository_functions()
SCOPED = sorted(FUNCTIONS.keys() - MAKERS_OF_SCOPES)


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

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.scope.user_id, self.object_id, self.connection_id, self.sync_id, self.change_id, self.open_sync_id, self.run_id)


def filled(session: Session, name: str) -> World:
    mark = name.lower()
    person = Person(display_name=f"Person of {mark}")
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
    plans.edit(session, scope, waiting.id, key, change_id=maybe.id, edits=Edits(refused=("job_title",)))
    undo = Undo(contact, fingerprint(person))
    done = Outcome(rows[1].id, ChangeState.APPLIED, contact.id, 1, undo)
    plans.settle(session, scope, waiting.id, key_to_undo, [done])
    syncs.keep_cursor(session, scope, waiting.id, f"next cursor of {mark}")
    landing.land(session, scope, waiting.id, key, number=1, body=mark.encode(), position=mark)
    fill_the_rest(session, scope, contact.id, connection.id, waiting.id, person)
    extracting = begun(session, scope)
    return World(
        mark, scope, contact.id, connection.id, idle.id, waiting.id, maybe.id, extracting.id, waiting.flow_run_id,
        key, key_to_undo,
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
    "actions.actions": lambda s, me, it: actions.actions(s, me, it.object_id),
    "actions.note": lambda s, me, it: actions.note(s, me, [Action("nobody", "created", "me")]),
    "audit.entries": lambda s, me, it: audit.entries(s, me, subject=it.scope.user_id),
    "audit.record": lambda s, me, it: audit.record(s, me, actor="me", action="looked", subject="nothing"),
    "audit.verify": lambda s, me, it: audit.verify(s, me).broken_at,
    "connections.advance": lambda s, me, it: connections.advance(s, me, it.connection_id, "mine"),
    "connections.claim_refresh": lambda s, me, it: connections.claim_refresh(
        s, me, it.connection_id, version=1, until=LATER
    ),
    "connections.connect": lambda s, me, it: connected(s, me, f"box@{it.mark}.example").account.removesuffix(
        f"{it.mark}.example"
    ),
    "connections.connection": lambda s, me, it: connections.connection(s, me, it.connection_id),
    "connections.connections": lambda s, me, it: connections.connections(s, me),
    "connections.cursor": lambda s, me, it: connections.cursor(s, me, it.connection_id),
    "connections.disconnect": lambda s, me, it: connections.disconnect(s, me, it.connection_id),
    "connections.keep_quiet": lambda s, me, it: connections.keep_quiet(s, me, it.connection_id, LATER + QUARTER),
    "connections.keep_tokens": lambda s, me, it: connections.keep_tokens(
        s, me, it.connection_id, StoredTokens("mine", version=1)
    ),
    "connections.mark": lambda s, me, it: connections.mark(
        s, me, it.connection_id, ConnectionStatus.NEEDS_RECONNECT, "mine"
    ),
    "connections.quiet_until": lambda s, me, it: connections.quiet_until(s, me, it.connection_id),
    "connections.release_refresh": lambda s, me, it: connections.release_refresh(s, me, it.connection_id),
    "connections.tokens": lambda s, me, it: connections.tokens(s, me, it.connection_id),
    "contacts.contact": lambda s, me, it: contacts.contact(s, me, it.object_id),
    "contacts.contacts": lambda s, me, it: contacts.contacts(s, me, [it.object_id], lock=True),
    "contacts.count": lambda s, me, it: contacts.count(s, me) - 1,
    "contacts.create": lambda s, me, it: contacts.create(s, me, []),
    "contacts.everyone": lambda s, me, it: contacts.everyone(s, me),
    "contacts.overwrite": lambda s, me, it: contacts.overwrite(
        s, me, [contacts.Contact(it.object_id, 2, Person(display_name="mine"), {})]
    ),
    "contacts.remove": lambda s, me, it: contacts.remove(s, me, [it.object_id]),
    "contacts.search": lambda s, me, it: [*contacts.search(s, me, it.mark), *contacts.search(s, me)],
    "decisions.decisions": lambda s, me, it: decisions.decisions(s, me, it.connection_id),
    "decisions.remember": lambda s, me, it: decisions.remember(
        s, me, account=it.connection_id, source_id="asked", object_id=it.object_id, verdict=Verdict.DIFFERENT,
        decided_by="me",
    ),
    "deferred.add": lambda s, me, it: deferred.add(s, me, it.connection_id, it.sync_id, [Gone("deferred")]),
    "deferred.deferred": lambda s, me, it: deferred.deferred(s, me, it.connection_id),
    "deferred.replace_all": lambda s, me, it: deferred.replace_all(s, me, it.connection_id, it.sync_id, [Gone("deferred")]),
    "landing.bodies": lambda s, me, it: landing.bodies(s, me, it.sync_id, it.key),
    "landing.clear": lambda s, me, it: landing.clear(s, me, it.sync_id),
    "landing.land": lambda s, me, it: landing.land(s, me, it.sync_id, it.key, number=2, body=b"mine", position="mine"),
    "landing.progress": lambda s, me, it: any(landing.progress(s, me, it.sync_id, it.key)),
    "links.fingerprints": lambda s, me, it: links.fingerprints(s, me, it.connection_id),
    "links.links": lambda s, me, it: links.links(s, me, it.connection_id, ["linked"]),
    "links.links_of": lambda s, me, it: links.links_of(s, me, it.object_id),
    "links.rename": lambda s, me, it: links.rename(s, me, it.connection_id, [("linked", "mine")]),
    "links.unlink": lambda s, me, it: links.unlink(s, me, it.connection_id, ["linked"]),
    "links.write": lambda s, me, it: links.write(
        s, me, [StoredLink("linked", it.object_id, Provider.MICROSOFT, it.connection_id, Person())]
    ),
    "plans.changes": lambda s, me, it: plans.changes(s, me, it.sync_id, it.key),
    "plans.clear_previews": lambda s, me, it: plans.clear_previews(s, me, it.sync_id),
    "plans.clear_undo": lambda s, me, it: plans.clear_undo(s, me, it.sync_id),
    "plans.counts": lambda s, me, it: plans.counts(s, me, it.sync_id),
    "plans.decide": lambda s, me, it: plans.decide(s, me, it.sync_id, ChangeState.APPROVED, change_ids=[it.change_id]),
    "plans.digest": lambda s, me, it: plans.digest(s, me, it.sync_id, it.key)
    != plans.digest(s, me, "a sync that never was", it.key),
    "plans.edit": lambda s, me, it: plans.edit(s, me, it.sync_id, it.key, change_id=it.change_id, edits=Edits(("notes",))),
    "plans.edits": lambda s, me, it: plans.edits(s, me, it.sync_id, it.key),
    "plans.every": lambda s, me, it: plans.every(s, me, it.sync_id, it.key),
    "plans.mark_undone": lambda s, me, it: plans.mark_undone(
        s, me, it.sync_id, plans.changes(s, it.scope, it.sync_id, None), [], why="mine"
    ),
    "plans.save": lambda s, me, it: plans.save(s, me, it.sync_id, it.key, [row(ChangeKind.CREATE, 4)]),
    "plans.settle": lambda s, me, it: plans.settle(s, me, it.sync_id, None, [Outcome(it.change_id, ChangeState.FAILED)]),
    "plans.settle_idle": lambda s, me, it: plans.settle_idle(s, me, it.sync_id),
    "plans.undoable": lambda s, me, it: plans.undoable(s, me, it.sync_id, it.undo_key),
    "plans.withdraw": lambda s, me, it: plans.withdraw(s, me, it.sync_id),
    "reviews.decide": lambda s, me, it: [
        reviews.decide(s, me, it.sync_id, decided(choice, it)) for choice in (Choice.APPROVE, Choice.REJECT)
    ],
    "reviews.end": lambda s, me, it: reviews.end(
        s, me, it.sync_id, to=SyncStatus.CANCELLED, expected=list(SyncStatus), why="mine"
    ),
    "reviews.forget": lambda s, me, it: reviews.forget(s, me, it.sync_id),
    "rotation.readable": lambda s, me, it: rotation.readable(s, me) - 9,  # as many as each organization has itself
    "rotation.rotate": lambda s, me, it: rotation.rotate(s, me),
    "syncs.close": lambda s, me, it: syncs.close(
        s, me, it.sync_id, expected=list(SyncStatus), to=SyncStatus.CANCELLED, error="mine"
    ),
    "syncs.complete": lambda s, me, it: syncs.complete(s, me, it.sync_id, Statistics(), undo_for=timedelta()),
    "syncs.demand_preview_key": lambda s, me, it: syncs.demand_preview_key(s, me, it.sync_id),
    "syncs.is_at": lambda s, me, it: syncs.is_at(s, me, it.sync_id, SyncStatus.PREVIEW),
    "syncs.is_fetched": lambda s, me, it: syncs.is_fetched(s, me, it.sync_id),
    "syncs.keep_cursor": lambda s, me, it: syncs.keep_cursor(s, me, it.sync_id, "mine"),
    "syncs.kept_cursor": lambda s, me, it: syncs.kept_cursor(s, me, it.sync_id),
    "syncs.move": lambda s, me, it: syncs.move(s, me, it.sync_id, expected=SyncStatus.PREVIEW, to=SyncStatus.EXECUTING),
    "syncs.note": lambda s, me, it: syncs.note(s, me, it.sync_id, error="mine"),
    "syncs.of_run": lambda s, me, it: syncs.of_run(s, me, it.run_id),
    "syncs.open_for": lambda s, me, it: syncs.open_for(s, me, it.connection_id),
    "syncs.open_sync": lambda s, me, it: syncs.open_sync(
        s, me, NewSync(new_id(), new_id(), Provider.MICROSOFT, it.idle_connection_id)
    ),
    "syncs.open_syncs": lambda s, me, it: syncs.open_syncs(s, me),
    "syncs.preview_key": lambda s, me, it: syncs.preview_key(s, me, it.sync_id),
    "syncs.sync": lambda s, me, it: syncs.sync(s, me, it.sync_id),
    "syncs.syncs": lambda s, me, it: syncs.syncs(s, me),
    "syncs.undo_key": lambda s, me, it: syncs.undo_key(s, me, it.sync_id),
    "tenants.member": lambda s, me, it: tenants.member(s, me, f"admin@{it.mark}.example"),
    "tenants.users_of": lambda s, me, it: tenants.users_of(s, me),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Two:
    store: Store
    acme: World
    rival: World


@pytest.fixture(scope="module")
def two(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    file = tmp_path_factory.mktemp("scope") / "two.db"
    shutil.copy(sqlite_template, file)
    with opened(f"sqlite:///{file}") as store, store.begin() as session:
        acme, rival = filled(session, "Acme"), filled(session, "Rival")
        session.connection.commit()
        yield Two(store, acme, rival)


def test_every_repository_function_is_found() -> None:
    assert len(SCOPED) > 60
    assert set(FUNCTIONS) >= MAKERS_OF_SCOPES


@pytest.mark.parametrize("name", SCOPED)
def test_every_repository_function_wants_to_know_who_asks(name: str) -> None:
    wanted = inspect.signature(FUNCTIONS[name]).parameters
    assert wanted.get("scope") is not None, f"{name} takes a session and no scope"
    assert get_type_hints(FUNCTIONS[name])["scope"] is Scope
    assert wanted["scope"].default is inspect.Parameter.empty


@pytest.mark.parametrize("name", SCOPED)
def test_a_stranger_sees_and_changes_nothing(two: Two, name: str) -> None:
    assert name in AS_A_STRANGER, f"say in AS_A_STRANGER how a stranger would call {name}"
    with two.store.begin() as session:
        before = rows_of(session, two.acme)
        given = answer(session, AS_A_STRANGER[name], two.rival.scope, two.acme)
        assert rows_of(session, two.acme) == before
        assert references_across(session) == []
        session.connection.rollback()
    assert says_nothing_of(two.acme, given)


@pytest.mark.parametrize("name", SCOPED)
def test_the_owner_is_not_a_stranger(two: Two, name: str) -> None:
    """The same calls do something for whom they are meant for: otherwise the test above could not fail."""
    with two.store.begin() as session:
        before = rows_of(session, two.acme)
        given = answer(session, AS_A_STRANGER[name], two.acme.scope, two.acme)
        changed = rows_of(session, two.acme) != before
        session.connection.rollback()
    assert changed or not says_nothing_of(two.acme, given) or name in WITHOUT_EFFECT_HERE


@pytest.mark.parametrize("name", [name for name in SCOPED if name.split(".")[0] in PERSONAL])
def test_a_member_is_a_stranger_to_the_syncs_and_connections_of_others(two: Two, name: str) -> None:
    with two.store.begin() as session:
        tenants.add_user(session, two.acme.mark, "member@acme.example", role=Role.MEMBER)
        member = tenants.scope_of(session, two.acme.mark, "member@acme.example")
        before = rows_of(session, two.acme)
        given = answer(session, AS_A_STRANGER[name], member, two.acme)
        changed = {table for table, rows in rows_of(session, two.acme).items() if rows != before[table]}
        session.connection.rollback()
    assert says_nothing_of(two.acme, given) or name == "connections.connect"  # the same mailbox, connected by another
    assert changed <= ({"oauth_connections"} if name == "connections.connect" else set())


def test_a_member_sees_what_is_their_own_and_an_admin_all(two: Two) -> None:
    with two.store.begin() as session:
        tenants.add_user(session, two.acme.mark, "member@acme.example", role=Role.MEMBER)
        member = tenants.scope_of(session, two.acme.mark, "member@acme.example")
        mine = connected(session, member, "member@acme.example")
        sync = planned(session, member, [row(ChangeKind.CREATE, 1)], mine.id)
        assert [one.id for one in connections.connections(session, member)] == [mine.id]
        assert [one.id for one in syncs.syncs(session, member)] == [sync.id]
        assert plans.counts(session, member, sync.id).total() == 1
        assert mine.id in {one.id for one in connections.connections(session, two.acme.scope)}
        assert {sync.id, two.acme.sync_id} <= {one.id for one in syncs.syncs(session, two.acme.scope)}
        session.connection.rollback()


WITHOUT_EFFECT_HERE = {
    "audit.verify",
    "contacts.count",
    "contacts.create",
    "plans.settle_idle",  # nothing is approved yet
    "plans.withdraw",  # as above
    "rotation.readable",  # as many as a stranger has
    "rotation.rotate",  # there is but one key
    "syncs.complete",  # not executing yet
}


def answer(session: Session, call: Callable[[Session, Scope, World], Any], scope: Scope, theirs: World) -> Any:
    try:
        given = call(session, scope, theirs)
        return list(given) if isinstance(given, Iterator) else given
    except (*REFUSALS, syncs.AlreadyOpen, IntegrityError):
        return None


def says_nothing_of(world: World, given: Any) -> bool:
    if given is None or isinstance(given, (bool, int, Counter)):
        return not given
    if isinstance(given, (Key, datetime, StoredTokens)):
        return False
    text = repr(given).lower()
    return world.mark not in text and not any(one in text for one in world.ids)


def rows_of(session: Session, world: World) -> dict[str, list[tuple[Any, ...]]]:
    organization = world.scope.organization_id
    return {
        table.name: sorted(map(tuple, session.execute(select(table).where(owner(table) == organization))), key=repr)
        for table in metadata.sorted_tables
    }


def owner(table: Table) -> Any:
    return table.c.organization_id if "organization_id" in table.c else table.c.id


def references_across(session: Session) -> list[str]:
    """Columns that refer to a row of another organization."""
    found = []
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            parent = key.referred_table.alias()
            if "organization_id" not in parent.c:
                continue
            here, there = next((e.parent, e.column) for e in key.elements if e.parent.name != "organization_id")
            crossing = select(func.count()).where(
                here == parent.c[there.name], table.c.organization_id != parent.c.organization_id
            )
            if session.execute(crossing).scalar_one():
                found.append(f"{table.name}.{here.name}")
    return found
