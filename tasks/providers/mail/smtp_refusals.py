"""Replies of a mail server that refuse something, as errors of ours.

ProviderError
├── Refused       5xx: this mail is rejected for good
├── NotNow        4xx: this mail may be accepted later
├── Busy          the relay accepts nothing for now
│   ├── NoLine        it is unreachable, or refuses further connections
│   ├── Closing       it closed the session in the middle of a mail, perhaps because of that mail
│   └── Enough        it is full or rate limits, in reply to a mail and perhaps because of it
├── BadLogin      it does not accept the user or the password
│   └── NotSecure     it offers no TLS, or its certificate is not valid: nothing was sent to it
└── Lost          the connection broke: before the final dot nothing was sent, after it the mail may have been
"""

import re
import ssl

from aiosmtplib import SMTPAuthenticationError, SMTPResponseException

from tasks.providers.base import ProviderError
from tasks.providers.mail.mailer import Busy, Refused
from tasks.providers.mail.smtp_envelope import NAME
from tasks.providers.mail.smtp_wire import CLOSING, Reply

A_MINUTE = 60  # seconds
LASTING = 500
TOO_FAST = 432  # Exchange Online's code
_FULL = re.compile(r"^4\.3\.\d{1,3}\b")
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class NotNow(ProviderError):
    pass


class NoLine(Busy):
    pass


class Closing(Busy):
    pass


class Enough(Busy):
    pass


class BadLogin(ProviderError):
    pass


class NotSecure(BadLogin):
    pass


def no_line(trouble: Exception) -> ProviderError:
    if isinstance(trouble, ssl.SSLCertVerificationError) or isinstance(trouble.__cause__, ssl.SSLCertVerificationError):
        return NotSecure(
            f"{NAME} shows a certificate that is not trusted: name the server as its certificate does, "
            "or put the authority's certificate into SSL_CERT_FILE",
            provider=NAME,
        )
    if isinstance(trouble, SMTPAuthenticationError) and trouble.code >= LASTING:
        text = f"{NAME} does not accept the user or password of CONTACTFLOW_SMTP_URL"
        return BadLogin(text, provider=NAME, status=trouble.code)
    status = trouble.code if isinstance(trouble, SMTPResponseException) else 0
    return NoLine(f"{NAME} cannot be reached ({type(trouble).__name__})", provider=NAME, status=status, wait=5)


def sender_refused(reply: Reply) -> ProviderError:
    """The error for a refused MAIL FROM: a temporary refusal of the sender concerns every mail."""
    if _is_lasting(reply):
        return mail_refused(reply)
    return Busy(f"{NAME} takes no mail for now ({_words(reply)})", provider=NAME, status=reply.code, wait=A_MINUTE)


def mail_refused(reply: Reply) -> ProviderError:
    if reply.code == CLOSING:
        return Closing(f"{NAME} closes the line ({_words(reply)})", provider=NAME, status=reply.code, wait=A_MINUTE)
    if reply.code == TOO_FAST or _FULL.search(reply.text):  # rate limited by Exchange Online, or out of storage
        return Enough(
            f"{NAME} has had enough for now ({_words(reply)})", provider=NAME, status=reply.code, wait=A_MINUTE
        )
    kind = Refused if _is_lasting(reply) else NotNow
    return kind(f"the mail server refused it ({_words(reply)})", provider=NAME, status=reply.code)


def _is_lasting(reply: Reply) -> bool:
    return reply.code >= LASTING


def _words(reply: Reply) -> str:
    """Only the codes of a reply: its text may hold an address."""
    found = _ENHANCED.search(reply.text)
    return f"{reply.code} {found[0]}" if found else str(reply.code)
