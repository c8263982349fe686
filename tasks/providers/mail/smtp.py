"""Mail by SMTP: one connection ("line") to a relay, for many mails. After the final dot a mail cannot be looked up."""

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException

from tasks.providers.mail.mailer import Lost, Refused
from tasks.providers.mail.smtp_envelope import DATA, NAME, Envelope, commands
from tasks.providers.mail.smtp_refusals import (
    A_MINUTE,
    BadLogin,
    NotNow,
    NotSecure,
    mail_refused,
    no_line,
    sender_refused,
)
from tasks.providers.mail.smtp_wire import CLOSING, Reply, Wire

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LAST_REPLY = 180  # seconds: servers scan a mail before they answer
OK, WILL_FORWARD, GO_ON = 250, 251, 354
_DOTS = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Relay:
    """`security`: smtp is plain text, smtp+starttls switches to TLS before anything else, smtps is TLS from the start.

    Plain text is for a server on this machine only: passwords and mails cross no network unencrypted.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""


def relay_of(url: str) -> Relay:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadLogin(
            "CONTACTFLOW_SMTP_URL must look like smtp+starttls://USER:PASSWORD@HOST:PORT, smtps://… or smtp://…",
            provider=NAME,
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    plain = parts.scheme == "smtp" and _is_here(parts.hostname)
    security = parts.scheme if plain or parts.scheme == "smtps" else "smtp+starttls"
    return Relay(parts.hostname, parts.port or PORTS[parts.scheme], security, user, password)


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Line:
    """One connection, opened on first use, and again after it broke."""

    def __init__(self, relay: Relay, *, timeout: float = A_MINUTE, last_reply: float = LAST_REPLY) -> None:
        self._relay, self._timeout, self._last_reply = relay, timeout, last_reply
        self._wire: Wire | None = None
        self._in_groups = self._takes_any_letters = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *trouble: object) -> None:
        if self._wire and self._wire.is_open:
            with suppress(OSError):
                await self._wire.ask(b"QUIT\r\n", 1, patience=1)
        self.close()

    def close(self) -> None:
        """Drop the connection and a mail offered on it; a server discards a mail without its final dot."""
        if self._wire:
            self._wire.close()

    async def offer(self, envelope: Envelope) -> None:
        """Send the envelope, up to DATA. On any error here, nothing was sent."""
        wire = await self._connected()
        if not envelope.is_ascii and not self._takes_any_letters:
            raise Refused("the mail server cannot write to an address with such letters", provider=NAME)
        said = commands(envelope)
        replies = await self._said(wire, said)
        for reply, command in zip(replies, said, strict=False):
            if not _is_taken(reply, command):
                await self._begin_anew(wire, replies[-1])
                raise sender_refused(reply) if command is said[0] else mail_refused(reply)
        if len(replies) < len(said):
            raise self._lost(ConnectionResetError())

    async def hand_over(self, content: bytes, moment: float) -> None:
        """Send the message, with a Date header in front. `Lost` from here on means that it may have been sent."""
        text = _DOTS.sub(b"..", b"Date: %s\r\n%s" % (formatdate(moment).encode(), content))
        end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
        if self._wire is None or not self._wire.is_open:
            raise NotNow("the line broke before the mail was handed over", provider=NAME, permanent=False)
        [reply] = await self._asked(self._wire, text + end, 1, self._last_reply)
        if reply.code != OK:
            raise mail_refused(reply)

    async def _said(self, wire: Wire, commands: Sequence[bytes]) -> list[Reply]:
        """Send commands pipelined if the server supports it (RFC 2920), otherwise one by one until one is refused."""
        if self._in_groups:
            return await self._asked(wire, b"".join(commands), len(commands), self._timeout)
        replies: list[Reply] = []
        for command in commands:
            replies += await self._asked(wire, command, 1, self._timeout)
            if not _is_taken(replies[-1], command):
                break
        return replies

    async def _asked(self, wire: Wire, said: bytes, wanted: int, patience: float) -> list[Reply]:
        try:
            return await wire.ask(said, wanted, patience=patience)
        except OSError as trouble:  # includes timeouts
            raise self._lost(trouble) from trouble

    def _lost(self, trouble: Exception) -> Lost:
        self.close()
        return Lost(f"the line to the mail server broke ({type(trouble).__name__})", provider=NAME)

    async def _begin_anew(self, wire: Wire, last: Reply) -> None:
        """Reset after a refused envelope, so that the connection can be used for the next mail.

        If the server accepted DATA all the same, the connection is dropped: a final dot would deliver an empty mail.
        """
        if last.code in {GO_ON, CLOSING}:
            self.close()
            return
        with suppress(Lost):
            await self._asked(wire, b"RSET\r\n", 1, self._timeout)

    async def _connected(self) -> Wire:
        if self._wire and self._wire.is_open:
            return self._wire
        smtp = aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            timeout=self._timeout,
            use_tls=self._relay.security == "smtps",
            start_tls=False,  # done by us: the library's errors do not tell a missing STARTTLS from a lost connection
            tls_context=ssl.create_default_context() if self._relay.security != "smtp" else None,  # heeds SSL_CERT_FILE
        )
        try:
            return await self._connect(smtp)
        except (SMTPException, OSError) as trouble:
            smtp.close()
            raise no_line(trouble) from trouble

    async def _connect(self, smtp: aiosmtplib.SMTP) -> Wire:
        """Connect and log in with the library. It has no pipelining, so `Wire` takes the connection over from there."""
        await smtp.connect()
        if self._relay.security == "smtp+starttls":
            await _turn_to_tls(smtp)
        if self._relay.user:
            await smtp.login(self._relay.user, self._relay.password)
        await smtp.ehlo()
        self._in_groups = smtp.supports_extension("pipelining")
        self._takes_any_letters = smtp.supports_extension("smtputf8")
        if not isinstance(smtp.transport, asyncio.Transport):
            raise ConnectionResetError("closed after it was opened")
        self._wire = Wire(smtp.transport)
        return self._wire


async def _turn_to_tls(smtp: aiosmtplib.SMTP) -> None:
    await smtp.ehlo()
    if not smtp.supports_extension("starttls"):
        smtp.close()
        raise NotSecure(
            f"{NAME} offers no encryption (STARTTLS), so that nothing was said to it: use smtps:// in "
            "CONTACTFLOW_SMTP_URL, or another server",
            provider=NAME,
        )
    await smtp.starttls()


def _is_taken(reply: Reply, command: bytes) -> bool:
    return reply.code == GO_ON if command is DATA else reply.code in {OK, WILL_FORWARD}
