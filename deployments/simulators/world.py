"""The whole state of the simulators, accessible to tests and persisted to disk if wanted."""

import base64
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from deployments.simulators.faults import Faults
from deployments.simulators.ledger import Ledger
from deployments.simulators.mail import post
from deployments.simulators.mail.delivered import Delivered
from deployments.simulators.mail.journal import Journal
from deployments.simulators.mail.letterbox import Letterbox
from deployments.simulators.mail.post import PostOffice
from deployments.simulators.mail.rules import SmtpRules
from deployments.simulators.mailbox import Change, Mailbox
from deployments.simulators.openai.service import Service
from deployments.simulators.tokens import Access, Grant, Tokens

CLIENT_ID = "contactflow-simulated"
CLIENT_SECRET = "simulated-secret"  # noqa: S105 - opens nothing but the simulators
SCOPES = {
    "microsoft": "openid profile offline_access Contacts.Read User.Read Mail.ReadWrite Mail.Send",
    "google": " ".join(
        ["openid", "email"]
        + [
            f"https://www.googleapis.com/auth/{name}"
            for name in ("contacts.readonly", "gmail.compose", "gmail.send", "gmail.readonly")
        ]
    ),
}
KEPT = (
    *("provider", "email", "seed", "size", "page_size", "empty_every", "replays", "reset_style", "generation"),
    *("without_scopes", "delay_s", "journal", "pending"),
)


@dataclass(slots=True)
class World:
    """`latency_ms` is added to every answer of the contact APIs; `skew` is how far the clock was put forward."""

    mailboxes: list[Mailbox] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)
    faults: Faults = field(default_factory=Faults)
    ledger: Ledger = field(default_factory=Ledger)
    post: PostOffice = field(default_factory=PostOffice)
    smtp: SmtpRules = field(default_factory=SmtpRules)
    greylisted: set[tuple[str, str]] = field(default_factory=set)
    """(sender, recipient) pairs that have been refused once."""
    smtp_lines: set[object] = field(default_factory=set)
    """Open SMTP connections."""
    openai: Service = field(default_factory=Service)
    latency_ms: float = 0.0
    skew: float = 0.0
    claims: dict[str, Any] = field(default_factory=dict)
    """Overrides for the claims of ID tokens; a claim set to None is omitted."""
    microsoft_at_once: int = 4
    """More concurrent requests than this to one Microsoft mailbox are answered with 429."""
    state: Path | None = None

    def forget(self) -> None:
        """Reset everything but the path of the state file."""
        self.post.forget()
        blank = World(state=self.state, post=self.post)
        for name in World.__slots__:
            setattr(self, name, getattr(blank, name))

    def now(self) -> float:
        return time.time() + self.skew

    def mailbox(self, provider: str, email: str = "") -> Mailbox:
        """The mailbox with this address, or the provider's first. Raises KeyError if there is none."""
        for mailbox in self.of(provider):
            if email in ("", mailbox.email):
                mailbox.settle(self.now())
                return mailbox
        raise KeyError(f"no {provider} mailbox {email!r}")

    @property
    def delivered(self) -> Delivered:
        """The log of delivered mails."""
        return self.post.delivered

    def letterbox(self, provider: str, email: str = "") -> Letterbox:
        return self.post.box(provider, self.mailbox(provider, email).email, self.now())

    def of(self, provider: str) -> Iterator[Mailbox]:
        return (mailbox for mailbox in self.mailboxes if mailbox.provider == provider)

    def add_mailbox(self, provider: str, email: str, *, seed: int = 1, size: int = 1000) -> Mailbox:
        if any(email == mailbox.email for mailbox in self.of(provider)):
            raise ValueError(f"there is a {provider} mailbox {email!r} already")
        self.mailboxes.append(Mailbox(provider, email, seed, size))
        return self.mailboxes[-1]

    def refresh_token(self, provider: str, email: str = "") -> str:
        """A valid refresh token: an existing one, else a new one."""
        mailbox = self.mailbox(provider, email)
        for name, grant in self.tokens.grants.items():
            if (grant.provider, grant.email) == (provider, mailbox.email) and not (grant.revoked or grant.replaced):
                return name
        return self.tokens.grant(provider, mailbox.email, SCOPES[provider])

    def access_token(self, provider: str, email: str = "") -> str:
        return self.tokens.access(provider, self.mailbox(provider, email).email, SCOPES[provider], self.now())

    def id_token(self, claims: dict[str, Any]) -> str:
        """A JWT with a dummy signature: clients get it from the token endpoint over a trusted connection."""
        said = {name: value for name, value in (claims | self.claims).items() if value is not None}
        header = {"typ": "JWT", "alg": "RS256", "kid": "simulated"}
        return f"{plain_base64(header)}.{plain_base64(said)}.c2ltdWxhdGVk"

    def keep(self) -> None:
        """Persist what must survive a restart. The file is replaced atomically."""
        if self.state is None:
            return
        half = self.state.with_suffix(".new")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(self._kept()))
            file.flush()
            os.fsync(file.fileno())
        half.replace(self.state)

    def _kept(self) -> dict[str, Any]:
        return {
            "mailboxes": [{name: getattr(mailbox, name) for name in KEPT} for mailbox in self.mailboxes],
            "grants": self.tokens.grants,
            "accesses": self.tokens.accesses,
            "skew": self.skew,
        }


def plain_base64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def recall(path: Path) -> World:
    """Load the persisted state, or start with an empty one; mail comes from mail.jsonl next to the file."""
    world = World(state=path, post=post.recall(Journal(path.with_name("mail.jsonl"))))
    if not path.exists():
        return world
    kept = msgspec.json.decode(path.read_bytes())
    for mailbox in kept["mailboxes"]:
        mailbox["journal"] = msgspec.convert(mailbox["journal"], list[Change])
        mailbox["pending"] = msgspec.convert(mailbox["pending"], list[Change])
        mailbox["without_scopes"] = tuple(mailbox["without_scopes"])
        world.mailboxes.append(Mailbox(**mailbox))
    world.tokens.grants = msgspec.convert(kept["grants"], dict[str, Grant])
    world.tokens.accesses = msgspec.convert(kept["accesses"], dict[str, Access])
    world.skew = kept["skew"]
    return world
