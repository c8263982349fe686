"""What a person may ask for, on the page of their contact: all that is held of them, and that it be gone."""

import json
from collections.abc import Callable

import pytest

from storage import audit
from storage.organization import tenants
from storage.people import contacts
from storage.people.contacts import UnknownContact
from storage.records import Person as Somebody
from storage.records import Role, SyncStatus
from storage.scope import Scope
from storage.session import Store
from storage.sync import plan_search, syncs
from storage.sync.syncs import Sync
from tests.storage.examples import ADA, kept
from tests.web.conftest import Person

ADDRESS = ADA.emails[0].value


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages do is the same whatever lies behind them; erasing is tried on both."""
    return sqlite_url


@pytest.fixture
def ada(store: Store, scope: Scope) -> str:
    with store.begin() as session:
        return kept(session, scope).id


def names(store: Store, scope: Scope) -> set[str]:
    with store.read() as session:
        return {one.person.display_name for one in contacts.everyone(session, scope)}


def test_all_that_is_held_comes_as_a_file_and_who_asked_is_on_record(
    ann: Person, store: Store, scope: Scope, ada: str
) -> None:
    assert "Export all we hold" in ann.get(f"/contacts/{ada}").text
    answer = ann.post(f"/contacts/{ada}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="all-we-hold.json"'
    assert json.loads(answer.text)["contacts"][0]["properties"]["emails"][0]["value"] == ADDRESS
    assert answer.headers["cache-control"] == "no-store"
    with store.read() as session:
        entry = audit.entries(session, scope)[0]
    assert (entry.action, entry.actor) == ("person.exported", "ann@acme.example")


def test_a_person_is_erased_by_typing_their_address(ann: Person, store: Store, scope: Scope, ada: str) -> None:
    with store.begin() as session:
        kept(session, scope, Somebody(display_name="A. Lovelace", emails=ADA.emails))
        kept(session, scope, Somebody(display_name="Bob Boole"))
    page = ann.get(f"/contacts/{ada}/erase").text
    assert ADDRESS in page
    assert "A. Lovelace" in page, "whoever has the same address goes too, and is named before"
    for typed in ("", "yes", "ada@engines.exampl"):
        assert ann.post(f"/contacts/{ada}/erase", typed=typed).status_code == 409
    assert ADA.display_name in names(store, scope)
    answer = ann.post(f"/contacts/{ada}/erase", typed=f" {ADDRESS.upper()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/contacts?erased=1")
    assert "was erased" in ann.get("/contacts?erased=1").text
    assert names(store, scope) == {"Bob Boole"}
    assert ann.get(f"/contacts/{ada}").status_code == 404
    assert ann.post(f"/contacts/{ada}/erase", typed=ADDRESS).status_code == 404


def test_somebody_without_an_address_is_erased_by_their_name_and_nobody_else_is(
    ann: Person, store: Store, scope: Scope, ada: str
) -> None:
    with store.begin() as session:
        nobody = kept(session, scope, Somebody(display_name="Carl Without")).id
        kept(session, scope, Somebody(display_name="Dora Without"))
    assert ann.post(f"/contacts/{nobody}/erase", typed="carl without").status_code == 303
    assert names(store, scope) == {ADA.display_name, "Dora Without"}
    with store.read() as session:
        with pytest.raises(UnknownContact):
            contacts.contact(session, scope, nobody)
        assert audit.entries(session, scope)[0].subject == nobody
    del ada


def test_a_plan_that_waits_holds_nothing_of_them_any_more_and_is_another(
    ann: Person, store: Store, scope: Scope, sync: Sync
) -> None:
    with store.read() as session:
        one = next(one for one in contacts.everyone(session, scope) if one.person.emails)
    address = one.person.emails[0].value
    assert found(store, scope, sync, address) > 0
    assert ann.post(f"/contacts/{one.id}/erase", typed=address).status_code == 303
    assert found(store, scope, sync, address) == 0
    ann.post(f"/syncs/{sync.id}/approve", digest=sync.digest, choice="approve")
    with store.read() as session:
        assert syncs.sync(session, scope, sync.id).status is SyncStatus.PREVIEW, "it is not what was looked at"
    assert ann.get(f"/syncs/{sync.id}").status_code == 200


def found(store: Store, scope: Scope, sync: Sync, words: str) -> int:
    with store.read() as session:
        key = syncs.demand_preview_key(session, scope, sync.id)
        return len(plan_search.search(session, scope, sync.id, key, words))


def test_members_neither_export_nor_erase(
    sign_in: Callable[[Scope], Person], store: Store, scope: Scope, ada: str
) -> None:
    with store.begin() as session:
        tenants.add_user(session, "acme", "mia@acme.example", role=Role.MEMBER)
        member = tenants.scope_of(session, "acme", "mia@acme.example")
    mia = sign_in(member)
    assert "Export all we hold" not in mia.get(f"/contacts/{ada}").text
    assert mia.get(f"/contacts/{ada}/erase").status_code == 403
    assert mia.post(f"/contacts/{ada}/export").status_code == 403
    assert mia.post(f"/contacts/{ada}/erase", typed=ADDRESS).status_code == 403
    assert names(store, scope) == {ADA.display_name}
