"""What Exchange does not permit, Graph's mail refuses: what is no message, in whose name, too much, too often."""

from typing import Any

import pytest

from deployments.simulators.faults import Fault
from tests.simulators.drafts import MESSAGES, drafted, send
from tests.simulators.mails import told


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([{"name": "List-Unsubscribe", "value": "<x>"}], "InvalidInternetMessageHeader"),
        ([{"name": f"x-{n}", "value": "1"} for n in range(6)], "InvalidInternetMessageHeaderCollection"),
    ],
)
def test_headers_that_exchange_does_not_take_are_refused(microsoft: Any, headers: list[Any], code: str) -> None:
    answer = microsoft.ask("POST", MESSAGES, json=told("k", internetMessageHeaders=headers))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_mail_in_anothers_name_or_to_nobody_is_refused(microsoft: Any) -> None:
    eve: dict[str, Any] = {"from": {"emailAddress": {"address": "eve@evil.example"}}}
    foreign = drafted(microsoft, **eve)
    nobody = drafted(microsoft, toRecipients=[])
    codes = [send(microsoft, one).json()["error"]["code"] for one in (foreign, nobody)]
    assert codes == ["ErrorSendAsDenied", "ErrorInvalidRecipients"]
    assert len(microsoft.world.delivered) == 0


def test_thirty_mails_a_minute_and_then_a_time_to_wait(microsoft: Any) -> None:
    drafts = [drafted(microsoft, f"k{n}") for n in range(32)]
    answers = [send(microsoft, draft) for draft in drafts[:31]]
    assert [answer.status_code for answer in answers] == [202] * 30 + [429]
    assert 55 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["error"]["code"] == "ApplicationThrottled"
    microsoft.world.skew = 61
    assert send(microsoft, drafts[30]).status_code == 202
    assert microsoft.ledger.broken["over_minute"] == 1


def test_a_days_recipients_are_counted(microsoft: Any) -> None:
    microsoft.control("mail-settings", per_day=2)
    answers = [send(microsoft, drafted(microsoft, f"k{n}")) for n in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 403]
    assert answers[-1].json()["error"]["code"] == "ErrorExceededMessageLimit"
    microsoft.world.skew = 86_401
    microsoft.token = microsoft.world.access_token("microsoft")
    assert send(microsoft, drafted(microsoft, "k9")).status_code == 202


def test_scopes_are_looked_at(microsoft: Any) -> None:
    draft = drafted(microsoft)
    microsoft.token = microsoft.world.tokens.access("microsoft", "alice@contoso.example", "Mail.ReadWrite", 2e9)
    assert send(microsoft, draft).status_code == 403
    microsoft.token = microsoft.world.tokens.access("microsoft", "alice@contoso.example", "Contacts.Read", 2e9)
    assert microsoft.ask("GET", MESSAGES).status_code == 403


def test_every_route_may_fail_in_every_way(microsoft: Any) -> None:
    draft = drafted(microsoft)
    for path, method in ((MESSAGES, "POST"), (MESSAGES, "GET"), (f"{MESSAGES}/{draft['id']}", "PATCH")):
        for kind, status in (("html", 502), ("status", 503), ("masked", 504)):
            microsoft.world.faults.add(Fault(kind, route="/messages", status=status, retry_after=1))
            assert microsoft.ask(method, path, json=told("k2")).status_code == status
    microsoft.control("tokens", do="revoke")
    assert microsoft.ask("GET", MESSAGES).json()["error"]["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize(
    "wish",
    [
        [],
        "text",
        {"colour": "red"},
        {"toRecipients": "bob"},
        {"toRecipients": [{"emailAddress": "bob"}]},
        {"body": "text"},
        {"singleValueExtendedProperties": [{}]},
        {"internetMessageHeaders": [{"value": "x"}]},
        {"internetMessageHeaders": [{"name": "x-a", "value": "b\r\nBcc: eve@evil.example"}]},
        {"attachments": [{"name": "a.txt"}]},
        {"attachments": [{"name": "a.txt", "contentBytes": "%"}]},
    ],
)
def test_what_is_no_message_is_refused_and_leaves_nothing(microsoft: Any, wish: Any) -> None:
    assert microsoft.ask("POST", MESSAGES, json=wish).status_code == 400
    assert microsoft.ask("POST", MESSAGES, content=b"{half").status_code == 400
    assert microsoft.letters.items == {}


def test_a_message_of_many_megabytes_is_refused(microsoft: Any) -> None:
    answer = microsoft.ask("POST", MESSAGES, json=told("k1", body={"content": "x" * 5_000_000}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "ErrorMessageSizeExceeded")
