"""What a person decided is what is written: all of it, nothing else, and never over somebody else's edit."""

from dataclasses import replace

import pytest

from storage import audit
from storage.deciding import CannotDecide, Choice
from storage.records import Cell, ChangeState, Edits, SyncStatus
from storage.settings import settings
from tests.flows.book import Book, somebody
from tests.flows.by_hand import by_hand, named
from tests.flows.house import House
from tests.flows.pipeline import Crash, Pipeline

both = pytest.mark.parametrize("house", ["sqlite", "postgres"], indirect=True)


@both
def test_nothing_is_written_before_somebody_approves(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    sync = pipeline.preview(connection)
    assert (sync.status, sync.statistics.created) == (SyncStatus.PREVIEW, len(book.people))
    assert pipeline.finish(sync.id).status is SyncStatus.PREVIEW
    assert house.crm() == []
    done = pipeline.approve(sync)
    assert done.status is SyncStatus.COMPLETED
    assert {one.person for one in house.crm()} == set(book.people.values())


@both
def test_applying_twice_is_applying_once(house: House, pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    done = pipeline.run(connection)
    before = house.crm()
    assert pipeline.finish(done.id) == done
    assert house.crm() == before


def test_rejected_rows_are_offered_again_by_the_next_run(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    sync = pipeline.preview(connection)
    refused = pipeline.rows(sync)[:3]
    done = pipeline.approve(sync, refused=[row.id for row in refused])
    assert (done.statistics.created, done.statistics.skipped) == (17, 3)
    again = pipeline.preview(connection)
    assert book.reads[-1] == "from the cursor"
    assert [row.proposal for row in pipeline.rows(again)] == [row.proposal for row in refused]
    pipeline.approve(again)
    assert house.count() == 20
    assert pipeline.rows(pipeline.preview(connection)) == []


def test_a_refused_field_is_left_out_and_offered_again(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director", company="Firm")
    sync = pipeline.preview(connection)
    (row,) = pipeline.rows(sync)
    pipeline.approve(sync, edits={row.id: Edits(refused=("company",))})
    assert (named(house, 2).person.job_title, named(house, 2).person.company) == ("Director", "")
    (again,) = pipeline.rows(pipeline.preview(connection))
    assert again.fields == ("company",)


def test_a_value_given_by_the_reviewer_is_what_is_written(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.edit("s2", job_title="Director")
    sync = pipeline.preview(connection)
    (row,) = pipeline.rows(sync)
    pipeline.approve(sync, edits={row.id: Edits(values=(Cell("job_title", "", "Head"),))})
    assert named(house, 2).person.job_title == "Head"
    assert pipeline.rows(pipeline.preview(connection)) == []


def test_safe_approval_leaves_conflicts_and_removals_for_another_time(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    by_hand(house, 1, job_title="Typed by hand")
    book.edit("s1", job_title="Director")
    book.edit("s2", job_title="Director")
    book.put("s20", somebody(20))
    book.remove("s3")
    sync = pipeline.preview(connection)
    assert pipeline.kinds(sync) == {"conflict": 1, "removed": 1, "update": 1, "create": 1}
    done = pipeline.approve(sync, choice=Choice.APPROVE_SAFE)
    assert (done.statistics.updated, done.statistics.created, done.statistics.skipped) == (1, 1, 2)
    assert pipeline.kinds(pipeline.preview(connection)) == {"conflict": 1, "removed": 1}


def test_a_rejected_plan_writes_nothing_moves_no_cursor_and_keeps_nothing_personal(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    sync = pipeline.preview(connection)
    pipeline.decide(sync, Choice.REJECT)
    done = pipeline.finish(sync.id)
    assert (done.status, house.crm(), house.cursor(connection)) == (SyncStatus.REJECTED, [], "")
    assert all(row.proposal is None for row in pipeline.rows(done))
    assert pipeline.kinds(pipeline.preview(connection)) == {"create": len(book.people)}


def test_a_removal_takes_the_link_and_leaves_the_contact(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.remove("s4")
    sync = pipeline.preview(connection)
    assert pipeline.kinds(sync) == {"removed": 1}
    assert pipeline.approve(sync).statistics.removed == 1
    assert named(house, 4).person == somebody(4)
    assert house.sql("SELECT count(*) FROM object_links WHERE source_id = 's4'")[0][0] == 0


def test_a_record_that_the_source_renamed_stays_the_same_contact(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    pipeline.run(connection)
    book.put("new name", somebody(4), "s4")
    sync = pipeline.preview(connection)
    assert pipeline.kinds(sync) == {"update": 1}
    pipeline.approve(sync)
    assert house.count() == 20
    assert pipeline.kinds(pipeline.preview(connection, full=True)) == {"skip": 20}


def test_a_digest_that_was_not_looked_at_approves_nothing(pipeline: Pipeline, connection: str, book: Book) -> None:
    del book
    sync = pipeline.preview(connection)
    with pytest.raises(CannotDecide, match="look at the preview again"):
        pipeline.decide(replace(sync, digest="0" * 64))


def test_a_plan_changed_behind_our_back_is_not_carried_out(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    sync = pipeline.preview(connection)
    pipeline.decide(sync)
    house.sql("UPDATE contact_sync_changes SET reason = 'other' WHERE ordinal = 3")
    with pytest.raises(Exception, match="is not the one that was approved"):
        pipeline.finish(sync.id)
    assert house.crm() == []


def test_a_row_that_the_database_refuses_fails_alone_and_is_offered_again(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    house.sql(
        f"CREATE TRIGGER refuse BEFORE INSERT ON objects WHEN NEW.display_name = '{somebody(7).display_name}' "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    done = pipeline.run(connection)
    assert (done.statistics.failed, done.statistics.created) == (1, len(book.people) - 1)
    assert [row.error for row in pipeline.rows(done, state=ChangeState.FAILED)] == [
        "the database refused it: IntegrityError"
    ]
    house.sql("DROP TRIGGER refuse")
    assert pipeline.run(connection).statistics.created == 1
    assert house.count() == 20


def test_what_a_run_tells_prefect_is_ids_and_counts(pipeline: Pipeline, connection: str, book: Book) -> None:
    pipeline.undo(pipeline.run(connection))
    said = repr(pipeline.told).casefold()
    assert len(pipeline.told) == 4  # the artifact; awaiting review, completed, undone
    for person in book.people.values():
        for word in (person.given_name, person.family_name, person.emails[0].value):
            assert word.casefold() not in said


@both
def test_the_audit_log_tells_who_decided_and_is_whole(
    house: House, pipeline: Pipeline, connection: str, book: Book
) -> None:
    del book
    pipeline.undo(pipeline.run(connection))
    with house.store.read() as session:
        assert audit.verify(session, house.scope).broken_at is None
        told = [(entry.action, entry.actor) for entry in audit.entries(session, house.scope)]
    assert told[:5] == [
        ("sync.undone", "ann@acme.example"), ("sync.completed", "contactflow"), ("sync.approved", "ann@acme.example"),
        ("sync.planned", "contactflow"), ("sync.opened", "ann@acme.example"),
    ]  # fmt: skip


@both
@pytest.mark.parametrize("where", ["tasks.sync.apply.actions.note", "tasks.sync.account.syncs.complete"])
def test_a_crash_in_mid_apply_is_gone_on_with_and_doubles_nothing(
    house: House, pipeline: Pipeline, connection: str, book: Book, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def dies_the_third_time(*_args: object, **_named: object) -> None:
        deaths.append(where)
        if len(deaths) > 2 or "account" in where:
            raise Crash

    deaths: list[str] = []
    monkeypatch.setenv("CONTACTFLOW_APPLY_BATCH", "3")
    settings.cache_clear()
    sync = pipeline.preview(connection)
    pipeline.decide(sync)
    with monkeypatch.context() as patch:
        patch.setattr(where, dies_the_third_time)
        with pytest.raises(Crash):
            pipeline.finish(sync.id)
    assert house.count() == (20 if "account" in where else 6)
    assert house.cursor(connection) == ""
    done = pipeline.finish(sync.id)
    assert (done.status, done.statistics.created) == (SyncStatus.COMPLETED, 20)
    assert {one.person for one in house.crm()} == set(book.people.values())
    assert len(house.crm()) == 20


def test_a_refused_removal_is_offered_again_by_a_full_read(pipeline: Pipeline, connection: str, book: Book) -> None:
    pipeline.run(connection)
    book.remove("s4")
    sync = pipeline.preview(connection)
    pipeline.approve(sync, refused=[row.id for row in pipeline.rows(sync)])
    assert pipeline.kinds(pipeline.preview(connection)) == {"removed": 1}
    assert pipeline.kinds(pipeline.preview(connection, full=True)) == {"removed": 1, "skip": 19}
