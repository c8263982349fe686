"""The least that an SMTP server can do: it takes every mail, at once or several commands at a time, and forgets it.

Started with `aiosmtpd` it is that library's server, which does one command at a time and says nothing of PIPELINING.
"""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session

ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 Bye\r\n",
}
OK = b"250 2.0.0 Ok\r\n"


class Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self.buffer, self.in_mail = bytearray(), False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        said = bytearray()
        while (end := self.buffer.find(b"\r\n.\r\n" if self.in_mail else b"\r\n")) >= 0:
            verb = bytes(self.buffer[:4]).upper()
            del self.buffer[: end + (5 if self.in_mail else 2)]
            said += OK if self.in_mail else ANSWERS.get(verb, OK)
            self.in_mail = not self.in_mail and verb == b"DATA"
        if said:
            self.transport.write(said)


class Forgetful:
    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 (its name)
        return "250 2.0.0 Ok"


def line() -> asyncio.BaseProtocol:
    return SMTP(Forgetful(), hostname="sink") if sys.argv[1:] == ["aiosmtpd"] else Sink()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(line, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit()
