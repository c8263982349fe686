"""What was asked for is waited for, other trouble twice as long each time, and patience ends."""

from email.utils import formatdate

import httpx
import pytest

from tasks.providers.base import CursorExpired, NeedsReconnect, ProviderError
from tasks.providers.contacts.landed import decoder
from tasks.providers.polite_client import origin
from tests.providers.polite_world import BASE, GOOD, START, Answer, Shape, World, graph, legacy, people


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
    "link", ["https://evil.test/v1/people", "http://mail.test/v1/people", "https://mail.test:8443/x", "//evil.test/x"]
)
async def test_the_token_goes_to_no_other_origin(link: str) -> None:
    world = World(GOOD)
    with pytest.raises(ProviderError, match="foreign"):
        await world.get(link)
    assert world.requests == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_one_origin_by_each_of_its_names(name: str) -> None:
    assert origin(f"http://{name}:8080/v1") == origin("http://127.0.0.1:8080/v1/people?page=2")
    assert origin(f"http://{name}:8081/v1") != origin("http://127.0.0.1:8080/v1")


async def test_a_link_is_sent_exactly_as_it_came() -> None:
    query = "$skiptoken=aB-_%2f%2F+~!*'():;,=&%24x=(a)[b]"
    world = World(GOOD)
    await world.get(f"{BASE}/contacts('A=')/delta?{query}")
    assert world.requests[0].url.raw_path == f"/v1/contacts('A=')/delta?{query}".encode()
