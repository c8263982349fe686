"""Row 1: what it costs to bring an account's contacts into the staging area, beside a bare loop over the same pages."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
import orjson

from storage.organization import connections
from tests.benchmarks.household import Household, Run, Simulated, alone, begun, connected, household, simulated
from tests.benchmarks.measuring import Row, cpu, in_turns, peak_memory

PAGE = 500
LATENCY_MS = 50


def rows(home: Path, size: int) -> Iterator[Row]:
    with simulated(size) as world, household(home / "reading", **world.environment) as house, alone():
        connection = connected(house, world)
        runs: list[Run] = []

        def fetched() -> None:
            runs.append(begun(house, connection=connection, full=True))
            runs[-1].fetch()

        def staged() -> None:
            fetched()
            runs[-1].stage()
            runs[-1].give_up()

        staged()  # signs in
        links = _first_links(world, _token(house, connection))
        bare = {
            "raw": lambda: _raw(links, _token(house, connection)),
            "httpx": lambda: _httpx(links, house, connection),
        }
        best = in_turns({"ours": staged, **bare}, clock=cpu)
        yield Row(
            1, f"extract and stage {size:,}, CPU", best["ours"], "<= 4 x limit", best["raw"], best["httpx"], "httpx"
        )
        memory: dict[str, float] = {}
        with peak_memory(memory, "fetch"):
            fetched()
        with peak_memory(memory, "stage"):
            runs[-1].stage()
        runs[-1].give_up()
        world.latency(LATENCY_MS)

        def slowly() -> None:
            fetched()
            runs[-1].give_up()

        slow = in_turns({"ours": slowly, "bare": bare["httpx"]}, turns=2)
        yield Row(1, f"extract {size:,}, {LATENCY_MS} ms a page", slow["ours"], "<= 1.3 x limit", slow["bare"])
        for step, grown in memory.items():
            yield Row(1, f"memory to {step} {size:,}", grown, "flat", unit="MB")


def _token(house: Household, connection: str) -> str:
    with house.store.read() as session:
        kept = connections.tokens(session, house.scope, connection)
    assert kept
    return kept.access_token


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Prefer": f'IdType="ImmutableId", odata.maxpagesize={PAGE}'}


def _first_links(world: Simulated, token: str) -> list[str]:
    """The delta link of every folder, the nested ones too."""
    base = f"{world.urls['microsoft_graph_url']}/me/contactFolders"
    found, waiting = [f"{base}/contacts/contacts/delta"], [base]
    with httpx.Client(headers=_headers(token)) as client:
        while waiting:
            for folder in client.get(waiting.pop()).json()["value"]:
                found.append(f"{base}/{folder['id']}/contacts/delta")
                waiting.append(f"{base}/{folder['id']}/childFolders")
    return found


def _raw(links: list[str], token: str) -> int:
    """The least: one socket, and JSON read by the fastest parser."""
    where = urlsplit(links[0])
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": where.netloc, **_headers(token)}.items())
    with socket.create_connection((where.hostname, where.port)) as wire, wire.makefile("rb") as answers:

        def ask(link: str) -> bytes:
            asked = urlsplit(link)
            target = f"{asked.path}?{asked.query}" if asked.query else asked.path
            wire.sendall(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode())
            return _body(answers)

        return sum(_walk(link, ask) for link in links)


def _walk(link: str, ask: Callable[[str], bytes]) -> int:
    people, following = 0, link
    while following:
        answer = orjson.loads(ask(following))
        people += len(answer["value"])
        following = answer.get("@odata.nextLink", "")
    return people


def _body(answers: BinaryIO) -> bytes:
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return answers.read(length)


def _httpx(links: list[str], house: Household, connection: str) -> int:
    return asyncio.run(_httpx_loop(links, _token(house, connection)))


async def _httpx_loop(links: list[str], token: str) -> int:
    people = 0
    async with httpx.AsyncClient(headers=_headers(token), timeout=60) as client:
        for link in links:
            following = link
            while following:
                answer = orjson.loads((await client.get(following)).content)
                people += len(answer["value"])
                following = answer.get("@odata.nextLink", "")
    return people
