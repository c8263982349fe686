"""What comes back: bounces as each provider words them, and answers that find the mail that they answer."""

import email
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from flufl.bounce import all_failures

from tests.simulators.mails import told
from tests.simulators.test_delivered import ready

NDRS = {
    "$filter": "singleValueExtendedProperties/Any(ep: ep/id eq 'String 0x001A' and ep/value eq 'REPORT.IPM.Note.NDR')"
}


@pytest.fixture(params=["microsoft", "google"])
def owner(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def deliver(owner: Any, key: str = "k1") -> None:
    where, wish = ready(owner, key)
    assert owner.ask("POST", where, **wish).status_code in {200, 202}


def came(owner: Any) -> list[EmailMessage]:
    items = owner.letters.lying("inbox")
    return [email.message_from_bytes(item.raw, policy=policy.default) for item in items]


@pytest.mark.parametrize(("kind", "status"), [("bounce_hard", "5.1.1"), ("bounce_soft", "4.2.2")])
def test_a_bounce_is_a_report_that_names_the_mail(owner: Any, kind: str, status: str) -> None:
    deliver(owner)
    owner.control("incoming", kind=kind, key="k1")
    [mail] = came(owner)
    assert mail.get_content_type() == "multipart/report"
    temporary, permanent = all_failures(mail)
    assert (permanent or temporary) == {b"bob@client.example"}
    assert bool(permanent) is (status[0] == "5")
    report = next(part for part in mail.walk() if part.get_content_type() == "message/delivery-status")
    assert f"Status: {status}" in report.as_string()
    original = next(part for part in mail.walk() if part.get_content_type() == "message/rfc822")
    [delivery] = owner.world.delivered
    (returned,) = original.iter_parts()
    assert returned["Message-ID"] == delivery.message_id == mail["In-Reply-To"]


def test_a_bounce_without_a_standard_is_still_told_apart(owner: Any) -> None:
    deliver(owner)
    seen = set()
    for name in ("bob", "carol", "dave", "erin"):
        owner.control("incoming", kind="bounce_odd", key="k1", recipient=f"{name}@client.example")
        mail = came(owner)[0]
        assert all_failures(mail)[1] == {f"{name}@client.example".encode()}
        assert mail["In-Reply-To"] is None
        seen.add(mail["Subject"])
    assert len(seen) == 2


def test_exchange_files_reports_under_their_class(microsoft: Any) -> None:
    deliver(microsoft)
    for kind in ("bounce_hard", "reply"):
        microsoft.control("incoming", kind=kind, key="k1")
    [report] = microsoft.ask("GET", "/me/messages", params=NDRS).json()["value"]
    assert report["subject"] == "Undeliverable: About k1"
    mime = microsoft.ask("GET", f"/me/messages/{report['id']}/$value")
    assert b"message/delivery-status" in mime.content


def test_gmails_daemon_names_who_failed(google: Any) -> None:
    deliver(google)
    google.control("incoming", kind="bounce_hard", key="k1")
    found = google.ask("GET", "/messages", params={"q": "from:mailer-daemon@googlemail.com"}).json()["messages"]
    mail = google.ask("GET", f"/messages/{found[0]['id']}").json()
    names = {field["name"]: field["value"] for field in mail["payload"]["headers"]}
    assert names["X-Failed-Recipients"] == "bob@client.example"
    assert [part["mimeType"] for part in mail["payload"]["parts"]][1:] == ["message/delivery-status", "message/rfc822"]


def test_an_answer_joins_the_conversation(microsoft: Any) -> None:
    draft = microsoft.ask("POST", "/me/messages", json=told("k1")).json()
    microsoft.ask("POST", f"/me/messages/{draft['id']}/send")
    microsoft.control("incoming", kind="reply", key="k1")
    microsoft.control("incoming", kind="away", key="k1")
    wanted = {"$select": "conversationId,subject,internetMessageHeaders"}
    mails = microsoft.ask("GET", "/me/mailFolders/inbox/messages", params=wanted).json()["value"]
    assert {mail["conversationId"] for mail in mails} == {draft["conversationId"]}
    fields = {field["name"]: field["value"] for field in mails[0]["internetMessageHeaders"]}
    assert (fields["Auto-Submitted"], fields["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert fields["In-Reply-To"] == draft["internetMessageId"]


def test_some_addresses_always_answer_in_their_way(microsoft: Any) -> None:
    microsoft.control("mail-settings", incoming_late_s=60)
    names = ("bounce-hard.1", "bounce-soft.1", "bounce-odd.1", "away.1", "reply.1", "unsubscribe.1", "bob")
    people = [{"emailAddress": {"address": f"{name}@client.example"}} for name in names]
    draft = microsoft.ask("POST", "/me/messages", json=told("k1", toRecipients=people)).json()
    microsoft.ask("POST", f"/me/messages/{draft['id']}/send")
    assert came(microsoft) == []
    microsoft.world.skew = 61
    assert len(came(microsoft)) == 6


def test_a_share_of_the_recipients_bounces(microsoft: Any) -> None:
    microsoft.control("mail-settings", bounce_hard=0.2, away=0.1, seed=3)
    people = [{"emailAddress": {"address": f"p{number}@client.example"}} for number in range(400)]
    draft = microsoft.ask("POST", "/me/messages", json=told("k1", toRecipients=people)).json()
    microsoft.ask("POST", f"/me/messages/{draft['id']}/send")
    subjects = [mail["Subject"].partition(":")[0] for mail in came(microsoft)]
    assert 60 < subjects.count("Undeliverable") < 100
    assert 25 < subjects.count("Automatic reply") < 60


def test_what_cannot_come_in_is_refused(microsoft: Any) -> None:
    url = f"{microsoft.simulators.urls.control_url}/microsoft/alice@contoso.example"
    for wish in ({"kind": "reply", "key": "nobody"}, {"kind": "earthquake", "key": "k1"}, {}):
        assert microsoft.http.post(f"{url}/incoming", json=wish).status_code == 400
    assert microsoft.http.post(f"{url}/mail-settings", json={"gravity": 1}).status_code == 400
    assert microsoft.http.get(f"{url}/mail").json() == {"mails": [], "pending": 0}
