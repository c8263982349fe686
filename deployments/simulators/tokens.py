"""Authorization codes, access tokens and refresh tokens of both providers."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field


class Refused(Exception):
    """The token endpoint refuses: an OAuth error code and a description."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(f"{error}: {reason}")
        self.error = error
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Code:
    provider: str
    email: str
    client_id: str
    redirect_uri: str
    challenge: str
    scope: str
    nonce: str
    offline: bool


@dataclass(slots=True)
class Grant:
    """One refresh token. `replaced` means that it was used to obtain a newer one."""

    provider: str
    email: str
    scope: str
    replaced: bool = False
    revoked: bool = False


@dataclass(slots=True)
class Access:
    provider: str
    email: str
    scope: str
    until: float


@dataclass(slots=True)
class Tokens:
    """`lifetime` is of access tokens, in seconds."""

    lifetime: int = 3599
    codes: dict[str, Code] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    accesses: dict[str, Access] = field(default_factory=dict)

    def new_code(self, code: Code) -> str:
        name = _secret("code")
        self.codes[name] = code
        return name

    def redeem(self, name: str, *, client_id: str, redirect_uri: str, verifier: str) -> Code:
        """Redeem an authorization code: once only, for the same client and redirect URI, with its PKCE verifier.

        Raises Refused (invalid_grant) otherwise.
        """
        code = self.codes.pop(name, None)
        if code is None:
            raise Refused("invalid_grant", "the code is unknown or was used before")
        if (code.client_id, code.redirect_uri) != (client_id, redirect_uri):
            raise Refused("invalid_grant", "the code was made for another client or redirect address")
        if code.challenge != (challenge_of(verifier) if verifier else ""):
            raise Refused("invalid_grant", "the code verifier does not fit the code challenge")
        return code

    def grant(self, provider: str, email: str, scope: str) -> str:
        name = _secret("refresh")
        self.grants[name] = Grant(provider, email, scope)
        return name

    def live_grant(self, provider: str, name: str) -> Grant:
        grant = self.grants.get(name)
        if grant is None or grant.provider != provider or grant.revoked:
            raise Refused("invalid_grant", "the refresh token is unknown, expired or revoked")
        return grant

    def access(self, provider: str, email: str, scope: str, now: float) -> str:
        self.accesses = {name: access for name, access in self.accesses.items() if access.until > now}
        name = _secret("access")
        self.accesses[name] = Access(provider, email, scope, now + self.lifetime)
        return name

    def holder(self, provider: str, name: str, now: float) -> Access | None:
        access = self.accesses.get(name)
        return access if access and access.provider == provider and access.until > now else None

    def revoke(self, provider: str, email: str) -> None:
        for grant in self.grants.values():
            if (grant.provider, grant.email) == (provider, email):
                grant.revoked = True
        self.expire(provider, email)

    def expire(self, provider: str, email: str) -> None:
        """Expire the access tokens; refresh tokens stay valid."""
        for access in self.accesses.values():
            if (access.provider, access.email) == (provider, email):
                access.until = 0.0


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _secret(kind: str) -> str:
    return f"sim-{kind}-{secrets.token_urlsafe(24)}"
