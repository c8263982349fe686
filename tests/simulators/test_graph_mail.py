"""Graph's mail: a draft is made, sent once, and found again; what Exchange does not permit, it refuses."""

import base64
from email import message_from_bytes
from typing import Any

import pytest

from deployments.simulators.faults import Fault
from tests.simulators.mails import KEY, by_key, told, written

MESSAGES = "/me/messages"


def drafted(microsoft: Any, key: str = "k1", **more: Any) -> dict[str, Any]:
    answer = microsoft.ask("POST", MESSAGES, json=told(key, **more))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def send(microsoft: Any, draft: dict[str, Any], prefer: str = 'IdType="ImmutableId"') -> Any:
    return microsoft.ask("POST", f"{MESSAGES}/{draft['id']}/send", prefer=prefer)


def test_a_draft_is_sent_and_keeps_its_immutable_id(microsoft: Any) -> None:
    draft = drafted(microsoft)
    assert draft["isDraft"]
    assert draft["internetMessageId"].startswith("<")
    answer = send(microsoft, draft)
    assert (answer.status_code, answer.content) == (202, b"")
    sent = microsoft.ask("GET", f"{MESSAGES}/{draft['id']}").json()
    assert (sent["isDraft"], sent["parentFolderId"], sent["conversationId"]) == (
        False, "AQMkADsentitems", draft["conversationId"],
    )  # fmt: skip
    [mail] = microsoft.world.delivered.of("alice@contoso.example")
    assert (mail.key, mail.recipients, mail.message_id) == ("k1", ("bob@client.example",), draft["internetMessageId"])


def test_an_ordinary_id_is_lost_when_the_mail_moves_to_sent_items(microsoft: Any) -> None:
    draft = microsoft.ask("POST", MESSAGES, prefer="", json=told("k1")).json()
    assert send(microsoft, draft, prefer="").status_code == 202
    assert microsoft.ask("GET", f"{MESSAGES}/{draft['id']}", prefer="").status_code == 404
    assert microsoft.ledger.broken["no_immutable_id"] == 3


def test_a_mail_is_found_by_its_property_in_the_whole_mailbox(microsoft: Any) -> None:
    first, second = drafted(microsoft, "k1"), drafted(microsoft, "k2")
    send(microsoft, first)
    for key, mail in (("k1", first), ("K2", second)):
        found = microsoft.ask("GET", MESSAGES, params={"$filter": by_key(key), "$select": "id"}).json()["value"]
        assert [one["id"] for one in found] == [mail["id"]]
        assert "singleValueExtendedProperties" not in found[0]
    assert microsoft.ask("GET", MESSAGES, params={"$filter": by_key("k3")}).json()["value"] == []
    named = microsoft.ask("GET", MESSAGES, params={"$filter": f"internetMessageId eq '{first['internetMessageId']}'"})
    assert [one["id"] for one in named.json()["value"]] == [first["id"]]


def test_a_property_is_told_when_it_is_expanded(microsoft: Any) -> None:
    expand = {"$expand": f"singleValueExtendedProperties($filter=id eq '{KEY}')", "$select": "subject"}
    mail = microsoft.ask("GET", f"{MESSAGES}/{drafted(microsoft)['id']}", params=expand).json()
    assert mail["singleValueExtendedProperties"] == [{"id": KEY, "value": "k1"}]
    assert set(mail) == {"@odata.etag", "id", "subject", "singleValueExtendedProperties"}


def test_mime_leaves_as_it_was_handed_in(microsoft: Any) -> None:
    raw = written("k9")
    headers = {"content-type": "text/plain"}
    draft = microsoft.ask("POST", MESSAGES, content=base64.b64encode(raw), headers=headers)
    assert draft.status_code == 201
    assert draft.json()["internetMessageId"] == "<k9@ours.example>"
    assert microsoft.ask("GET", f"{MESSAGES}/{draft.json()['id']}/$value").content == raw
    send(microsoft, draft.json())
    [mail] = microsoft.world.delivered
    assert (mail.raw, mail.key, mail.subject, mail.built) == (raw, "k9", "About k9", False)
    refused = microsoft.ask("POST", MESSAGES, content=b"%%%", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ErrorMimeContentInvalidBase64String")


def test_json_becomes_a_mail_with_attachment_and_list_headers(microsoft: Any) -> None:
    post = "String {00020386-0000-0000-C000-000000000046} Name List-Unsubscribe-Post"
    more = {
        "attachments": [
            {
                "@odata.type": "#microsoft.graph.fileAttachment", "name": "offer.pdf", "contentType": "application/pdf",
                "contentBytes": base64.b64encode(b"%PDF-").decode(),
            }
        ],
        "internetMessageHeaders": [{"name": "x-ours", "value": "yes"}],
        "singleValueExtendedProperties": [
            {"id": "String 0x1045", "value": "<https://ours.example/u/1>"}, {"id": post, "value": "One-Click"},
        ],
    }  # fmt: skip
    draft = drafted(microsoft, **more)
    send(microsoft, draft)
    [delivery] = microsoft.world.delivered
    mail = message_from_bytes(delivery.raw)
    assert mail["List-Unsubscribe"] == "<https://ours.example/u/1>"
    assert mail["List-Unsubscribe-Post"] == "One-Click"
    assert mail["x-ours"] == "yes"
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == ["offer.pdf"]
    select = {"$select": "internetMessageHeaders,hasAttachments"}
    sent = microsoft.ask("GET", f"{MESSAGES}/{draft['id']}", params=select).json()
    assert (sent["internetMessageHeaders"], sent["hasAttachments"]) == ([], True)


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


def test_a_sent_draft_is_not_sent_again(microsoft: Any) -> None:
    draft = drafted(microsoft)
    assert [send(microsoft, draft).status_code for _ in range(2)] == [202, 400]
    assert microsoft.world.delivered.times("k1") == 1
    assert microsoft.ledger.broken["sent_again"] == 1


def test_a_mail_in_anothers_name_or_to_nobody_is_refused(microsoft: Any) -> None:
    foreign = drafted(microsoft, **{"from": {"emailAddress": {"address": "eve@evil.example"}}})
    nobody = drafted(microsoft, toRecipients=[])
    codes = [send(microsoft, one).json()["error"]["code"] for one in (foreign, nobody)]
    assert codes == ["ErrorSendAsDenied", "ErrorInvalidRecipients"]
    assert len(microsoft.world.delivered) == 0


@pytest.mark.parametrize("style", ["hidden", "draft"])
def test_sent_items_may_appear_late(microsoft: Any, style: str) -> None:
    microsoft.control("mail-settings", sent_late_s=60, sent_style=style)
    draft = drafted(microsoft)
    assert send(microsoft, draft).status_code == 202
    assert microsoft.world.delivered.times("k1") == 1
    early = microsoft.ask("GET", f"{MESSAGES}/{draft['id']}")
    found = microsoft.ask("GET", MESSAGES, params={"$filter": by_key("k1")}).json()["value"]
    if style == "hidden":
        assert (early.status_code, found) == (404, [])
    else:
        assert early.json()["isDraft"]
        assert send(microsoft, draft).status_code == 400
    microsoft.world.skew = 61
    assert microsoft.ask("GET", f"{MESSAGES}/{draft['id']}").json()["isDraft"] is False


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


def test_send_mail_works_and_is_remembered(microsoft: Any) -> None:
    answer = microsoft.ask("POST", "/me/sendMail", json={"message": told("k1"), "saveToSentItems": True})
    assert (answer.status_code, answer.content) == (202, b"")
    assert microsoft.ledger.broken["send_mail_used"] == 1
    assert microsoft.world.delivered.times("k1") == 1


def test_a_draft_can_be_edited_thrown_away_and_is_then_gone_for_good(microsoft: Any) -> None:
    draft = drafted(microsoft)
    where = f"{MESSAGES}/{draft['id']}"
    assert microsoft.ask("PATCH", where, json={"subject": "Other"}).json()["subject"] == "Other"
    assert microsoft.ask("DELETE", where).status_code == 204
    assert microsoft.ask("GET", where).json()["parentFolderId"] == "AQMkADdeleteditems"
    assert microsoft.ask("DELETE", where).status_code == 204
    assert microsoft.ask("GET", where).status_code == 404


def test_the_inbox_tells_what_came_since_and_what_left_it(microsoft: Any) -> None:
    start = microsoft.ask("GET", "/me/mailFolders/inbox/messages/delta").json()
    assert start["value"] == []
    raw = base64.b64encode(written("hi", sender="bob@client.example")).decode()
    microsoft.control("incoming", raw=raw)
    drafted(microsoft)
    second = microsoft.ask("GET", start["@odata.deltaLink"]).json()
    [mail] = second["value"]
    assert mail["from"]["emailAddress"]["address"] == "bob@client.example"
    microsoft.ask("DELETE", f"{MESSAGES}/{mail['id']}")
    third = microsoft.ask("GET", second["@odata.deltaLink"]).json()["value"]
    assert [(one["id"], one["@removed"]["reason"]) for one in third] == [(mail["id"], "deleted")]


def test_lists_and_deltas_come_in_pages(microsoft: Any) -> None:
    for number in range(7):
        microsoft.control("incoming", raw=base64.b64encode(written(f"in{number}")).decode())
    for path in (f"{MESSAGES}?$top=3", "/me/mailFolders/inbox/messages/delta"):
        page = microsoft.ask("GET", path, prefer='IdType="ImmutableId", odata.maxpagesize=3').json()
        found = [one["id"] for one in page["value"]]
        while "@odata.nextLink" in page:
            page = microsoft.ask(
                "GET", page["@odata.nextLink"], prefer='IdType="ImmutableId", odata.maxpagesize=3'
            ).json()
            found += [one["id"] for one in page["value"]]
        assert len(found) == len(set(found)) == 7


def test_scopes_are_looked_at(microsoft: Any) -> None:
    draft = drafted(microsoft)
    microsoft.token = microsoft.world.tokens.access("microsoft", "alice@contoso.example", "Mail.ReadWrite", 2e9)
    assert send(microsoft, draft).status_code == 403
    microsoft.token = microsoft.world.tokens.access("microsoft", "alice@contoso.example", "Contacts.Read", 2e9)
    assert microsoft.ask("GET", MESSAGES).status_code == 403


def test_drafts_are_made_and_sent_in_a_batch(microsoft: Any) -> None:
    steps = [{"id": str(n), "method": "POST", "url": MESSAGES, "body": told(f"k{n}")} for n in range(3)]
    steps = [
        {**step, "headers": {"content-type": "application/json", "prefer": 'IdType="ImmutableId"'}} for step in steps
    ]
    answers = microsoft.ask("POST", "/$batch", json={"requests": steps}).json()["responses"]
    assert [answer["status"] for answer in answers] == [201, 201, 201]
    sending = [
        {"id": "1", "method": "POST", "url": f"{MESSAGES}/{answers[0]['body']['id']}/send"},
        {"id": "2", "method": "POST", "url": f"{MESSAGES}/nobody/send", "dependsOn": ["1"]},
        {"id": "3", "method": "POST", "url": f"{MESSAGES}/{answers[1]['body']['id']}/send", "dependsOn": ["2"]},
    ]
    told_ = microsoft.ask("POST", "/$batch", json={"requests": sending}).json()["responses"]
    assert [answer["status"] for answer in told_] == [202, 404, 424]
    assert [mail.key for mail in microsoft.world.delivered] == ["k0"]


def test_every_route_may_fail_in_every_way(microsoft: Any) -> None:
    draft = drafted(microsoft)
    for path, method in ((MESSAGES, "POST"), (MESSAGES, "GET"), (f"{MESSAGES}/{draft['id']}", "PATCH")):
        for kind, status in (("html", 502), ("status", 503), ("masked", 504)):
            microsoft.world.faults.add(Fault(kind, route="/messages", status=status, retry_after=1))
            assert microsoft.ask(method, path, json=told("k2")).status_code == status
    microsoft.control("tokens", do="revoke")
    assert microsoft.ask("GET", MESSAGES).json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_list_comes_in_the_order_asked_for(microsoft: Any) -> None:
    for key in ("k2", "k1", "k3"):
        drafted(microsoft, key)

    def subjects(order: str) -> list[str]:
        query = {"$orderby": order, "$select": "subject"} if order else {"$select": "subject"}
        return [one["subject"][-2:] for one in microsoft.ask("GET", MESSAGES, params=query).json()["value"]]

    assert subjects("") == ["k3", "k1", "k2"]
    assert subjects("isDraft,subject desc") == ["k3", "k2", "k1"]
    assert subjects("subject") == ["k1", "k2", "k3"]
    assert microsoft.ask("GET", MESSAGES, params={"$orderby": "colour"}).status_code == 400


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("isDraft eq true", {"k1", "k2"}),
        ("isDraft eq false", set()),
        ("subject eq 'About k1' and isDraft eq true", {"k1"}),
        (f"singleValueExtendedProperties/any(p:p/id eq '{KEY}' and contains(p/value,'2'))", {"k2"}),
        (f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY.upper()}' and ep/value eq 'k1')", set()),
        ("receivedDateTime ge 2100-01-01T00:00:00Z", set()),
        ("from/emailAddress/address eq 'alice@contoso.example'", {"k1", "k2"}),
    ],
)
def test_mail_is_filtered(microsoft: Any, text: str, keys: set[str]) -> None:
    for key in ("k1", "k2"):
        drafted(microsoft, key)
    found = microsoft.ask("GET", MESSAGES, params={"$filter": text}).json()["value"]
    assert {one["subject"][-2:] for one in found} == keys


@pytest.mark.parametrize(
    "text", ["colour eq 'red'", "isDraft eq true or isRead eq true", "nonsense(", "isDraft eq true x"]
)
def test_a_filter_that_is_not_known_is_refused_and_not_ignored(microsoft: Any, text: str) -> None:
    answer = microsoft.ask("GET", MESSAGES, params={"$filter": text})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorInvalidUrlQueryFilter")


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
