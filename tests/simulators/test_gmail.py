"""Gmail: drafts that leave once, what lies where, history; and how its quota and its limits answer."""

import base64
from typing import Any

import pytest

from tests.simulators.mails import in_url, written

ALICE = "alice@gmail.example"


def mail(key: str, **more: Any) -> bytes:
    return written(key, sender=ALICE, **more)


def drafted(google: Any, key: str = "k1", raw: bytes = b"") -> dict[str, Any]:
    answer = google.ask("POST", "/drafts", json={"message": {"raw": in_url(raw or mail(key))}})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def send(google: Any, draft: dict[str, Any]) -> Any:
    return google.ask("POST", "/drafts/send", json={"id": draft["id"]})


def test_a_draft_leaves_and_a_message_with_a_new_id_lies_in_sent(google: Any) -> None:
    draft = drafted(google)
    assert draft["message"]["labelIds"] == ["DRAFT"]
    sent = send(google, draft).json()
    assert sent["labelIds"] == ["SENT"]
    assert sent["id"] != draft["message"]["id"]
    assert sent["threadId"] == draft["message"]["threadId"]
    assert google.ask("GET", f"/drafts/{draft['id']}").status_code == 404
    assert send(google, draft).status_code == 404
    [left] = google.world.delivered
    assert (left.key, left.raw, left.sender) == ("k1", mail("k1"), ALICE)


def test_a_draft_can_be_asked_for_listed_changed_and_deleted(google: Any) -> None:
    draft = drafted(google)
    assert google.ask("GET", f"/drafts/{draft['id']}", params={"format": "raw"}).json()["message"]["raw"]
    listed = google.ask("GET", "/drafts", params={"q": "rfc822msgid:k1@ours.example"}).json()["drafts"]
    assert [one["id"] for one in listed] == [draft["id"]]
    changed = google.ask("PUT", f"/drafts/{draft['id']}", json={"message": {"raw": in_url(mail("k2"))}}).json()
    assert changed["id"] == draft["id"]
    assert google.ask("DELETE", f"/drafts/{draft['id']}").status_code == 204
    assert google.ask("GET", "/drafts").json() == {"resultSizeEstimate": 0}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("rfc822msgid:<k1@ours.example>", {"k1"}),
        ("in:sent rfc822msgid:k2@ours.example", set()),
        ("in:sent", {"k1"}),
        ("in:inbox from:bob@client.example", {"k3"}),
        ('subject:"About k2"', {"k2"}),
        ("subject:(About) -in:inbox", {"k1", "k2"}),
        ("after:2100/01/01", set()),
        ("from:nobody OR from:bob@client.example", {"k3"}),
        ("{subject:k1 subject:k2} -in:drafts", {"k1"}),
        ("colour:red", set()),
        ("after:1700000000 is:unread", {"k3"}),
    ],
)
def test_mail_is_searched_for(google: Any, query: str, keys: set[str]) -> None:
    send(google, drafted(google, "k1"))
    drafted(google, "k2")
    came = written("k3", sender="bob@client.example", to=ALICE)
    google.control("incoming", raw=base64.b64encode(came).decode())
    told = google.ask("GET", "/messages", params={"q": query}).json().get("messages", [])
    wanted = {"format": "metadata", "metadataHeaders": ["X-Contactflow-Key"]}
    found = [google.ask("GET", f"/messages/{one['id']}", params=wanted).json()["payload"]["headers"] for one in told]
    assert {fields[0]["value"] for fields in found} == keys


def test_a_message_is_told_in_each_format(google: Any) -> None:
    sent = send(google, drafted(google)).json()
    told = {
        style: google.ask("GET", f"/messages/{sent['id']}", params={"format": style}).json()
        for style in ("minimal", "metadata", "full", "raw")
    }
    assert "payload" not in told["minimal"]
    assert "body" not in told["metadata"]["payload"]
    assert base64.urlsafe_b64decode(told["full"]["payload"]["body"]["data"]) == b"Hello\r\n"
    assert base64.urlsafe_b64decode(told["raw"]["raw"]) == mail("k1")
    assert google.ask("GET", "/messages/1900000000000fff").status_code == 404


def test_the_message_id_may_be_another_than_ours(google: Any) -> None:
    google.control("mail-settings", rewrites_message_id=True)
    sent = send(google, drafted(google)).json()
    assert "messages" not in google.ask("GET", "/messages", params={"q": "in:sent rfc822msgid:k1@ours.example"}).json()
    told = google.ask("GET", f"/messages/{sent['id']}", params={"format": "metadata"}).json()["payload"]["headers"]
    names = {field["name"]: field["value"] for field in told}
    assert names["Message-ID"].endswith("@mail.gmail.example>")
    assert names["X-Google-Original-Message-ID"] == "<k1@ours.example>"
    assert google.world.delivered.mails[0].raw == mail("k1")


def test_a_thread_holds_the_mail_and_its_answer(google: Any) -> None:
    sent = send(google, drafted(google)).json()
    google.control("incoming", kind="reply", key="k1")
    thread = google.ask("GET", f"/threads/{sent['threadId']}", params={"format": "minimal"}).json()
    assert [one["labelIds"] for one in thread["messages"]] == [["SENT"], ["INBOX", "UNREAD"]]


def test_history_tells_what_came_since_and_forgets(google: Any) -> None:
    start = google.ask("GET", "/profile").json()["historyId"]
    send(google, drafted(google))
    google.control("incoming", raw=base64.b64encode(written("k3")).decode())
    told = google.ask("GET", "/history", params={"startHistoryId": start, "labelId": "INBOX"}).json()
    assert [len(one["messagesAdded"]) for one in told["history"]] == [1]
    page = google.ask("GET", "/history", params={"startHistoryId": start, "maxResults": 2}).json()
    assert len(page["history"]) == 2
    following = {"startHistoryId": start, "maxResults": 2, "pageToken": page["nextPageToken"]}
    assert len(google.ask("GET", "/history", params=following).json()["history"]) == 2
    google.control("expire-cursors")
    assert google.ask("GET", "/history", params={"startHistoryId": told["historyId"]}).status_code == 404
    fresh = google.ask("GET", "/profile").json()["historyId"]
    assert google.ask("GET", "/history", params={"startHistoryId": fresh}).json() == {"historyId": fresh}


@pytest.mark.parametrize(("status", "reason"), [(403, "rateLimitExceeded"), (429, "userRateLimitExceeded")])
def test_the_units_of_a_minute_are_counted(google: Any, status: int, reason: str) -> None:
    google.control("mail-settings", units_per_minute=220, quota_status=status)
    assert [send(google, drafted(google, f"k{n}")).status_code for n in range(2)] == [200, 200]
    refused = google.ask("POST", "/drafts", json={"message": {"raw": in_url(mail("k3"))}})
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (status, reason)
    assert google.ledger.broken["over_units"] == 1
    google.world.skew = 61
    assert drafted(google, "k3")


def test_the_mails_of_a_day_are_counted(google: Any) -> None:
    google.control("mail-settings", per_day=1)
    first, second = drafted(google, "k1"), drafted(google, "k2")
    assert send(google, first).status_code == 200
    refused = send(google, second)
    assert refused.status_code == 429
    assert refused.json()["error"]["message"].startswith("User-rate limit exceeded.  Retry after 20")
    assert google.ask("GET", f"/drafts/{second['id']}").status_code == 200


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("gmail.compose", "/messages", 403),
        ("gmail.metadata", "/messages", 200),
        ("gmail.metadata", "/messages?q=in:sent", 403),
        ("gmail.send", "/drafts", 403),
        ("gmail.compose", "/drafts", 200),
        ("gmail.readonly", "/messages?q=in:sent", 200),
    ],
)
def test_scopes_are_looked_at(google: Any, scope: str, path: str, status: int) -> None:
    name = f"https://www.googleapis.com/auth/{scope}"
    google.token = google.world.tokens.access("google", ALICE, name, google.world.now())
    assert google.ask("GET", path).status_code == status


def test_what_is_no_mail_is_refused(google: Any) -> None:
    wrong: list[dict[str, Any]] = [{}, {"message": {"raw": "%%%"}}, {"message": {"raw": 7}}, {"message": [1]}]
    assert [google.ask("POST", "/drafts", json=wish).status_code for wish in wrong] == [400] * 4
    assert google.ask("POST", "/drafts", content=b"{half").status_code == 400
    nobody = drafted(google, raw=b"From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n")
    assert send(google, nobody).status_code == 400
    assert len(google.world.delivered) == 0


def test_a_mail_with_another_message_id_is_otherwise_the_same(google: Any) -> None:
    google.control("mail-settings", rewrites_message_id=True)
    sent = send(google, drafted(google)).json()
    told = google.ask("GET", f"/messages/{sent['id']}", params={"format": "raw"}).json()["raw"]
    lines, before = base64.urlsafe_b64decode(told).split(b"\r\n"), mail("k1").split(b"\r\n")
    changed = [line for line in lines if line not in before]
    assert [line.partition(b":")[0] for line in changed] == [b"Message-ID", b"X-Google-Original-Message-ID"]
    assert [line for line in before if line not in lines] == [b"Message-ID: <k1@ours.example>"]


def test_a_sent_mail_may_appear_late(google: Any) -> None:
    google.control("mail-settings", sent_late_s=60)
    draft = drafted(google)
    sent = send(google, draft).json()
    assert google.ask("GET", f"/drafts/{draft['id']}").status_code == 404
    assert google.ask("GET", f"/threads/{sent['threadId']}").status_code == 404
    google.world.skew = 61
    thread = google.ask("GET", f"/threads/{sent['threadId']}", params={"format": "minimal"}).json()
    assert [one["id"] for one in thread["messages"]] == [sent["id"]]


def test_a_mail_to_oneself_comes_in_too(google: Any) -> None:
    sent = send(google, drafted(google, raw=mail("k1", to=ALICE))).json()
    thread = google.ask("GET", f"/threads/{sent['threadId']}", params={"format": "minimal"}).json()
    assert [one["labelIds"] for one in thread["messages"]] == [["SENT"], ["INBOX", "UNREAD"]]
    assert google.world.delivered.times("k1") == 1
