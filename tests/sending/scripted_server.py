"""A mail server that says what it is told to say, and keeps what it heard and took."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tasks.providers.mail.smtp import Relay

HANG_UP = b""
USUAL = {
    b"EHLO": b"250-here\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n", b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n", b"DATA": b"354 Go on\r\n", b"RSET": b"250 Ok\r\n", b"QUIT": b"221 Bye\r\n",
    b"DOT": b"250 2.0.0 Taken\r\n",
}  # fmt: skip


@dataclass
class Script:
    """`says` overrides what is usual: a reply a time, the last of them for ever."""

    says: Mapping[bytes, Sequence[bytes]]
    relay: Relay = Relay("", 0, "smtp")  # noqa: RUF009 (frozen)
    lines: int = 0
    heard: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    said: dict[bytes, int] = field(default_factory=dict)

    def reply(self, verb: bytes) -> bytes:
        said = self.said[verb] = self.said.get(verb, 0) + 1
        replies = self.says.get(verb) or [USUAL.get(verb, b"502 What?\r\n")]
        return replies[min(said, len(replies)) - 1]


class Conversation(asyncio.Protocol):
    def __init__(self, script: Script) -> None:
        self.script, self.buffer, self.in_mail = script, b"", False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.script.lines += 1
        transport.write(b"220 here\r\n")

    def data_received(self, data: bytes) -> None:
        """What comes in at once is kept as it came, and answered in one write."""
        self.script.heard.append(data)
        self.buffer += data
        answers = b""
        while (end := self.buffer.find(mark := b"\r\n.\r\n" if self.in_mail else b"\r\n")) >= 0:
            said, self.buffer = self.buffer[:end], self.buffer[end + len(mark) :]
            reply = self.script.reply(b"DOT" if self.in_mail else said[:4].upper())
            if self.in_mail and reply.startswith(b"250"):
                self.script.taken.append(said)
            self.in_mail = reply.startswith(b"354")
            answers += reply
            if reply == HANG_UP or reply.startswith(b"421"):
                self.transport.write(answers)
                self.transport.close()
                return
        self.transport.write(answers)


@asynccontextmanager
async def scripted(**says: bytes | Sequence[bytes]) -> AsyncIterator[Script]:
    replies = {verb.encode(): [one] if isinstance(one, bytes) else one for verb, one in says.items()}
    script = Script(replies)
    server = await asyncio.get_running_loop().create_server(lambda: Conversation(script), "127.0.0.1", 0)
    script.relay = Relay("127.0.0.1", server.sockets[0].getsockname()[1], "smtp")
    async with server:
        yield script
