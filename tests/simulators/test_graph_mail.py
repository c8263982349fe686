"""Graph's mail: a draft is made, sent once, and kept as it left."""

import base64
from email import message_from_bytes
from typing import Any

import pytest

from tests.simulators.drafts import MESSAGES, drafted, send
from tests.simulators.mails import by_key, told, written


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
    more: dict[str, Any] = {
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


def test_a_sent_draft_is_not_sent_again(microsoft: Any) -> None:
    draft = drafted(microsoft)
    assert [send(microsoft, draft).status_code for _ in range(2)] == [202, 400]
    assert microsoft.world.delivered.times("k1") == 1
    assert microsoft.ledger.broken["sent_again"] == 1


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
