"""Row 10: mails by SMTP with a durable row each, beside the same bytes without any row, and beside peers."""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from storage.campaign import campaign_reviews, campaigns, mail_writing, mails
from storage.campaign.campaign_reviews import Decision
from storage.campaign.campaigns import NewCampaign
from storage.campaign.mail_writing import Written
from storage.campaign.mails import Member
from storage.campaign.tallies import counts
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import organization_settings
from storage.records import Brief, CampaignStatus, Criteria, Draft, Letter, MailState, Recipient
from tasks.campaign.send import send_all
from tests.benchmarks.household import ROOT, USER, Household, household
from tests.benchmarks.mail_peers import BODY, Peer, mailmerge, nodemailer, post_office
from tests.benchmarks.measuring import Row, cpu, spent, wall

LINES = 32
TURNS = 3
PEERS: dict[str, Peer] = {"nodemailer": nodemailer, "mailmerge": mailmerge, "django-post_office": post_office}


def rows(home: Path, size: int) -> Iterator[Row]:
    yield from _rows(home, "the least server", max(200, size // 20))
    yield from _rows(home, "aiosmtpd", max(200, size // 50))


def _rows(home: Path, server: str, count: int) -> Iterator[Row]:
    with sink(server) as port, household(home / server, CONTACTFLOW_SMTP_URL=f"smtp://127.0.0.1:{port}") as house:
        best = _best(house, port, count)
    work = f"SMTP to {server}, {count} mails, a durable row each"
    ours, limit = count / best["ours"], count / best["limit"]
    for name in [name for name in PEERS if name in best] or [""]:
        peer = count / best[name] if name else None
        yield Row(10, work, ours, ">= 900/s, >= 1.1 of nodemailer", limit, peer, name, "mails/s")
    yield Row(10, "the same, CPU a mail", best["cpu"] / count * 1e6, "<= 2", best["limit cpu"] / count * 1e6, unit="us")


def _best(house: Household, port: int, count: int) -> dict[str, float]:
    """Seconds for all, of each the best of its turns; peers that are not installed are not in it."""
    taken = defaultdict[str, list[float]](list)
    for _ in range(TURNS):
        campaign_id, contents = approved(house, count)
        before = cpu()
        taken["ours"].append(spent(partial(_send, house, campaign_id), clock=wall))
        taken["cpu"].append(cpu() - before)
        assert_sent(house, campaign_id, count)
        before = cpu()
        taken["limit"].append(spent(partial(_send_bare, port, contents), clock=wall))
        taken["limit cpu"].append(cpu() - before)
        for name, peer in PEERS.items():
            if (seconds := peer(port, count)) is not None:
                taken[name].append(seconds)
    return {name: min(times) for name, times in taken.items()}


def _send(house: Household, campaign_id: str) -> None:
    asyncio.run(send_all(house.store, campaign_id))


def _send_bare(port: int, contents: list[bytes]) -> None:
    asyncio.run(bare(port, contents))


@contextmanager
def sink(server: str) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.benchmarks.sink", server]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def approved(house: Household, count: int) -> tuple[str, list[bytes]]:
    with house.store.begin() as session:
        new = NewCampaign(new_id(), new_id(), "Spring", Brief("text"), Criteria())
        campaign = campaigns.open_campaign(session, house.scope, new)
        organization_settings.change(session, house.scope, {"stop_at_failures": "1"}, actor=USER)
        key = campaigns.demand_body_key(session, house.scope, campaign.id)
        people = [Recipient(f"p{n}@engines.example", f"Person {n}", {}) for n in range(count)]
        members = [Member(new_id(), Draft(one), one.address) for one in people]
        mails.freeze(session, house.scope, campaign.id, key, members, mailbox=campaign.mailbox)
        rows = list(mails.every(session, house.scope, campaign.id, None))
        written = [
            Written(row.id, row.version, Draft(one, Letter("An engine", "", ())), mail(row.id, one.address))
            for row, one in zip(rows, people, strict=True)
        ]
        mail_writing.write(session, house.scope, campaign.id, key, written)
        campaigns.move(
            session, house.scope, campaign.id, expected=[CampaignStatus.DRAFT], to=CampaignStatus.REVIEW, audience=count
        )
        campaign_reviews.decide(session, house.scope, campaign.id, Decision(Choice.APPROVE, USER))
    return campaign.id, [one.content for one in written]


def mail(mail_id: str, to: str) -> bytes:
    head = f"Message-ID: <{mail_id}@acme.example>\r\nFrom: {USER}\r\nTo: {to}\r\nSubject: An engine\r\n"
    return f"{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{BODY}".encode()


def assert_sent(house: Household, campaign_id: str, count: int) -> None:
    with house.store.read() as session:
        assert counts(session, house.scope, campaign_id) == {MailState.SENT: count}


async def bare(port: int, contents: Sequence[bytes]) -> None:
    """Ready bytes over as many lines, each mail's commands in one write, and nothing put down."""
    supply = iter(contents)

    async def line() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO bench\r\n")
        await _answers(reader, 1)
        while (await reader.readline())[3:4] == b"-":
            pass
        for content in supply:
            writer.write(b"MAIL FROM:<ann@acme.example>\r\nRCPT TO:<p@engines.example>\r\nDATA\r\n")
            await _answers(reader, 3)
            writer.write(content + b".\r\n")
            await _answers(reader, 1)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*[line() for _ in range(LINES)])


async def _answers(reader: asyncio.StreamReader, number: int) -> None:
    for _ in range(number):
        await reader.readline()
