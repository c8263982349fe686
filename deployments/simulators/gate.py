"""ASGI middleware for every request: keeps the ledger, enforces limits and injects faults."""

import asyncio
import email.utils
import socket
import struct
from dataclasses import dataclass, field

from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.simulators.faults import Fault
from deployments.simulators.google import errors as google_errors
from deployments.simulators.ledger import Account
from deployments.simulators.microsoft import errors as microsoft_errors
from deployments.simulators.openai import wording as openai_wording
from deployments.simulators.world import World

APIS = ("/microsoft/v1.0", "/google/v1", "/google/gmail/", "/google/upload/", "/google/resumable/")
PROXY_PAGE = "<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Visit:
    provider: str
    path: str
    method: str
    mailbox: str
    scope: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith(APIS)

    @property
    def is_gmail(self) -> bool:
        return self.is_api and "/gmail/" in self.path


@dataclass(frozen=True, slots=True)
class Call:
    scope: Scope
    receive: Receive
    send: Send


@dataclass(slots=True)
class Reply:
    """Buffers a response, so that a fault can alter or drop it."""

    start: Message | None = None
    chunks: list[bytes] = field(default_factory=list)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.chunks.append(message.get("body", b""))

    @property
    def status(self) -> int:
        return int(self.start["status"]) if self.start else 500

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@dataclass(slots=True)
class Gate:
    app: ASGIApp
    world: World

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self.app(scope, receive, send)
            return
        visit = self._visit(scope)
        account = self.world.ledger.arrive(visit.mailbox, visit.path, self.world.now())
        try:
            await self._answer(visit, account, Call({**scope, "visit": visit}, receive, send))
        finally:
            account.in_flight -= 1

    def _visit(self, scope: Scope) -> Visit:
        if scope["path"].startswith("/openai/"):
            return Visit("openai", scope["path"], scope["method"], "openai", "")
        provider = "google" if scope["path"].startswith("/google/") else "microsoft"
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        access = self.world.tokens.holder(provider, token, self.world.now())
        return Visit(
            provider, scope["path"], scope["method"], access.email if access else "", access.scope if access else ""
        )

    async def _answer(self, visit: Visit, account: Account, call: Call) -> None:
        if visit.is_api and self.world.latency_ms:
            await asyncio.sleep(self.world.latency_ms / 1000)
        fault = self.world.faults.for_request(visit.path, visit.mailbox, visit.method)
        if visit.provider == "microsoft" and visit.mailbox and account.in_flight > self.world.microsoft_at_once:
            fault = Fault("status", status=429, retry_after=1)
        if fault:
            account.statuses[fault.kind] += 1
            await self._go_wrong(fault, visit, account, call)
        else:
            await self.app(call.scope, call.receive, _noting(account, call.send))

    async def _go_wrong(self, fault: Fault, visit: Visit, account: Account, call: Call) -> None:
        if fault.kind == "reset":
            _hang_up(call.send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.ms / 1000)
            await self.app(call.scope, call.receive, _noting(account, call.send))
        elif fault.kind in ("status", "html"):
            if fault.retry_after is not None:
                account.not_before = self.world.now() + fault.retry_after
            await refusal(fault, visit, self.world.now())(call.scope, call.receive, call.send)
        else:
            reply = Reply()
            await self.app(call.scope, call.receive, reply.take)
            if fault.kind == "masked":
                await refusal(fault, visit, self.world.now())(call.scope, call.receive, call.send)
            elif fault.kind == "asks_to_wait":
                await _advise(fault.retry_header(self.world.now()) or "1", reply, call.send)
            else:
                await _spoil(fault.kind, reply, call.send)


def refusal(fault: Fault, visit: Visit, now: float) -> Response:
    header = fault.retry_header(now)
    headers = {"date": email.utils.formatdate(now, usegmt=True), **({"retry-after": header} if header else {})}
    if fault.kind == "html":
        return HTMLResponse(PROXY_PAGE, status_code=fault.status, headers=headers)
    if visit.is_gmail:
        answer = google_errors.gmail(fault.status, fault.code)
        answer.headers.update(headers)
        return answer
    if visit.provider == "openai":
        headers |= {"retry-after-ms": f"{fault.retry_after * 1000:g}"} if fault.retry_after else {}
        return openai_wording.by_status(fault.status, fault.code, headers)
    by_status = google_errors.by_status if visit.provider == "google" else microsoft_errors.by_status
    answer = by_status(fault.status, fault.code, at_login=not visit.is_api)
    answer.headers.update(headers)
    return answer


def _noting(account: Account, send: Send) -> Send:
    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            account.statuses[str(message["status"])] += 1
        await send(message)

    return note


async def _advise(wait: str, reply: Reply, send: Send) -> None:
    """Send the response unchanged but for a Retry-After header, as Exchange sometimes does on success."""
    start = reply.start or {"type": "http.response.start", "status": 500, "headers": []}
    await send({**start, "headers": [*start["headers"], (b"retry-after", wait.encode())]})
    await send({"type": "http.response.body", "body": reply.body})


async def _spoil(kind: str, reply: Reply, send: Send) -> None:
    if kind == "reply_lost":
        _hang_up(send)
        return
    half = reply.body[: len(reply.body) // 2]
    promised = len(half) if kind == "truncated" else len(reply.body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(promised).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": half, "more_body": kind == "cut"})
    if kind == "cut":
        await asyncio.sleep(0.01)  # the bytes written must be sent before the reset
        _hang_up(send)


def _hang_up(send: Send) -> None:
    """Reset the TCP connection. ASGI has no way to do so, hence the access to uvicorn's transport.

    Raises ConnectionResetError where there is no transport: within a $batch.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("a request inside a batch cannot lose its own connection")
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
