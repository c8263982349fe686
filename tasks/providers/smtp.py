"""Mail by SMTP: one line to a relay, used for many mails. After the final dot nobody can be asked what became of one.

ProviderError
├── Refused       5xx: it will never take this mail
├── NotNow        4xx: it may take this mail later
├── Busy          the relay takes nothing for now, or is not there
├── BadLogin      it does not accept the user or the password
│   └── NotSecure     it offers no encryption, or cannot prove that it is who it says: nothing was told to it
└── Lost          the line broke: before the final dot nothing was sent, after it the mail may have been
"""

import ipaddress
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate, getaddresses
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from tasks.providers.base import ProviderError
from tasks.providers.mailer import Busy, Lost, Refused
from tasks.rules.mail_headers import headers_of

NAME = "The mail server"
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LAST_REPLY = 180  # seconds: servers look into a mail before they answer for it
A_MINUTE = 60
_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_DOTS = re.compile(rb"^\.", re.MULTILINE)
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class NotNow(ProviderError):
    pass


class BadLogin(ProviderError):
    pass


class NotSecure(BadLogin):
    pass


@dataclass(frozen=True, slots=True)
class Relay:
    """`security`: smtp is plain, smtp+starttls turns to TLS before anything is said, smtps is TLS from the start.

    Plain is for a server on this machine: passwords and mails cross no network unless encrypted.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    recipients: tuple[str, ...]

    @property
    def is_ascii(self) -> bool:
        return all(address.isascii() for address in (self.sender, *self.recipients))


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


def envelope_of(content: bytes) -> Envelope:
    """From whom and to whom, by what was approved and nothing else."""
    if _LONE.search(content):
        raise Refused("a lone line break stands in this mail: write it anew", provider=NAME)
    found = headers_of(content)
    sender = [address for _, address in getaddresses([str(found.get("From", ""))])]
    to = [address for _, address in getaddresses([str(one) for one in found.get_all("To", [])])]
    if not sender or not to or not all([*sender, *to]):
        raise Refused("this mail does not say from whom and to whom it goes", provider=NAME)
    return Envelope(sender[0], tuple(dict.fromkeys(to)))


class Line:
    """One connection, opened when it is first needed and again when it broke."""

    def __init__(self, relay: Relay, *, timeout: float = A_MINUTE, last_reply: float = LAST_REPLY) -> None:
        self._relay, self._last_reply = relay, last_reply
        self._smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            timeout=timeout,
            use_tls=relay.security == "smtps",
            start_tls=False,  # done by us: the library tells a server that cannot from one that is gone by words alone
            tls_context=ssl.create_default_context() if relay.security != "smtp" else None,  # heeds SSL_CERT_FILE
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *trouble: object) -> None:
        with suppress(SMTPException, OSError):
            if self._smtp.is_connected:
                await self._smtp.quit(timeout=1)
        self._smtp.close()

    async def offer(self, envelope: Envelope) -> None:
        """Up to the point where the server wants the mail itself. Whatever goes wrong here, nothing was sent."""
        await self._connected()
        options = [] if envelope.is_ascii else [b"SMTPUTF8"]
        if options and not self._smtp.supports_extension("smtputf8"):
            raise Refused("the mail server cannot write to an address with such letters", provider=NAME)
        await self._say(b"MAIL", b"FROM:<%s>" % envelope.sender.encode(), *options, wrong=_sender_refused)
        for recipient in envelope.recipients:
            await self._say(b"RCPT", b"TO:<%s>" % recipient.encode(), wrong=_mail_refused)
        await self._say(b"DATA", wrong=_mail_refused, expected=354)

    async def hand_over(self, content: bytes, moment: float) -> None:
        """The mail itself, with the moment of its leaving in front. `Lost` from here on means: it may have left."""
        text = _DOTS.sub(b"..", b"Date: %s\r\n%s" % (formatdate(moment).encode(), content))
        end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
        protocol = self._smtp.protocol
        if protocol is None:
            raise NotNow("the line broke before the mail was handed over", provider=NAME, permanent=False)
        reply = await self._heard(self._written(protocol, text + end))
        if reply.code != aiosmtplib.SMTPStatus.completed:
            raise _mail_refused(reply)

    async def _written(self, protocol: aiosmtplib.protocol.SMTPProtocol, text: bytes) -> SMTPResponse:
        protocol.write(text)
        return await protocol.read_response(timeout=self._last_reply)

    async def _say(
        self, *words: bytes, wrong: Callable[[SMTPResponse], ProviderError], expected: int = 250
    ) -> SMTPResponse:
        reply = await self._heard(self._smtp.execute_command(*words))
        if reply.code == expected or (expected == 250 and reply.code == 251):  # noqa: PLR2004 (SMTP's own numbers)
            return reply
        trouble = wrong(reply)
        await self._begin_anew()
        raise trouble

    async def _heard(self, saying: Awaitable[SMTPResponse]) -> SMTPResponse:
        try:
            return await saying
        except (SMTPException, OSError, TimeoutError, ValueError) as trouble:
            self._smtp.close()
            raise Lost(f"the line to the mail server broke ({type(trouble).__name__})", provider=NAME) from trouble

    async def _begin_anew(self) -> None:
        """Forget what was said of a mail that was not taken, so that the line can be used for the next."""
        try:
            await self._smtp.execute_command(b"RSET")
        except (SMTPException, OSError, TimeoutError):
            self._smtp.close()

    async def _connected(self) -> None:
        if self._smtp.is_connected:
            return
        try:
            await self._connect()
        except aiosmtplib.SMTPAuthenticationError as trouble:
            self._smtp.close()
            raise BadLogin(f"{NAME} does not accept the user or password of CONTACTFLOW_SMTP_URL", provider=NAME,
                           status=trouble.code) from None  # fmt: skip
        except (SMTPException, OSError, TimeoutError) as trouble:
            self._smtp.close()
            raise _no_line(trouble) from trouble

    async def _connect(self) -> None:
        await self._smtp.connect()
        if self._relay.security == "smtp+starttls":
            await self._turn_to_tls()
        if self._relay.user:
            await self._smtp.login(self._relay.user, self._relay.password)
        await self._smtp.ehlo()

    async def _turn_to_tls(self) -> None:
        await self._smtp.ehlo()
        if not self._smtp.supports_extension("starttls"):
            self._smtp.close()
            raise NotSecure(
                f"{NAME} offers no encryption (STARTTLS), so that nothing was said to it: use smtps:// in "
                "CONTACTFLOW_SMTP_URL, or another server",
                provider=NAME,
            )
        await self._smtp.starttls()


def _no_line(trouble: Exception) -> ProviderError:
    if isinstance(trouble, ssl.SSLCertVerificationError) or isinstance(trouble.__cause__, ssl.SSLCertVerificationError):
        return NotSecure(
            f"{NAME} shows a certificate that is not trusted: name the server as its certificate does, "
            "or put the authority's certificate into SSL_CERT_FILE",
            provider=NAME,
        )
    status = trouble.code if isinstance(trouble, SMTPResponseException) else 0
    return Busy(f"{NAME} cannot be reached ({type(trouble).__name__})", provider=NAME, status=status, wait=5)


def _sender_refused(reply: SMTPResponse) -> ProviderError:
    """What a server says to the sender's name concerns every mail, where it is but for now."""
    if _is_lasting(reply):
        return _mail_refused(reply)
    return Busy(f"{NAME} takes no mail for now ({_words(reply)})", provider=NAME, status=reply.code, wait=A_MINUTE)


def _mail_refused(reply: SMTPResponse) -> ProviderError:
    if reply.code == 421:  # noqa: PLR2004 (SMTP's own number)
        return Busy(f"{NAME} closes the line ({_words(reply)})", provider=NAME, status=reply.code, wait=A_MINUTE)
    kind = Refused if _is_lasting(reply) else NotNow
    return kind(f"the mail server refused it ({_words(reply)})", provider=NAME, status=reply.code)


def _is_lasting(reply: SMTPResponse) -> bool:
    return reply.code >= 500  # noqa: PLR2004 (SMTP's own number)


def _words(reply: SMTPResponse) -> str:
    """The numbers only: the prose may hold an address."""
    found = _ENHANCED.search(reply.message)
    return f"{reply.code} {found[0]}" if found else str(reply.code)
