"""Nobody who was erased comes back by a sync, by undoing one, or by hand unless they wish it."""

from dataclasses import replace
from pathlib import Path

import pytest

from storage.campaign import suppressions
from storage.people import twins
from storage.records import (
    ChangeKind,
    SuppressionReason,
    SyncStatus,
    TwinState,
)  # fmt: skip
from tests.cli.conftest import Call
from tests.privacy.asking import erased
from tests.privacy.world import MARKS, NOW_AT, PIA, World

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@both
def test_no_later_sync_brings_them_back_whichever_account_they_are_in(call: Call, world: World) -> None:
    erased(call)
    world.pipeline.decide(world.pipeline.sync(world.waiting.id))
    world.pipeline.finish(world.waiting.id)
    google, microsoft = world.books
    world.books[google].edit("pia", notes="loves chocolate truffles again")
    for connection in (google, microsoft):
        sync = world.pipeline.preview(connection, full=True)
        (row,) = (row for row in world.pipeline.rows(sync) if "erased" in row.reason)
        assert (row.kind, row.reason) == (ChangeKind.SKIP, "erased at their own wish: this person is not brought back")
        assert world.pipeline.approve(sync).statistics.failed == 0
    assert [mark for mark in MARKS if mark in world.tables() + world.sealed()] == []


def test_undoing_an_older_sync_or_a_merge_cannot_bring_them_back(call: Call, world: World) -> None:
    erased(call)
    world.pipeline.undo(world.undoable)
    assert [mark for mark in MARKS if mark in world.tables() + world.sealed()] == []
    with world.house.store.read() as session:
        assert twins.twins(session, world.house.scope, state=TwinState.MERGED) == []


def test_who_is_erased_while_a_plan_is_made_is_not_in_it(call: Call, world: World) -> None:
    google, microsoft = world.books
    world.pipeline.approve(world.waiting)
    world.books[google].edit("pia", notes="loves chocolate truffles even more")
    world.books[google].put("pia2", replace(PIA, notes="loves chocolate truffles as well"))

    def meanwhile() -> None:
        erased(call)

    world.pipeline.before["plan"] = meanwhile
    sync = world.pipeline.preview(google)
    assert sync.status is SyncStatus.PREVIEW
    assert [mark for mark in MARKS if mark in world.tables() + world.sealed()] == []
    assert {row.kind for row in world.pipeline.rows(sync)} == {ChangeKind.SKIP}
    world.pipeline.approve(sync)
    assert world.pipeline.preview(microsoft).status is SyncStatus.PREVIEW


def test_they_come_back_by_hand_only_by_their_own_wish_and_are_not_written_to_even_then(
    call: Call, world: World, tmp_path: Path
) -> None:
    erased(call)
    path = tmp_path / "again.csv"
    path.write_text(f"display_name,emails\nPia Quellenbrunner,{NOW_AT}\nSomebody Else,else@where.example\n")
    refused = call("import", str(path), "--org", "acme")
    assert (refused.exit_code, "1 rows are people who were erased" in refused.stderr) == (1, True)
    assert "Somebody Else" not in {one.person.display_name for one in world.house.crm()}, "nothing was read in"
    assert call("import", str(path), "--org", "acme", "--by-their-wish").exit_code == 0
    assert "Pia Quellenbrunner" in {one.person.display_name for one in world.house.crm()}
    with world.house.store.read() as session:
        hashed = suppressions.address_hash(session, world.house.scope, NOW_AT)
        found = suppressions.suppressed(session, world.house.scope, [hashed])
    assert found == {hashed: SuppressionReason.MANUAL}
    assert call("suppression", "lift", NOW_AT, "--org", "acme").exit_code == 0
    assert call("import", str(path), "--org", "acme").exit_code == 0


def test_who_has_no_address_and_no_number_does_not_come_back_by_a_file_either(
    call: Call, world: World, tmp_path: Path
) -> None:
    path = tmp_path / "names.csv"
    path.write_text("given_name,family_name,company\nErna,Namenlos,Mill\n")
    assert call("import", str(path), "--org", "acme").exit_code == 0
    (erna,) = (one for one in world.house.crm() if one.person.family_name == "Namenlos")
    assert call("erase", erna.id, "--org", "acme").exit_code == 0
    refused = call("import", str(path), "--org", "acme")
    assert (refused.exit_code, "1 rows are people who were erased" in refused.stderr) == (1, True)
    assert call("import", str(path), "--org", "acme", "--by-their-wish").exit_code == 0
