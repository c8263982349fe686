"""Opaque cursors for links and tokens. They carry their whole state, so they survive a restart."""

import base64
from dataclasses import dataclass

import msgspec

ALL = -1


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position in a sync. `since` is ALL for a full sync; `left` how many items may follow (ALL: no limit).

    `asked` are the parameters of the first call; `began` is when the last full sync began.
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
