"""What a reviewer left open waits for the next run, and no longer than it should."""

from storage.records import ChangeKind
from tests.flows.book import Book
from tests.flows.pipeline import Pipeline


def test_a_refused_person_who_has_left_the_source_is_not_offered_by_a_full_read(
    pipeline: Pipeline, connection: str, book: Book
) -> None:
    first = pipeline.preview(connection)
    refused = pipeline.rows(first, ChangeKind.CREATE)[0]
    assert refused.proposal is not None
    pipeline.approve(first, refused=[refused.id])
    book.remove(refused.proposal.links[0].source_id)
    book.expire()
    again = pipeline.preview(connection)
    assert again.full
    assert pipeline.rows(again, ChangeKind.CREATE) == []
