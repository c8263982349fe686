"""An open SMTP connection: commands go out, pipelined if supported, and replies come back in order.

If fewer replies come than commands were sent, the last reply says why, or the connection broke.
"""

import asyncio
import re
from dataclasses import dataclass

CLOSING = 421
LONGEST = 64 * 1024  # bytes of a reply, with all its lines
_REPLY = re.compile(rb"([2-5]\d\d)([ -]|$)")


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    text: str


class Wire(asyncio.Protocol):
    """Takes over a connection after its handshake and login."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._unread = b""
        self._text: list[bytes] = []
        self._size = 0
        self._replies: list[Reply] = []
        self._wanted = 0
        self._heard: asyncio.Future[list[Reply]] | None = None
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return not self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    async def ask(self, said: bytes, wanted: int, *, patience: float) -> list[Reply]:
        """The replies to the commands; fewer, but at least one, if the connection ended meanwhile."""
        if not self.is_open:
            raise ConnectionResetError("closed before anything was said")
        self._replies, self._wanted = [], wanted
        self._heard = asyncio.get_running_loop().create_future()
        self._transport.write(said)
        try:
            async with asyncio.timeout(patience):
                return await self._heard
        finally:
            self._heard = None

    def data_received(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            if self.is_open:  # after a malformed reply, nothing that follows can be interpreted
                self._read(line.rstrip(b"\r"))
        if len(self._unread) > LONGEST:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_heard:
            return
        if self._replies:
            self._tell()
        elif self._heard:
            self._heard.set_exception(exc or ConnectionResetError("closed by the server"))

    @property
    def _is_heard(self) -> bool:
        return self._heard is None or self._heard.done()

    def _read(self, line: bytes) -> None:
        """Read a reply. An unsolicited or malformed one makes the connection unusable."""
        found = _REPLY.match(line)
        self._size += len(line) + 1
        if found is None or self._size > LONGEST or self._is_heard:
            self.close()
            return
        self._text.append(line[4:])
        if found[2] == b"-":
            return
        self._replies.append(Reply(int(found[1]), b"\n".join(self._text).decode("utf-8", "replace")))
        self._text, self._size = [], 0
        if len(self._replies) == self._wanted or self._replies[-1].code == CLOSING:
            self._tell()

    def _tell(self) -> None:
        if self._heard:
            self._heard.set_result(self._replies)
