"""What a mail that came in says about one that left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import MailEvent
from tasks.rules.incoming import Incoming, read

OURS = "<0192-mail@acme.example>"


def letter(*headers: str, body: str = "Hello") -> bytes:
    return "\r\n".join(["From: bob@x.example", f"In-Reply-To: {OURS}", *headers, "", body, ""]).encode()


def report(action: str, status: str, original: str = f"Message-ID: {OURS}") -> bytes:
    lines = [
        "From: MAILER-DAEMON@x.example",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b", "Content-Type: text/plain", "", "It did not arrive.",
        "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns;x.example", "",
        "Final-Recipient: rfc822;bob@x.example", f"Action: {action}", f"Status: {status}", "",
        "--b", "Content-Type: text/rfc822-headers", "", original, "Subject: An engine", "",
        "--b--", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    ("action", "status", "final", "hard"),
    [
        ("failed", "5.1.1", True, True),
        ("failed", "5.4.1 (unknown)", True, True),
        ("failed", "5.2.2", True, False),  # full: the address is good
        ("failed", "5.7.1", True, False),  # not wanted: the address is good
        ("failed", "4.4.7", True, False),  # given up, but for other reasons than the address
        ("delayed", "4.2.2", False, False),
    ],
)
def test_a_report_says_whether_the_mail_and_whether_the_address_is_lost(
    action: str, status: str, *, final: bool, hard: bool
) -> None:
    assert read(report(action, status)) == Incoming(MailEvent.BOUNCED, (OURS,), status[:5], final, hard)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_receipt_is_no_news(action: str) -> None:
    assert read(report(action, "2.0.0")).kind is None


@pytest.mark.parametrize(
    ("status", "said", "hard"),
    [
        ("", "smtp; 550 5.1.1 <bob@x.example>: no such user", True),
        ("5.0.0", "smtp; 552 5.2.2 Mailbox full", False),  # the address is good
        ("5.0.0 (permanent)", "smtp; 550 who is that?", True),
        ("5.1.1", "smtp; 550 5.7.1 Not wanted", True),
    ],
)
def test_a_status_that_says_nothing_is_made_good_by_what_the_server_said(status: str, said: str, *, hard: bool) -> None:
    found = read(report("Failed (for good)", f"{status}\r\nDiagnostic-Code: {said}"))
    assert (found.kind, found.names, found.is_final, found.is_hard) == (MailEvent.BOUNCED, (OURS,), True, hard)


def test_a_report_about_an_address_with_such_letters_is_understood() -> None:
    spoken = report("failed", "5.1.1").replace(b"message/delivery-status", b"message/global-delivery-status")
    found = read(spoken.replace(b"text/rfc822-headers", b"message/global-headers"))
    assert found == Incoming(MailEvent.BOUNCED, (OURS,), "5.1.1", is_final=True, is_hard=True)


@pytest.mark.parametrize("kind", ["disposition-notification", "delivery-status"])
def test_a_report_that_is_not_understood_is_nobodys_answer(kind: str) -> None:
    """A receipt for reading names our mail as an answer does; but who only looked did not write."""
    told = letter(
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"',
        body=f"--b\r\nContent-Type: text/plain\r\n\r\nIt was shown.\r\n--b\r\nContent-Type: message/{kind}\r\n"
        "\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--",
    )
    assert read(told) == Incoming(None, (OURS,))


def test_a_bounce_without_a_standard_is_known_from_who_sends_it() -> None:
    text = (
        "Hi. This is the qmail-send program at x.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<bob@x.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: {OURS}\n"
    )
    raw = f"From: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\n{text}".encode()
    assert read(raw, is_report=True) == Incoming(MailEvent.BOUNCED, (OURS,), "5.1.1", is_final=True, is_hard=True)
    assert read(raw).kind is MailEvent.REPLIED


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (["Subject: Re: An engine"], MailEvent.REPLIED),
        (["Subject: Re: An engine", "Auto-Submitted: no"], MailEvent.REPLIED),
        (["Subject: Away", "Auto-Submitted: auto-replied (vacation)"], MailEvent.AUTO_REPLIED),
        (["Subject: Away", "X-Autoreply: yes"], MailEvent.AUTO_REPLIED),
        (["Subject: Away", "X-Auto-Reply: yes"], MailEvent.AUTO_REPLIED),
        (["Subject: Away", "Return-Path: <>"], MailEvent.AUTO_REPLIED),
        (["Subject: Re: Away", "Auto-Submitted: no (typed)", "Return-Path: <bob@x.example>"], MailEvent.REPLIED),
        (["Subject: Away", "Precedence: auto_reply"], MailEvent.AUTO_REPLIED),
        (["Subject: unsubscribe"], MailEvent.UNSUBSCRIBED),
        (["Subject: AW: Re: Unsubscribe "], MailEvent.UNSUBSCRIBED),
        (["Subject: =?utf-8?b?dW5zdWJzY3JpYmU=?="], MailEvent.UNSUBSCRIBED),
        (["Subject: How do I unsubscribe from the other list?"], MailEvent.REPLIED),
    ],
)
def test_a_persons_answer_is_told_from_a_machines(headers: list[str], kind: MailEvent) -> None:
    assert read(letter(*headers)) == Incoming(kind, (OURS,))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 5000,
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\n----",
        b"Content-Type: text/plain; charset=no-such\r\nSubject: =?no-such?q?x?=\r\n\r\nx",
        b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
        report("failed", "5.1.1", "Message-ID: " + "<" * 100_000),
    ],
)
def test_hostile_mail_is_survived(raw: bytes) -> None:
    read(raw, is_report=True)


@given(raw=st.binary(max_size=2000), is_report=st.booleans())
def test_any_bytes_are_survived(raw: bytes, *, is_report: bool) -> None:
    read(b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n" + raw, is_report=is_report)
