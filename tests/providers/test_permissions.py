"""Permissions are compared by what they allow, and which are wanting is said."""

from datetime import UTC, datetime

import pytest

from storage.organization.connections import ConnectionInfo
from storage.records import ConnectionStatus, Provider
from tasks.providers.access.permissions import mail_refusal, missing_scopes
from tests.providers.token_endpoint import CONTACTS, START

GMAIL = "https://www.googleapis.com/auth/gmail"


@pytest.mark.parametrize(
    ("wanted", "given", "missing"),
    [
        (("Contacts.Read",), ("https://graph.microsoft.com/contacts.read",), []),
        (("Contacts.Read",), ("Contacts.ReadWrite",), []),
        (("Contacts.Read", "Mail.Send"), ("Contacts.Read",), ["Mail.Send"]),
        ((CONTACTS,), ("https://www.googleapis.com/auth/contacts",), []),
        ((CONTACTS,), ("https://www.googleapis.com/auth/contacts.other.readonly",), [CONTACTS]),
    ],
)
def test_scopes_are_compared_by_what_they_allow(
    wanted: tuple[str, ...], given: tuple[str, ...], missing: list[str]
) -> None:
    assert missing_scopes(wanted, given) == missing


@pytest.mark.parametrize(
    ("provider", "given", "missing"),
    [
        (Provider.MICROSOFT, ("Contacts.Read",), "Mail.ReadWrite, Mail.Send"),
        (Provider.MICROSOFT, ("Contacts.Read", "https://graph.microsoft.com/Mail.Send"), "Mail.ReadWrite"),
        (Provider.MICROSOFT, ("mail.readwrite", "mail.send"), ""),
        (Provider.GOOGLE, (CONTACTS,), f"{GMAIL}.compose, {GMAIL}.readonly"),
        (Provider.GOOGLE, (f"{GMAIL}.compose",), f"{GMAIL}.readonly"),
        (Provider.GOOGLE, (f"{GMAIL}.modify",), ""),
        (Provider.GOOGLE, ("https://mail.google.com/",), ""),
    ],
)
def test_whether_mail_can_be_sent_is_told_with_what_to_do(
    provider: Provider, given: tuple[str, ...], missing: str
) -> None:
    moment = datetime.fromtimestamp(START, UTC)
    told = mail_refusal(
        ConnectionInfo("c1", "u1", provider, "me@x.example", ConnectionStatus.ACTIVE, "", given, None, moment)
    )
    assert bool(told) == bool(missing)
    if missing:
        assert f"permission {missing} was not given; `contactflow connect {provider}`" in told
        assert "me@x.example" not in told
