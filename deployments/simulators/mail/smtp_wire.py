"""The wire of an SMTP conversation: lines in, answers out, as fast as they come; and the faults that befall it."""

import asyncio
import contextlib
import socket
import ssl
import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from deployments.simulators.faults import Fault, Faults
from deployments.simulators.ledger import Ledger
from deployments.simulators.mail.post import PostOffice
from deployments.simulators.mail.rules import SmtpRules

LONGEST_LINE = 4096
TRY_LATER = "4.7.1 Try again later"
Answer = str
"""One or more lines; "" where all was said already."""


class SmtpWorld(Protocol):
    """What a sink needs of the world around it."""

    post: PostOffice
    smtp: SmtpRules
    faults: Faults
    ledger: Ledger
    greylisted: set[tuple[str, str]]
    smtp_lines: set[object]

    def now(self) -> float: ...


class Wire(asyncio.Protocol, ABC):
    """PIPELINING means: whatever has come is answered in one write."""

    def __init__(self, world: SmtpWorld, secure: ssl.SSLContext | None = None) -> None:
        self.secure = secure
        self.world = world
        self.buffer = bytearray()
        self.answers: list[Answer] = []
        self.transport: asyncio.Transport
        self.waiting = self.closed = False
        self.searched = 0
        self.reading: Callable[[], bool] = self._line
        self.sender: str | None = None
        self.recipients: list[str] = []

    @abstractmethod
    def greeting(self) -> Answer: ...

    @abstractmethod
    def command(self, line: str) -> None: ...

    @abstractmethod
    def accept(self, raw: bytes) -> Answer: ...

    def afresh(self) -> None:
        self.sender, self.recipients = None, []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP always is
        self.transport = transport
        self.world.smtp_lines.add(self)
        self.do("CONNECT", self.greeting)
        self.flush()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.world.smtp_lines.discard(self)
        self.closed = True

    def _go_on(self) -> None:
        while not (self.waiting or self.closed) and self.reading():
            pass
        self.flush()

    def flush(self) -> None:
        if self.answers and not self.closed:
            self.transport.write("".join(f"{answer}\r\n" for answer in self.answers).encode())
        self.answers.clear()

    def _line(self) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            if len(self.buffer) > LONGEST_LINE:
                self.answers.append("500 5.5.2 Line too long")
                self.buffer.clear()
            return False
        line = self.buffer[:end].decode("utf-8", "replace").strip()
        del self.buffer[: end + 1]
        self.command(line)
        return True

    def content(self) -> bool:
        """The lines of the mail, up to the one dot."""
        if self.buffer.startswith(b".\r\n"):
            end = 0
        else:
            found = self.buffer.find(b"\r\n.\r\n", self.searched)
            if found < 0:
                self.searched = max(0, len(self.buffer) - 4)
                return False
            end = found + 2
        raw, self.searched = bytes(self.buffer[:end]), 0
        del self.buffer[: end + 3]
        raw = raw.replace(b"\r\n..", b"\r\n.") if b"\r\n.." in raw else raw
        raw = raw[1:] if raw.startswith(b"..") else raw
        self.reading = self._line
        self.do("END", lambda: self.accept(raw))
        return True

    def do(self, name: str, act: Callable[[], Answer]) -> None:
        fault = self._fault(name)
        if fault is None:
            self._say(act())
        elif fault.kind == "slow":
            self.waiting = True
            asyncio.get_running_loop().call_later(fault.ms / 1000, self._late, act)
        elif fault.kind in ("status", "html"):
            if name == "END":
                self.afresh()
            self.answers.append(f"{fault.status} {fault.code or _enhanced(fault.status)}")
        elif fault.kind == "masked":
            act()
            self.answers.append(f"{fault.status} {fault.code or _enhanced(fault.status)}")
        else:
            self._hang_up(act if fault.kind == "reply_lost" else None)

    def _say(self, answer: Answer) -> None:
        if answer:
            self.answers.append(answer)

    def _late(self, act: Callable[[], Answer]) -> None:
        self.waiting = False
        self._say(act())
        self._go_on()

    def start_tls(self, secure: ssl.SSLContext) -> None:
        """What came in clear after the command is forgotten, as a server must."""
        self.flush()
        self.buffer.clear()
        self.waiting = True
        self._handshake = asyncio.get_running_loop().create_task(self._shake_hands(secure))

    async def _shake_hands(self, secure: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError):
            loop = asyncio.get_running_loop()
            upgraded = await loop.start_tls(self.transport, self, secure, server_side=True)
            if upgraded is not None:
                self.transport, self.waiting = upgraded, False
                self._go_on()  # a quick client speaks before we know that the handshake is over

    def _fault(self, name: str) -> Fault | None:
        faults = self.world.faults
        if not faults.active:
            return None
        path = f"/smtp/{name}"
        meant = [fault for fault in faults.active if fault.route.startswith("/smtp")]
        return next((fault for fault in meant if fault.befalls(path, self.sender or "", "")), None)

    def _hang_up(self, act: Callable[[], Answer] | None) -> None:
        self.flush()
        if act:
            act()
        self.closed = True
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


def _enhanced(status: int) -> str:
    return {4: TRY_LATER, 5: "5.7.1 Refused, as it was told to"}.get(status // 100, "2.0.0 Ok")
