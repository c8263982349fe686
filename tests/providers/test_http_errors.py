"""The error table, row by row: what the client does about each answer, and that it does nothing else."""

import httpx
import pytest

from tasks.providers.base import CursorExpired, IncompleteRead, NeedsReconnect, ProviderError
from tasks.providers.http_errors import NotThere, asked_wait
from tests.providers.polite_world import GOOD, START, World, graph, legacy, people


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text='{"value": [{"id": "a"}, {"id": '),
        httpx.Response(200, html="<html>proxy</html>"),
        httpx.Response(200, json={"no": "value"}),
        httpx.Response(200, json=[]),
        httpx.Response(200, text=""),
        httpx.Response(404, html="<html>proxy</html>"),
        httpx.Response(403, text="blocked"),
        httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    ],
)
async def test_an_answer_that_is_none_is_asked_for_again_then_fails_the_read(answer: httpx.Response) -> None:
    world = World(answer, GOOD)
    await world.get()
    world = World(answer, repeat=True)
    with pytest.raises(IncompleteRead) as caught:
        await world.get()
    assert not caught.value.permanent
    assert len(world.requests) == 4


EXPIRED = [
    graph(410, "SyncStateNotFound"),
    graph(410, "anything"),
    httpx.Response(410),
    httpx.Response(410, html="<html>"),
    graph(400, "syncStateNotFound"),
    graph(404, "SyncStateNotFound"),
    graph(409, "resyncRequired"),
    graph(403, "RESYNCREQUIRED"),
    people(400, "EXPIRED_SYNC_TOKEN", status="INVALID_ARGUMENT"),
    people(400, "EXPIRED_SYNC_TOKEN", status="FAILED_PRECONDITION"),
    people(410, "EXPIRED_SYNC_TOKEN"),
    people(400, "", "Sync token is expired. Clear local cache and retry call without the sync token."),
]


@pytest.mark.parametrize("answer", EXPIRED)
async def test_an_expired_cursor_is_told_at_once_whatever_the_status(answer: httpx.Response) -> None:
    world = World(answer)
    with pytest.raises(CursorExpired):
        await world.get()
    assert len(world.requests) == 1
    assert world.now == START
    assert world.refused == []


async def test_a_code_nested_deep_is_found() -> None:
    inner = {"error": {"code": "ErrorX", "innererror": {"innerError": {"code": "SyncStateNotFound"}}}}
    with pytest.raises(CursorExpired):
        await World(httpx.Response(400, json=inner)).get()


@pytest.mark.parametrize(
    "answer",
    [
        graph(403, "ErrorAccessDenied"),
        graph(403, "Authorization_RequestDenied"),
        graph(403, "insufficient_claims"),
        httpx.Response(403, json={}, headers={"www-authenticate": 'Bearer error="insufficient_claims", claims="x"'}),
        people(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", status="PERMISSION_DENIED"),
        legacy(403, "insufficientPermissions"),
        people(403, "", "insufficient scopes", status="PERMISSION_DENIED"),
        httpx.Response(403, json={}, headers={"www-authenticate": 'Bearer error="insufficient_scope"'}),
    ],
)
async def test_a_missing_permission_is_named_and_not_retried(answer: httpx.Response) -> None:
    world = World(answer)
    with pytest.raises(NeedsReconnect, match=r"Contacts\.Read"):
        await world.get()
    assert len(world.requests) == 1
    assert world.refused == []


async def test_404_can_be_told_from_other_refusals() -> None:
    world = World(graph(404, "ErrorItemNotFound"))
    with pytest.raises(NotThere):
        await world.get()
    assert len(world.requests) == 1


@pytest.mark.parametrize("answer", [graph(400, "ErrorInvalidUrlQuery"), people(403, "API_DISABLED"), graph(405, "x")])
async def test_other_refusals_fail_the_read_at_once(answer: httpx.Response) -> None:
    world = World(answer)
    with pytest.raises(ProviderError) as caught:
        await world.get()
    assert (type(caught.value), caught.value.permanent) == (ProviderError, True)
    assert len(world.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [people(403, "SERVICE_DISABLED", status="PERMISSION_DENIED"), legacy(403, "accessNotConfigured")],
)
async def test_an_interface_that_is_switched_off_is_the_operators_affair(answer: httpx.Response) -> None:
    with pytest.raises(ProviderError, match="operators must enable") as caught:
        await World(answer).get()
    assert (type(caught.value), caught.value.permanent) == (ProviderError, True)


async def test_an_error_nested_beyond_reason_is_an_error_like_others() -> None:
    for depth in (50, 900, 100_000):
        answer = httpx.Response(400, text='{"error": ' * depth + '{"code": "SyncStateNotFound"}' + "}" * depth)
        with pytest.raises(ProviderError):
            await World(answer, repeat=True).get()


@pytest.mark.parametrize("answer", [*EXPIRED, graph(400, "x"), graph(403, "ErrorAccessDenied"), graph(404, "x")])
async def test_errors_never_repeat_what_the_service_wrote(answer: httpx.Response) -> None:
    with pytest.raises(ProviderError) as caught:
        await World(answer).get()
    assert "anna" not in f"{caught.value} {caught.value.excerpt}"


@pytest.mark.parametrize("delay", ["9" * 400, "9" * 5000, "1" * 12])
def test_a_wait_beyond_reason_is_a_year(delay: str) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay}s"}]
    body = {"error": {"code": 429, "details": details}}
    assert asked_wait(httpx.Response(429, json=body), body, START) == 365 * 86_400
    assert asked_wait(httpx.Response(429, headers={"retry-after": delay}), None, START) == 365 * 86_400
