"""Which permissions are requested and granted, and a connection's health in plain words."""

import re
from collections.abc import Iterable

from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus, Provider
from tasks.providers.base import ProviderError

CONTACTS = {
    Provider.MICROSOFT: ("Contacts.Read",),
    Provider.GOOGLE: ("https://www.googleapis.com/auth/contacts.readonly",),
}
MAIL = {  # drafts are written, sent, and looked up again; Gmail searches with the permission to read only
    Provider.MICROSOFT: ("Mail.ReadWrite", "Mail.Send"),
    Provider.GOOGLE: (
        "https://www.googleapis.com/auth/gmail.compose",
        "https://www.googleapis.com/auth/gmail.readonly",
    ),
}
_SIGN_IN_ONLY = {"openid", "profile", "email", "offline_access", "userinfo.email", "userinfo.profile"}
_WIDER = {  # wider scopes that include a scope
    "contacts.read": {"contacts.readwrite"},
    "contacts.readonly": {"contacts"},
    "gmail.compose": {"gmail.modify", "mail.google.com"},
    "gmail.readonly": {"gmail.modify", "mail.google.com"},
}
_PERHAPS_TOO_MUCH = {"access_denied", "consent_required", "interaction_required", "invalid_grant", "invalid_scope"}
_ADVICE = re.compile(r"[;:] sign in again$")


def missing_scopes(wanted: Iterable[str], given: Iterable[str]) -> list[str]:
    """Required scopes that were not granted. Scopes compare by their last part; a wider one includes a narrower."""
    have = {_short(scope) for scope in given}
    return [scope for scope in wanted if not ({_short(scope)} | _WIDER.get(_short(scope), set())) & have]


def beyond_sign_in(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes that a refresh may request again, spelt as the service granted them."""
    return tuple(scope for scope in scopes if _short(scope) not in _SIGN_IN_ONLY)


def mail_refusal(connection: ConnectionInfo) -> str:
    """Why no mail can be sent from this account, and the remedy; empty if it can."""
    if not (missing := missing_scopes(MAIL[connection.provider], connection.scopes)):
        return ""
    return (
        f"connection {connection.id} may not send mail: permission {', '.join(missing)} was not given; "
        f"`contactflow connect {connection.provider}` asks for it"
    )


def asked_too_much(refused: ProviderError) -> bool:
    """Whether a sign-in may have been refused because of the optional permission for mail."""
    return refused.excerpt.partition(" ")[0] in _PERHAPS_TOO_MUCH


def allowed(connection: ConnectionInfo) -> list[str]:
    """The uses granted: contacts, mail. Both may be tried if the service did not report its scopes."""
    if connection.status is ConnectionStatus.DISCONNECTED:
        return []
    wanted = {"contacts": CONTACTS[connection.provider], "mail": MAIL[connection.provider]}
    given = connection.scopes
    return [name for name, scopes in wanted.items() if not given or not missing_scopes(scopes, given)]


def health(connection: ConnectionInfo, pause: str = "") -> str:
    """A connection's health in plain words. `pause` is why all connections to the service are paused, if they are."""
    moment = connection.updated_at.astimezone()
    since = f"{moment.day} {moment:%b %Y}"
    if connection.status is ConnectionStatus.ACTIVE:
        return pause or "fine"
    if connection.status is ConnectionStatus.DISCONNECTED:
        return f"disconnected on {since}"
    why = _ADVICE.sub("", connection.cause) or f"{connection.provider.value.title()} refuses access"
    return f"{why} (noticed on {since}): reconnect with `contactflow connect {connection.provider}`"


def _short(scope: str) -> str:
    return scope.rstrip("/").rpartition("/")[2].casefold()
