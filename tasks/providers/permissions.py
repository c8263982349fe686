"""What an account's owner is asked for: to read contacts always, mail only where it is wanted."""

from collections.abc import Iterable

from storage.connections import ConnectionInfo
from storage.records import Provider

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
_WIDER = {  # what allows a scope as well
    "contacts.read": {"contacts.readwrite"},
    "contacts.readonly": {"contacts"},
    "gmail.compose": {"gmail.modify", "mail.google.com"},
    "gmail.readonly": {"gmail.modify", "mail.google.com"},
}


def scopes_of(provider: Provider, *, mail: bool = False) -> tuple[str, ...]:
    return CONTACTS[provider] + (MAIL[provider] if mail else ())


def missing_scopes(wanted: Iterable[str], given: Iterable[str]) -> list[str]:
    """Scopes count by their last part; one that allows more allows this too."""
    have = {_short(scope) for scope in given}
    return [scope for scope in wanted if not ({_short(scope)} | _WIDER.get(_short(scope), set())) & have]


def beyond_sign_in(scopes: Iterable[str]) -> tuple[str, ...]:
    """What a refresh may ask for again: the word of the service for each permission, as it gave it."""
    return tuple(scope for scope in scopes if _short(scope) not in _SIGN_IN_ONLY)


def mail_refusal(connection: ConnectionInfo) -> str:
    """Why no mail can be sent from this account, and what to do about it; empty where it can."""
    if not (missing := missing_scopes(MAIL[connection.provider], connection.scopes)):
        return ""
    return (
        f"connection {connection.id} may not send mail: permission {', '.join(missing)} was not given; "
        f"`contactflow connect {connection.provider} --mail` asks for it"
    )


def _short(scope: str) -> str:
    return scope.rstrip("/").rpartition("/")[2].casefold()
