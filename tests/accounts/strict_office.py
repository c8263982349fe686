"""A strict service of our own on https: it shares nothing with the simulators, and counts every broken rule.

What Microsoft's and Google's have in common: the door (who may ask, when, how many at once), the sign-in, and answers
that are now plain, now compressed, now in pieces.
"""

import asyncio
import contextlib
import gzip
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import trustme

AT_ONCE = 3
CLIENT, SECRET = "strict-client", "strict-secret"
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 410: "Gone", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Asked:
    method: str
    target: str  # letter by letter, as it came over the wire
    headers: dict[str, str]
    body: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))


@dataclass(frozen=True)
class Told:
    status: int
    body: object
    headers: dict[str, str] = field(default_factory=dict)


class Office:
    """One mailbox. `broken` counts the rules that were broken; nothing else tells of them to who asks."""

    token_path = ""
    rotates = False

    def __init__(self) -> None:
        self.base = ""
        self.broken = Counter[str]()
        self.seen: list[str] = []
        self.tells_links = True
        self.hushes: list[tuple[int, str]] = []  # (after so many requests from now, "seconds" or "date")
        self._under_way, self._quiet_until, self._numbers = 0, 0.0, itertools.count(1)
        self._access, self._refresh, self._used = set[str](), {self._new("refresh")}, set[str]()
        self._refused = set[str]()

    @property
    def refresh_token(self) -> str:
        """One that works; whoever takes it is its only holder."""
        (token,) = self._refresh
        return token

    def blame(self, rule: str) -> None:
        self.broken[rule] += 1

    def end_access(self) -> None:
        """Access tokens may end at any time, whatever `expires_in` had said."""
        self._access.clear()

    def hush(self, *, after: int, form: str) -> None:
        self.hushes.append((len(self.seen) + after, form))

    async def answer(self, asked: Asked) -> Told:
        self.seen.append(asked.target)
        if asked.path == self.token_path:
            return self._sign_in(asked)
        self._under_way += 1
        if self._under_way > AT_ONCE:
            self.blame("more than three at once")
        try:
            await asyncio.sleep(0.002)
            return self._admit(asked) or self.serve(asked)
        finally:
            self._under_way -= 1

    def serve(self, asked: Asked) -> Told:
        raise NotImplementedError

    def unauthorized(self) -> Told:
        raise NotImplementedError

    def busy(self) -> dict[str, Any]:
        raise NotImplementedError

    def _admit(self, asked: Asked) -> Told | None:
        """The answer to who may not come in now."""
        if asked.method != "GET":
            self.blame("a write")
        if time.time() < self._quiet_until:
            self.blame("too early")
            return self._hushed("seconds")
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._access:
            if token in self._refused or not token:
                self.blame("a refused access token again")
            self._refused.add(token)
            return self.unauthorized()
        for due in [hush for hush in self.hushes if hush[0] <= len(self.seen)]:
            self.hushes.remove(due)
            return self._hushed(due[1])
        return None

    def _hushed(self, form: str) -> Told:
        """A date tells whole seconds: it is that second from whose beginning on we may be asked again."""
        until = float(int(time.time()) + 2) if form == "date" else time.time() + 1
        self._quiet_until = max(self._quiet_until, until)
        told = formatdate(until, usegmt=True) if form == "date" else "1"
        return Told(429, self.busy(), {"Retry-After": told})

    def _sign_in(self, asked: Asked) -> Told:
        form = dict(parse_qsl(asked.body, keep_blank_values=True))
        if asked.method != "POST" or asked.headers.get("content-type") != "application/x-www-form-urlencoded":
            self.blame("a sign-in that is no form post")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return Told(401, {"error": "invalid_client"})
        token = form.get("refresh_token", "")
        if token in self._used:
            self.blame("a refresh token twice")
        if form.get("grant_type") != "refresh_token" or token not in self._refresh:
            return Told(400, {"error": "invalid_grant"})
        self.check_scope(form.get("scope"))
        return Told(200, self._issue(token))

    def check_scope(self, scope: str | None) -> None:
        raise NotImplementedError

    def _issue(self, refresh_token: str) -> dict[str, Any]:
        access = self._new("access")
        self._access.add(access)
        issued = {"access_token": access, "token_type": "Bearer", "expires_in": 3599}
        if self.rotates:
            self._used.add(refresh_token)
            self._refresh = {self._new("refresh")}
            issued["refresh_token"] = self.refresh_token
        return issued

    def _new(self, kind: str) -> str:
        return f"{kind}.{next(self._numbers)}/+=~"


@contextlib.contextmanager
def open_office(office: Office, home: Path) -> Iterator[Path]:
    """Serves it on https until the block ends, and tells which file a client must trust."""
    authority, trusted = trustme.CA(), home / "strict-ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(secure)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    closing = asyncio.Event()

    async def run() -> None:
        door = _Door(office)
        async with await asyncio.start_server(door.welcome, "127.0.0.1", 0, ssl=secure) as server:
            office.base = f"https://localhost:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await closing.wait()
            server.close()
            await door.shut()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield trusted
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(30)
        loop.close()


class _Door:
    def __init__(self, office: Office) -> None:
        self._office, self._guests, self._turns = office, set[asyncio.Task[Any]](), itertools.count()

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.current_task()
        assert guest
        self._guests.add(guest)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            async for asked in _requests(reader):
                told = await self._office.answer(asked)
                writer.write(_written(asked, told, next(self._turns)))
                await writer.drain()
        writer.close()
        self._guests.discard(guest)

    async def shut(self) -> None:
        for guest in self._guests:
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Asked]:
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        except asyncio.IncompleteReadError:
            return
        first, *lines = head.strip().split("\r\n")
        headers = {name.casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        yield Asked(method, target, headers, body.decode())


def _written(asked: Asked, told: Told, turn: int) -> bytes:
    """Text is text, all else JSON: every second answer compressed, every third in pieces."""
    is_text = isinstance(told.body, str)
    body = told.body.encode() if isinstance(told.body, str) else json.dumps(told.body).encode()
    headers = {"Content-Type": "text/plain" if is_text else "application/json; charset=utf-8", **told.headers}
    if turn % 2 and "gzip" in asked.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    if turn % 3 == 0:
        body, headers["Transfer-Encoding"] = _in_pieces(body), "chunked"
    else:
        headers["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {told.status} {REASONS[told.status]}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _in_pieces(body: bytes, size: int = 700) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
