"""Prefect's server may go and come back under a run: that is no fault of the run's."""

from collections.abc import Callable

import httpx
import pytest

from storage.records import SyncStatus
from tasks.providers.flow_runs.engine import EngineUnreachable, is_away
from tests.flows.book import Book
from tests.flows.pipeline import Pipeline

AWAY = "http://127.0.0.1:9/api"  # nobody listens there


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", AWAY)


def refusing() -> None:
    httpx.get(f"{AWAY}/flow_runs/1")


def failing(status: int, url: str = AWAY) -> Callable[[], None]:
    request = httpx.Request("GET", f"{url}/flow_runs/1")

    def fails() -> None:
        httpx.Response(status, request=request).raise_for_status()

    return fails


@pytest.mark.parametrize("trouble", [refusing, failing(503)])
def test_a_sync_under_which_the_server_goes_stays_open_to_be_begun_again(
    pipeline: Pipeline, book: Book, connection: str, trouble: Callable[[], None]
) -> None:
    del book
    sync_id = pipeline.open(connection)
    pipeline.before["plan"] = trouble
    with pytest.raises(httpx.HTTPError):
        pipeline.to_review(sync_id)
    assert pipeline.sync(sync_id).status is SyncStatus.EXTRACTING
    assert pipeline.to_review(sync_id).status is SyncStatus.PREVIEW, "the next attempt gets through"


@pytest.mark.parametrize("trouble", [failing(404), failing(503, "http://127.0.0.1:9/graph"), lambda: 1 / 0])
def test_any_other_trouble_still_ends_it(
    pipeline: Pipeline, book: Book, connection: str, trouble: Callable[[], None]
) -> None:
    del book
    sync_id = pipeline.open(connection)
    pipeline.before["plan"] = trouble
    with pytest.raises((httpx.HTTPError, ZeroDivisionError)):
        pipeline.to_review(sync_id)
    assert pipeline.sync(sync_id).status is SyncStatus.FAILED


def test_our_own_word_for_it_counts_and_an_error_that_knows_no_address_does_not() -> None:
    assert is_away(EngineUnreachable("Prefect does not answer"))
    assert not is_away(httpx.ReadTimeout("nobody knows of what"))
