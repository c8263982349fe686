"""The SMTP sink takes mails fast, and goes wrong at each command as it is told to."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import aiosmtplib
import pytest

from deployments.simulators.faults import Fault
from deployments.simulators.server import Simulators
from tests.simulators.mails import written

ALICE, BOB = "alice@ours.example", "bob@client.example"


@pytest.fixture
def smtp(simulators: Simulators) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(simulators.urls.smtp_host, simulators.urls.smtp_port, timeout=60) as connection:
        yield connection


def connected(simulators: Simulators) -> smtplib.SMTP:
    return smtplib.SMTP(simulators.urls.smtp_host, simulators.urls.smtp_port, timeout=60)


def test_smtplib_delivers_a_mail_as_it_is(smtp: Any, simulators: Simulators) -> None:
    raw = written("k1", text=".a dot\r\n..two\r\nÜber")
    assert smtp.sendmail(ALICE, [BOB, "carol@client.example"], raw, mail_options=["BODY=8BITMIME"]) == {}
    [mail] = simulators.world.delivered
    assert (mail.raw, mail.recipients, mail.key) == (raw, (BOB, "carol@client.example"), "k1")
    assert mail.message_id == "<k1@ours.example>"


async def test_aiosmtplib_delivers_many_over_one_connection(simulators: Simulators) -> None:
    client = aiosmtplib.SMTP(hostname=simulators.urls.smtp_host, port=simulators.urls.smtp_port, use_tls=False)
    async with client:
        for number in range(20):
            await client.sendmail(ALICE, [BOB], written(f"k{number}"))
    assert len(simulators.world.delivered) == 20
    assert simulators.world.delivered.duplicates() == {}


def test_logging_in_is_possible_and_may_be_asked_for(smtp: Any, simulators: Simulators) -> None:
    simulators.world.smtp.auth = True
    with pytest.raises(smtplib.SMTPResponseException, match=r"530"):
        smtp.sendmail(ALICE, [BOB], written("k1"))
    smtp.login("alice", "secret")
    smtp.sendmail(ALICE, [BOB], written("k1"))
    for way in ("auth_plain", "auth_login"):
        with connected(simulators) as other:
            other.ehlo()
            other.user, other.password = "alice", "secret"
            code, _ = other.auth(way.removeprefix("auth_"), getattr(other, way))
            assert code == 235


def test_pipelined_commands_are_answered_in_one_go(simulators: Simulators) -> None:
    with socket.create_connection((simulators.urls.smtp_host, simulators.urls.smtp_port), timeout=60) as wire:
        file = wire.makefile("rb")
        file.readline()
        wire.sendall(b"EHLO us\r\n")
        while file.readline()[3:4] == b"-":
            pass
        mail = written("k1") + b".\r\n"
        wire.sendall(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" + mail + b"NOOP\r\nQUIT\r\n")
        assert [line[:3] for line in file] == [b"250", b"250", b"354", b"250", b"250", b"221"]
    assert simulators.world.delivered.times("k1") == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize("status", [451, 550])
def test_each_command_can_be_refused(simulators: Simulators, command: str, status: int) -> None:
    simulators.world.faults.add(Fault("status", route=f"/smtp/{command}", status=status))
    with connected(simulators) as smtp:
        with pytest.raises(smtplib.SMTPException) as refusal:
            smtp.sendmail(ALICE, [BOB], written("k1"))
        assert str(status) in str(refusal.value)
        assert len(simulators.world.delivered) == 0
        smtp.rset()
        smtp.sendmail(ALICE, [BOB], written("k1"))
    assert simulators.world.delivered.times("k1") == 1


def test_a_reply_may_be_lost_after_the_mail_was_taken(simulators: Simulators) -> None:
    simulators.world.faults.add(Fault("reply_lost", route="/smtp/END"))
    with connected(simulators) as smtp, pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.sendmail(ALICE, [BOB], written("k1"))
    assert simulators.world.delivered.times("k1") == 1


def test_a_connection_may_drop_before_anything_was_taken(simulators: Simulators) -> None:
    simulators.world.faults.add(Fault("reset", route="/smtp/END"))
    with connected(simulators) as smtp, pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.sendmail(ALICE, [BOB], written("k1"))
    assert len(simulators.world.delivered) == 0


def test_a_slow_answer_is_an_answer(smtp: Any, simulators: Simulators) -> None:
    simulators.world.faults.add(Fault("slow", route="/smtp/END", ms=50))
    smtp.sendmail(ALICE, [BOB], written("k1"))
    assert simulators.world.delivered.times("k1") == 1


def test_faults_of_other_services_spare_the_sink(smtp: Any, simulators: Simulators) -> None:
    simulators.world.faults.add(Fault("status", times=0))
    assert smtp.sendmail(ALICE, [BOB], written("k1")) == {}


def test_a_greylisting_server_takes_the_second_attempt(smtp: Any, simulators: Simulators) -> None:
    simulators.world.smtp.greylist = True
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"451"):
        smtp.sendmail(ALICE, [BOB], written("k1"))
    smtp.sendmail(ALICE, [BOB], written("k1"))
    assert simulators.world.delivered.times("k1") == 1


def test_so_many_a_minute_and_no_more(smtp: Any, simulators: Simulators) -> None:
    simulators.world.smtp.per_minute = 2
    for number in range(2):
        smtp.sendmail(ALICE, [BOB], written(f"k{number}"))
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail(ALICE, [BOB], written("k2"))
    error = refusal.value.smtp_error
    assert isinstance(error, bytes)
    assert (refusal.value.smtp_code, error[:6]) == (432, b"4.3.21")
    assert simulators.world.ledger.of(ALICE).broken == {"over_minute": 1}
    smtp.rset()
    simulators.world.skew = 61
    smtp.sendmail(ALICE, [BOB], written("k2"))


def test_the_order_of_commands_is_kept(smtp: Any) -> None:
    assert smtp.docmd("MAIL", "FROM:<a@b.example>")[0] == 503
    smtp.ehlo()
    answers = [
        smtp.docmd("RCPT", f"TO:<{BOB}>"), smtp.docmd("DATA"),
        smtp.docmd("MAIL", "FROM:<a@b.example> SIZE=99999999999"),
        smtp.docmd("MAIL", "FROM:<a@b.example>"), smtp.docmd("RCPT", "TO:<nonsense>"), smtp.docmd("NONSENSE"),
        smtp.docmd("RCPT", "TO:<reject.me@client.example>"), smtp.docmd("RSET"),
    ]  # fmt: skip
    assert [code for code, _ in answers] == [503, 503, 552, 250, 501, 500, 550, 250]


def test_a_client_may_ask_for_tls_where_it_is_offered(simulators: Simulators) -> None:
    context = ssl.create_default_context(cafile=simulators.urls.ca_file)
    with connected(simulators) as smtp, pytest.raises(smtplib.SMTPNotSupportedError):
        smtp.starttls(context=context)
    simulators.world.smtp.starttls = True
    with connected(simulators) as smtp:
        smtp.starttls(context=context)
        smtp.login("alice", "secret")
        smtp.sendmail(ALICE, [BOB], written("k1"))
    assert simulators.world.delivered.times("k1") == 1


def test_a_bounce_of_a_mail_sent_by_smtp_lies_in_the_senders_mailbox(smtp: Any, simulators: Simulators) -> None:
    simulators.world.letterbox("microsoft")
    smtp.sendmail("alice@contoso.example", ["bounce-hard.7@client.example"], written("k1"))
    [report] = simulators.world.letterbox("microsoft").lying("inbox")
    assert report.properties == {"String 0x001A": "REPORT.IPM.Note.NDR"}


def test_whoever_speaks_together_with_the_end_of_the_handshake_is_heard(simulators: Simulators) -> None:
    simulators.world.smtp.starttls = True
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=simulators.urls.ca_file)
    with closing(connected(simulators)) as smtp:
        assert smtp.docmd("STARTTLS")[0] == 220
        line = smtp.sock
        assert line
        secret = context.wrap_bio(come, go, server_hostname="localhost")

        def until_it_has_come(act: Callable[[], Any]) -> Any:
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    line.sendall(go.read())
                    come.write(line.recv(65536))

        until_it_has_come(secret.do_handshake)
        secret.write(b"EHLO quick.example\r\n")  # leaves with what the handshake has left to say
        assert until_it_has_come(lambda: secret.read(4)) == b"250-"
