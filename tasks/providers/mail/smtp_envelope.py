"""A mail's SMTP envelope, read from the approved bytes, and its commands."""

import re
from dataclasses import dataclass
from email.utils import getaddresses
from functools import lru_cache

from tasks.providers.mail.mailer import Refused
from tasks.rules.mail_headers import headers_of

NAME = "The mail server"
DATA = b"DATA\r\n"
_ODD = re.compile(r"[\x00-\x20\x7f<>]")


@dataclass(frozen=True, slots=True)
class Envelope:
    sender: str
    recipients: tuple[str, ...]

    @property
    def is_ascii(self) -> bool:
        return all(address.isascii() for address in (self.sender, *self.recipients))


def envelope_of(content: bytes) -> Envelope:
    """Sender and recipient, taken from the approved bytes alone."""
    if not content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r"):
        raise Refused("a lone line break stands in this mail: write it anew", provider=NAME)
    found = headers_of(content)
    sender = _senders(*found.get("from", [])[:1])
    to = [address for _, address in getaddresses(found.get("to", []))]
    if not sender or not to or not all([*sender, *to]):
        raise Refused("this mail does not say from whom and to whom it goes", provider=NAME)
    if any(_ODD.search(address) for address in [*sender, *to]):
        raise Refused("an address of this mail has a space, a bracket or a control character in it", provider=NAME)
    return Envelope(sender[0], tuple(dict.fromkeys(to)))


@lru_cache(maxsize=1)
def _senders(*header: str) -> list[str]:
    """Parse a From header; cached, since all mails of a campaign share it."""
    return [address for _, address in getaddresses(header)]


def commands(envelope: Envelope) -> list[bytes]:
    """The commands of an envelope, ending with DATA."""
    options = b"" if envelope.is_ascii else b" SMTPUTF8"
    recipients = [b"RCPT TO:<%s>\r\n" % one.encode() for one in envelope.recipients]
    return [b"MAIL FROM:<%s>%s\r\n" % (envelope.sender.encode(), options), *recipients, DATA]
