"""A large address book, for the first time, again, and after a busy week at the source."""

import pytest

from deployments.simulators import changes
from deployments.simulators.control import source_id
from deployments.simulators.server import Simulators
from storage.records import ChangeKind, ChangeState, SyncStatus
from tasks.sync.plan import UNCHANGED
from tests.flows.house import House
from tests.flows.pipeline import Pipeline


@pytest.mark.parametrize(
    "people", [3_000, pytest.param(10_000, marks=pytest.mark.soak)], ids=["three thousand", "ten thousand"]
)
def test_a_large_book_comes_whole_and_later_only_what_changed(
    house: House, pipeline: Pipeline, simulators: Simulators, people: int
) -> None:
    connection, mailbox = house.connect(simulators, "google", size=people)

    first = pipeline.preview(connection)
    assert first.statistics.total == people
    done = pipeline.approve(first)
    assert (done.status, done.statistics.total) == (SyncStatus.COMPLETED, people)
    assert house.count() == done.statistics.created
    assert house.sql("SELECT count(DISTINCT source_id) FROM object_links")[0][0] == people

    assert pipeline.run(connection).statistics.total == 0

    simulators.world.ledger.clear()
    made = changes.at_random(mailbox, simulators.world.now(), edit=0.03, add=0.01, gone=0.01, seed=11)
    second = pipeline.preview(connection)
    rows = pipeline.rows(second)
    told = {link.source_id: row for row in rows if row.proposal for link in row.proposal.links}
    expected = {source_id(mailbox, key): what for what, keys in made.items() for key in keys}
    # An edit may be none to us, such as another case of an address: that is a row as well.
    alike = [name for name in expected if name not in told]
    assert {expected[name] for name in alike} <= {"edited"}
    assert len(alike) == sum(row.reason == UNCHANGED for row in rows)
    assert told.keys() <= expected.keys()
    assert {name for name, row in told.items() if row.kind is ChangeKind.REMOVED} == {
        name for name, what in expected.items() if what == "removed"
    }
    added = {row.kind for name, row in told.items() if expected[name] == "added"}
    assert added <= {ChangeKind.CREATE, ChangeKind.MAYBE}  # never merged unasked
    assert second.statistics.total == len(rows)
    assert second.full is False
    assert simulators.world.ledger.of(mailbox.email).requests < people / 100

    moved = next(
        row for row in rows
        if row.kind is ChangeKind.UPDATE and row.proposal and row.proposal.cells
        and all(cell.before for cell in row.proposal.cells)
    )  # fmt: skip
    house.sql(
        'UPDATE objects SET properties = \'{"display_name": "By Hand"}\', version = version + 1 WHERE id = :id',
        id=moved.object_id,
    )
    done = pipeline.approve(second)
    assert done.statistics.total == len(rows)
    stale = pipeline.rows(done, state=ChangeState.STALE)
    assert moved.id in {row.id for row in stale}
    assert {row.object_id for row in stale} == {moved.object_id}
    assert {row.state for row in pipeline.rows(done)} == {ChangeState.STALE, ChangeState.APPLIED}
    assert [row.object_id for row in pipeline.rows(pipeline.preview(connection))] == [row.object_id for row in stale]
