"""Who takes part: organizations' people, and the services they connect."""

from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class Provider(StrEnum):
    MICROSOFT = "microsoft"
    GOOGLE = "google"
    FILE = "file"


class ConnectionStatus(StrEnum):
    ACTIVE = "active"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class SignInKind(StrEnum):
    """A session lives in a browser's cookie; a link, printed at the terminal, becomes one once."""

    LINK = "link"
    SESSION = "session"
