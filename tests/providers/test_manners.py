"""The error table, row by row: what the client does about each answer, and that it does nothing else."""

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import httpx
import msgspec
import pytest

from tasks.providers.base import CursorExpired, IncompleteRead, NeedsReconnect, ProviderError
from tasks.providers.landed import decoder
from tasks.providers.manners import Chance, Patience, PoliteClient
from tasks.providers.verdicts import NotThere

BASE = "https://mail.test/v1"
START = 1_800_000_000.0
GOOD = {"value": []}
Answer = httpx.Response | Exception | dict[str, Any]


class Shape(msgspec.Struct):
    value: list[msgspec.Raw]


class World:
    """A service that gives the answers of a script, and a clock that only sleeping moves."""

    def __init__(self, *script: Answer, repeat: bool = False) -> None:
        self.script, self.repeat = list(script), repeat
        self.requests: list[httpx.Request] = []
        self.asked_at: list[float] = []
        self.refused: list[str] = []
        self.announced: list[float] = []
        self.now = START
        self.roll = 0.0

    async def access_token(self, *, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
        return f"token{len(self.refused)}"

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.asked_at.append(self.now - START)
        answer = self.script[0] if self.repeat else self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def client(self, *, quiet_until: float = 0.0, **patience: Any) -> PoliteClient:
        return PoliteClient(
            BASE,
            self,
            provider="Service",
            scope="Contacts.Read",
            headers={"Prefer": "manners"},
            connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.answer)),
            patience=Patience(**patience),
            chance=Chance(clock=lambda: self.now, sleep=self.sleep, roll=lambda: self.roll),
            quiet_until=lambda: quiet_until,
            on_quiet=self.announced.append,
        )

    async def get(self, url: str = f"{BASE}/people", **options: Any) -> Shape:
        async with self.client(**options) as client:
            _, shape = await client.get(url, decoder(Shape))
        return shape


def graph(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"error": {"code": code, "message": "of anna@example.com", "innerError": {"request-id": "1"}}}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def people(code: int, reason: str = "", message: str = "", *details: dict[str, Any], **error: Any) -> httpx.Response:
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    body = {"error": {"code": code, "message": message, "details": [*info, *details], **error}}
    return httpx.Response(code, json=body)


def legacy(status: int, reason: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "errors": [{"reason": reason}], "message": "no"}})


async def test_a_good_answer_is_taken_at_once_with_the_token_and_the_headers() -> None:
    world = World(GOOD)
    await world.get()
    [request] = world.requests
    assert request.headers["authorization"] == "Bearer token0"
    assert request.headers["prefer"] == "manners"
    assert world.now == START


async def test_401_once_asks_for_another_token_and_once_more() -> None:
    world = World(graph(401, "InvalidAuthenticationToken"), GOOD)
    await world.get()
    assert world.refused == ["token0"]
    assert [request.headers["authorization"] for request in world.requests] == ["Bearer token0", "Bearer token1"]
    assert world.now == START, "no waiting"


async def test_401_twice_needs_a_new_sign_in() -> None:
    world = World(httpx.Response(401), httpx.Response(401))
    with pytest.raises(NeedsReconnect, match="sign in again"):
        await world.get()
    assert len(world.requests) == 2
    assert world.refused == ["token0"]


async def test_401_again_after_a_long_wait_is_another_expiry_and_no_refusal() -> None:
    world = World(httpx.Response(401), graph(503, "x"), httpx.Response(401), GOOD)
    await world.get()
    assert world.refused == ["token0", "token1"]


@pytest.mark.parametrize(
    ("busy", "wait"),
    [
        (graph(429, "ApplicationThrottled", Retry_After="17"), 17),
        (graph(503, "ServiceUnavailable", Retry_After="2.5"), 2.5),
        (graph(504, "GatewayTimeout", Retry_After="3"), 3),
        (graph(429, "x", Retry_After=formatdate(START + 30, usegmt=True)), 31),
        (people(429, "", "quota", {"@type": "t/google.rpc.RetryInfo", "retryDelay": "36s"}), 36),
        (people(429, "", "quota", {"@type": "t/google.rpc.RetryInfo", "retryDelay": "1.5s"}), 1.5),
    ],
)
async def test_the_wait_that_was_asked_for_is_kept(busy: httpx.Response, wait: float) -> None:
    world = World(busy, GOOD)
    await world.get()
    assert world.asked_at == [0, pytest.approx(wait)]
    assert world.refused == []


async def test_a_date_by_a_clock_that_runs_behind_ours_is_still_waited_for() -> None:
    theirs = START - 3600
    busy = graph(429, "x", Retry_After=formatdate(theirs + 20, usegmt=True), Date=formatdate(theirs, usegmt=True))
    world = World(busy, GOOD)
    await world.get()
    assert world.asked_at == [0, pytest.approx(21)]


async def test_an_asked_wait_is_never_shortened_by_chance() -> None:
    for roll in (0.0, 0.5, 0.999):
        world = World(graph(429, "x", Retry_After="10"), GOOD)
        world.roll = roll
        await world.get()
        assert 10 <= world.asked_at[1] <= 11


@pytest.mark.parametrize(
    "trouble",
    [
        graph(429, "TooManyRequests"),
        graph(429, "x", Retry_After="soon"),
        graph(429, "x", Retry_After="-5"),
        graph(429, "x", Retry_After="nan"),
        graph(429, "x", Retry_After="Mon, 99 Nov 99999 00:00:00 GMT"),
        graph(429, "x", Retry_After="0"),
        graph(500, "InternalServerError"),
        graph(502, "BadGateway"),
        graph(503, "ServiceUnavailable"),
        graph(504, "GatewayTimeout"),
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        legacy(403, "rateLimitExceeded"),
        legacy(403, "userRateLimitExceeded"),
        people(403, "RATE_LIMIT_EXCEEDED", status="PERMISSION_DENIED"),
        people(403, "", status="RESOURCE_EXHAUSTED"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
async def test_other_temporary_trouble_is_waited_out_twice_as_long_each_time(trouble: Answer) -> None:
    world = World(trouble, trouble, trouble, GOOD)
    await world.get()
    assert world.asked_at == [0, 0.5, 1.5, 3.5]
    assert world.refused == []


async def test_jitter_spreads_waits_over_their_upper_half() -> None:
    world = World(graph(500, "x"), GOOD)
    world.roll = 0.999
    await world.get()
    assert 0.99 < world.asked_at[1] < 1


async def test_waits_stop_growing() -> None:
    world = World(*[graph(500, "x")] * 9, GOOD)
    await world.get(longest_wait=4)
    assert max(b - a for a, b in zip(world.asked_at, world.asked_at[1:], strict=False)) == 2


async def test_patience_ends_after_so_many_attempts() -> None:
    world = World(graph(503, "x"), repeat=True)
    with pytest.raises(ProviderError, match="busy") as caught:
        await world.get(attempts=4)
    assert len(world.requests) == 4
    assert (type(caught.value), caught.value.permanent, caught.value.status) == (ProviderError, False, 503)


async def test_patience_ends_after_so_much_time() -> None:
    world = World(graph(429, "x", Retry_After="400"), repeat=True)
    with pytest.raises(ProviderError) as caught:
        await world.get(seconds=900)
    assert world.asked_at == [0, 400, 800]
    assert not caught.value.permanent


@pytest.mark.parametrize("status", [401, 200])
async def test_a_wait_can_be_asked_for_with_any_answer(status: int) -> None:
    world = World(httpx.Response(status, json=GOOD, headers={"retry-after": "7"}), GOOD)
    client = world.client()
    async with client:
        await client.get(f"{BASE}/one", decoder(Shape))
        if status == 200:
            await client.get(f"{BASE}/two", decoder(Shape))
    assert world.asked_at == [0, 7]


async def test_a_wait_outlives_the_failure_that_came_with_it() -> None:
    world = World(graph(410, "SyncStateNotFound", Retry_After="7"), GOOD)
    client = world.client()
    with pytest.raises(CursorExpired):
        async with client:
            await client.get(f"{BASE}/x", decoder(Shape))
    async with client:
        await client.get(f"{BASE}/x", decoder(Shape))
    assert world.asked_at == [0, 7]


async def test_a_wait_from_an_earlier_process_that_is_too_long_is_told_without_asking() -> None:
    with pytest.raises(ProviderError, match="busy"):
        await World(graph(429, "x", Retry_After="1e999")).get()
    world = World()
    with pytest.raises(ProviderError, match="no request before 20") as caught:
        await world.get(quiet_until=START + 86400)
    assert (caught.value.permanent, world.requests, world.now) == (False, [], START)


async def test_a_wait_longer_than_patience_is_not_begun_but_told() -> None:
    world = World(graph(429, "x", Retry_After="86400"))
    with pytest.raises(ProviderError):
        await world.get()
    assert world.now == START
    assert world.announced == [START + 86400]


async def test_a_wait_that_an_earlier_process_was_asked_for_is_kept() -> None:
    world = World(GOOD)
    await world.get(quiet_until=START + 12)
    assert world.asked_at == [12]


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


@pytest.mark.parametrize(
    "link", ["https://evil.test/v1/people", "http://mail.test/v1/people", "https://mail.test:8443/x", "//evil.test/x"]
)
async def test_the_token_goes_to_no_other_origin(link: str) -> None:
    world = World(GOOD)
    with pytest.raises(ProviderError, match="foreign"):
        await world.get(link)
    assert world.requests == []


async def test_a_link_is_sent_exactly_as_it_came() -> None:
    query = "$skiptoken=aB-_%2f%2F+~!*'():;,=&%24x=(a)[b]"
    world = World(GOOD)
    await world.get(f"{BASE}/contacts('A=')/delta?{query}")
    assert world.requests[0].url.raw_path == f"/v1/contacts('A=')/delta?{query}".encode()


async def _many(answer: Callable[[int], httpx.Response], *, count: int) -> tuple[list[float], int]:
    """Ask `count` things side by side in real time; when each was asked, and how many were at once."""
    asked: list[float] = []
    under_way = most = 0

    async def handle(_request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        asked.append(time.time())
        number, under_way = len(asked), under_way + 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return answer(number)

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(handle)),
    )
    async with client:
        await asyncio.gather(*(client.get(f"{BASE}/{n}", decoder(Shape)) for n in range(count)))
    return asked, most


async def test_one_at_a_time() -> None:
    _, most = await _many(lambda _n: httpx.Response(200, json=GOOD), count=20)
    assert most == 1


async def test_when_one_is_asked_to_wait_all_do() -> None:
    def first_is_refused(number: int) -> httpx.Response:
        return graph(429, "x", Retry_After="0.3") if number == 1 else httpx.Response(200, json=GOOD)

    asked, _ = await _many(first_is_refused, count=9)
    assert len(asked) == 10
    assert asked[1] >= asked[0] + 0.3


async def test_leaving_waits_for_what_is_under_way_so_that_the_next_round_does_not_overlap() -> None:
    ended: list[bool] = []

    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        ended.append(True)
        return httpx.Response(200, json=GOOD)

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(slow)),
    )
    async with client:
        asking = asyncio.create_task(client.get(f"{BASE}/x", decoder(Shape)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert ended == []
    assert ended == [True]


async def test_a_token_that_was_asked_for_is_kept_though_nobody_waits_for_it_any_more() -> None:
    kept: list[str] = []

    class Tokens:
        async def access_token(self, *, refused: str = "") -> str:
            await asyncio.sleep(0.05)
            kept.append(f"new{refused}")
            return kept[-1]

    client = PoliteClient(
        BASE,
        Tokens(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=GOOD))),
    )
    async with client:
        asking = asyncio.create_task(client.get(f"{BASE}/x", decoder(Shape)))
        await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    assert kept == ["new"]


async def test_a_wait_that_a_neighbour_is_asked_for_meanwhile_is_kept_too() -> None:
    world, shared = World(GOOD, GOOD), [0.0]
    client = PoliteClient(
        BASE,
        world,
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(world.answer)),
        chance=Chance(clock=lambda: world.now, sleep=world.sleep),
        quiet_until=lambda: shared[0],
    )
    async with client:
        await client.get(f"{BASE}/one", decoder(Shape))
        shared[0] = START + 9
        await client.get(f"{BASE}/two", decoder(Shape))
    assert world.asked_at == [0, 9]


async def test_an_answer_that_never_ends_is_given_up() -> None:
    async def stuck(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    client = PoliteClient(
        BASE,
        World(),
        provider="Service",
        scope="",
        connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(stuck)),
        patience=Patience(attempts=2, answer=0.02, first_wait=0.01),
    )
    async with client:
        with pytest.raises(ProviderError, match="cannot be reached"):
            await client.get(f"{BASE}/x", decoder(Shape))
