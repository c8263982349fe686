"""Letters as mails: the same words in text and HTML, heads that nobody can write into, the same bytes each time."""

import email
import email.header
import email.policy
import email.utils
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import Attachment, Paragraph
from tasks.rules.letters import (
    SEND_KEY,
    CannotRender,
    Envelope,
    graph_json,
    message_id,
    mime,
)
from tests.rules.letter_examples import ANN, FRAME, LETTER, PRINTABLE, body, made


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def test_a_mail_reads_back_as_it_was_written() -> None:
    mail = made()
    message = read(mime(mail))
    assert message["Subject"] == "Grüße"
    assert (message["From"], message["To"]) == ("Ann of Us <me@us.example>", "Ann Lee <ann@x.org>")
    assert message["List-Unsubscribe"] == "<https://go.example/u/tok>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"] == "<0192@us.example>" == message_id("0192", FRAME.sender)
    assert message["Date"] is None
    assert (body(message, "plain"), body(message, "html")) == (mail.text.rstrip("\n"), mail.html.rstrip("\n"))


@pytest.mark.parametrize(
    ("language", "word"), [("de", "Abmelden"), ("pt-BR", "Cancelar a inscrição"), ("xx", "Unsubscribe")]
)
def test_every_mail_ends_with_who_we_are_and_the_way_out(language: str, word: str) -> None:
    mail = made(replace(LETTER, language=language))
    assert mail.text.endswith(f"-- \nUs Ltd\nMain St 1\n{word}: https://go.example/u/tok\n")
    assert 'href="https://go.example/u/tok"' in mail.html
    assert f">{word}</a>" in mail.html
    assert "Us Ltd<br>Main St 1" in mail.html


@given(st.text(), st.text(), st.text(), st.text())
def test_nobody_writes_into_the_head(subject: str, name: str, sender_name: str, paragraph: str) -> None:
    mail = made(
        replace(LETTER, subject=subject, paragraphs=(Paragraph(paragraph),)),
        replace(ANN, name=name),
        replace(FRAME, sender_name=sender_name),
    )
    try:
        content = mime(mail)
    except (CannotRender, UnicodeEncodeError):
        return
    head = content.partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith(" ")]
    assert names == [
        "Message-ID", "From", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version",
        "Content-Type",
    ]  # fmt: skip
    assert "\n" not in head.replace("\r\n", "")
    assert "\r" not in head.replace("\r\n", "")
    assert max(map(len, content.split(b"\r\n"))) < 998
    assert (
        email.message_from_bytes(content, policy=email.policy.default)["List-Unsubscribe"]
        == "<https://go.example/u/tok>"
    )


@given(PRINTABLE, PRINTABLE)
def test_names_and_subjects_come_back_whole(subject: str, name: str) -> None:
    message = read(mime(made(replace(LETTER, subject=subject), replace(ANN, name=name))))
    assert str(message["Subject"]).strip() == subject.strip()
    assert message["To"].addresses[0].addr_spec == "ann@x.org"
    raw = email.message_from_bytes(mime(made(recipient=replace(ANN, name=name))))["To"]
    told = str(email.header.make_header(email.header.decode_header(email.utils.parseaddr(raw)[0])))
    assert told.split() == name.split()


@pytest.mark.parametrize(
    "mail",
    [
        replace(made(), subject="Hi\r\nBcc: x@y.z"), replace(made(), to_name="Ann\nX: y"),
        replace(made(), sender_name="A\x00"), replace(made(), to="ann@x.org\r\nBcc: x@y.z"),
        replace(made(), unsubscribe="https://a\n"), replace(made(), to="\u00e9 nonsense"),
        replace(made(), attachments=(Attachment("a\nb", "text/plain", b""),)), replace(made(), subject="a\u2028b"),
    ],
)  # fmt: skip
def test_line_ends_in_the_head_are_refused(mail: Envelope) -> None:
    with pytest.raises(CannotRender):
        mime(mail)
    with pytest.raises(CannotRender):
        graph_json(mail if mail.sender_name == "Ann of Us" else replace(mail, to_name="\n"))


@pytest.mark.parametrize("kind", ["pdf", "text/plain; x=y", "тест/x", "a/b/c"])
def test_an_attachment_of_no_media_type_is_refused(kind: str) -> None:
    with pytest.raises(CannotRender, match="no media type"):
        mime(replace(made(), attachments=(Attachment("a", kind, b""),)))


def test_domains_outside_ascii_are_written_as_the_wire_wants_them() -> None:
    message = read(mime(made(recipient=replace(ANN, address="ann@bücher.example"))))
    assert message["To"].addresses[0].addr_spec == "ann@xn--bcher-kva.example"
    content = mime(made(recipient=replace(ANN, address="jürgen@bücher.example", name="Jürgen")))
    assert "<jürgen@xn--bcher-kva.example>".encode() in content


def test_attachments_travel_whole() -> None:
    data = bytes(range(256)) * 50
    message = read(mime(replace(made(), attachments=(Attachment("Überblick 1.pdf", "application/pdf", data),))))
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        "Überblick 1.pdf",
        "application/pdf",
        data,
    )
    assert body(message, "plain").startswith("Dear Ann,")


def test_a_mail_carries_the_second_way_out_and_the_place_for_answers() -> None:
    mail = made(frame=replace(FRAME, reply_to="desk@us.example", unsubscribe_mailto="out@us.example"))
    message = read(mime(mail))
    assert message["Reply-To"] == "desk@us.example"
    assert message["List-Unsubscribe"].endswith(", <mailto:out@us.example?subject=unsubscribe>")
    draft = json.loads(graph_json(mail))
    assert draft["replyTo"] == [{"emailAddress": {"address": "desk@us.example"}}]
    assert draft["singleValueExtendedProperties"][1]["value"] == message["List-Unsubscribe"]


def test_what_microsoft_is_given() -> None:
    mail = replace(made(), attachments=(Attachment("a.txt", "text/plain", b"hello"),))
    draft = json.loads(graph_json(mail))
    assert (draft["subject"], draft["body"]) == ("Grüße", {"contentType": "html", "content": mail.html})
    assert draft["toRecipients"] == [{"emailAddress": {"address": "ann@x.org", "name": "Ann Lee"}}]
    properties = {one["id"]: one["value"] for one in draft["singleValueExtendedProperties"]}
    assert properties[SEND_KEY] == "0192"
    assert properties["String 0x1045"] == "<https://go.example/u/tok>"
    assert draft["attachments"][0]["contentBytes"] == "aGVsbG8="
    with pytest.raises(CannotRender, match="link to them"):
        graph_json(replace(mail, attachments=(Attachment("a", "text/plain", bytes(2_600_000)),)))


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_same_mail_is_the_same_bytes_in_another_process() -> None:
    script = (
        "import runpy; t = runpy.run_path('tests/rules/test_letters.py'); mail = t['made']();"
        "print(t['hashed'](t['mime'](mail)), t['hashed'](t['graph_json'](mail)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert told == [hashed(mime(made())), hashed(graph_json(made()))]
    assert mime(made(key="other")) != mime(made())


def test_a_button_without_a_link_is_refused() -> None:
    with pytest.raises(CannotRender, match="not among"):
        made(replace(LETTER, cta_key="nope"))
