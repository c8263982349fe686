"""No organization sees or changes anything of another's: every repository function, found by looking, is tried.

A new one without an entry in `AS_A_STRANGER` fails here.
"""

import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest

import storage
from storage.organization import connections, tenants
from storage.records import (
    ChangeKind,
    Role,
)
from storage.scope import Scope
from storage.session import Session, Store
from storage.sync import plans, syncs
from tests.conftest import opened
from tests.storage.examples import connected, planned, row
from tests.storage.isolation import AS_A_STRANGER, World, filled
from tests.storage.leaks import answer, references_across, rows_of, says_nothing_of

MAKERS_OF_SCOPES = {
    "sign_ins.members_called",
    "sign_ins.visitor",
    "tenants.add_organization",
    "tenants.add_user",
    "tenants.organization_named",
    "tenants.organizations_all",
    "tenants.scope_of",
    "tenants.scope_of_campaign",
    "tenants.scope_of_connection",
    "tenants.scope_of_contact",
    "tenants.scope_of_mail",
    "tenants.scope_of_schedule",
    "tenants.scope_of_sync",
    "tenants.scope_of_twins",
    "tenants.whole_organization",
    "applications.accept",  # of the house, as are the next: no organization has rows there
    "applications.refusal",
    "applications.refuse",
    "campaign_standing.live_everywhere",  # for upkeep, as are the next: whose it is comes along
    "campaign_standing.ended_since",
    "campaign_standing.past_keeping",
    "deferred.with_given_up",
    "landing.with_left_behind",
    "matters.somewhere",
    "notices.with_old",
    "notices.with_targets",
    "notices.with_waiting",
    "schedules.with_any",
    "sign_ins.with_old",
    "syncs.past_undo",
    "twins.past_undo",
    "usage.with_abandoned",
    "syncs.open_everywhere",
    "measures.measures",
    "measures.table_rows",
    "row_security.across",
    "row_security.everywhere",
    "row_security.owners_of",
    "row_security.directory",
    "row_security.enter_each_employer",
    "row_security.enter_owner_of",
    "row_security.enter_owner_of_token",
}
PERSONAL = {
    "analytics",
    "campaign_reviews",
    "campaigns",
    "connections",
    "landing",
    "mails",
    "past_mails",
    "outbox",
    "marks",
    "opening",
    "plan_search",
    "plan_texts",
    "plan_outcomes",
    "plan_values",
    "plan_verdicts",
    "plans",
    "reviews",
    "schedules",
    "suggestions",
    "syncs",
    "tallies",
    "turns",
}
NEED_A_KEY = {"landing.land", "mails.freeze", "plan_texts.keep", "plans.save"}  # the run's, which no other member gets


def repository_functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(storage.__path__, "storage."):
        if not module.ispkg and not module.name.startswith("storage.migrations."):
            found |= functions_of(importlib.import_module(module.name), module.name.rpartition(".")[2])
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
    assert hasattr(FUNCTIONS[name], "__wrapped__"), f"{name} needs @scoped: Postgres shows it nothing"


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


@pytest.mark.parametrize("name", [n for n in SCOPED if n.split(".")[0] in PERSONAL and n not in NEED_A_KEY])
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
    *(name for name in SCOPED if name.startswith("analytics.")),  # numbers only: test_analytics.py compares whose
    "audit.verify",
    "campaign_reviews.kept_until",
    "mails.retry_sending",  # nothing has failed
    "mails.retry_writing",  # as above
    "contacts.count",
    "contacts.create",
    "hash_keys.demand_key",  # the key is there
    "hash_keys.leave_mark",  # it was left
    "deferred.prune",  # nothing was disconnected
    "erasures.lock_erasures",  # SQLite's writers queue anyway
    "organization_settings.undo_time",  # as long as a stranger's
    "mails.freeze",  # its audience is there already
    "past_mails.written_to_since",  # nothing has left
    "plan_outcomes.settle_idle",  # nothing is approved yet
    "plan_verdicts.withdraw",  # as above
    "rotation.readable",  # as many as a stranger has
    "rotation.rotate",  # there is but one key
    "suppressions.no_longer_for_good",  # nobody was erased
    "twins.count",  # as many as a stranger has
    "syncs.complete",  # not executing yet
}
