"""Opaque read positions, as handed out in links and tokens. They need no memory, so they survive a restart."""

import base64
from dataclasses import dataclass

import msgspec

ALL = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reading round stands. `since` is ALL for a full round; `left` what may still come (ALL: no cap).

    `asked` is what the first call asked for; `began` when the last full round did.
    """

    mailbox: str
    generation: int
    folder: str = ""
    since: int = ALL
    until: int = 0
    offset: int = 0
    page: int = 0
    left: int = ALL
    size: int = 0
    asked: str = ""
    began: float = 0.0


class BadCursor(ValueError):
    pass


def seal(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def unseal(text: str) -> Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except ValueError as error:
        raise BadCursor("no cursor of ours") from error
