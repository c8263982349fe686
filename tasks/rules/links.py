"""The short signed addresses of a mail: to unsubscribe (/u), to count an open (/o) and a click (/c).

A token is `mail id (16) | number of the link, for a click (1) | signature (12)` in base64url. The signature covers what
the token is for, so that one for a click unsubscribes nobody; who holds it learns nothing but that it is one.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from tasks.rules.letters import Routes

SIGNATURE = 12
LONGEST_TOKEN = 60
_ID = 16

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]


class Use(Enum):
    UNSUBSCRIBE = b"u"
    OPEN = b"o"
    CLICK = b"c"


@dataclass(frozen=True, slots=True)
class Target:
    """Which mail a token speaks of and, of a click, the number of its link."""

    mail_id: str
    number: int = 0


def routes(public_url: str, mail_id: str, sign: Sign, links: Mapping[str, str], *, counted: bool) -> Routes:
    """Where a mail's links lead; with `counted`, opens and clicks pass by us. Links to mailboxes lead there at once."""
    unsubscribe = f"{public_url}/u/{token(Use.UNSUBSCRIBE, mail_id, sign)}"
    if not counted:
        return Routes(unsubscribe)
    web = {key: number for number, key in enumerate(sorted(links)) if not links[key].startswith("mailto:")}
    return Routes(
        unsubscribe,
        f"{public_url}/o/{token(Use.OPEN, mail_id, sign)}.gif",
        {key: f"{public_url}/c/{token(Use.CLICK, mail_id, sign, number)}" for key, number in web.items()},
    )


def numbered(links: Mapping[str, str], number: int) -> str:
    """The address of the link that a click's token numbers; empty where there is none to go to in a browser."""
    keys = sorted(links)
    address = links[keys[number]] if number < len(keys) else ""
    return address if address.startswith(("https://", "http://")) else ""


def token(use: Use, mail_id: str, sign: Sign, number: int = 0) -> str:
    said = UUID(mail_id).bytes + (bytes([number]) if use is Use.CLICK else b"")
    return base64.urlsafe_b64encode(said + sign(use.value + said)).rstrip(b"=").decode()


def read_token(use: Use, text: str, verify: Verify) -> Target | None:
    """None for all that we did not sign for this use, in this very spelling."""
    raw = _decoded(text)
    size = _ID + (use is Use.CLICK)
    if len(raw) != size + SIGNATURE or not verify(use.value + raw[:size], raw[size:]):
        return None
    return Target(str(UUID(bytes=raw[:_ID])), raw[_ID] if use is Use.CLICK else 0)


def _decoded(text: str) -> bytes:
    if not text.isascii() or len(text) > LONGEST_TOKEN:
        return b""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Several spellings decode to the same bytes; only one of them is ours.
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text else b""
