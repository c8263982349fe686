"""Row 10: mails by SMTP with a durable row each, beside the same bytes without any row, and beside peers."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

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
from tests.benchmarks.measuring import Row, cpu, spent, wall

LINES = 16
TURNS = 3
BODY = "We built an engine that computes by itself, and you would be the first to see it run.\r\n" * 12
NODEMAILER = """
const nodemailer = require("nodemailer");
const [port, count] = process.argv.slice(1).map(Number);
const pool = nodemailer.createTransport({host: "127.0.0.1", port, pool: true, maxConnections: 16, maxMessages: 1e9});
const same = {from: "ann@acme.example", subject: "An engine", text: process.env.BODY};
const mail = n => ({...same, to: `p${n}@engines.example`});
(async () => {
  await pool.sendMail(mail(0));
  const started = process.hrtime.bigint();
  await Promise.all([...Array(count).keys()].map(n => pool.sendMail(mail(n))));
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
  pool.close();
})();
"""


def rows(home: Path, size: int) -> Iterator[Row]:
    count = max(200, size // 20)
    with sink() as port, household(home / "smtp", CONTACTFLOW_SMTP_URL=f"smtp://127.0.0.1:{port}") as house:
        taken: dict[str, list[float]] = {"ours": [], "cpu": [], "limit": [], "limit cpu": [], "nodemailer": []}
        for _ in range(TURNS):
            campaign_id, contents = approved(house, count)
            before = cpu()
            taken["ours"].append(spent(lambda one=campaign_id: asyncio.run(send_all(house.store, one)), clock=wall))
            taken["cpu"].append(cpu() - before)
            assert_sent(house, campaign_id, count)
            before = cpu()
            taken["limit"].append(spent(lambda all_=contents: asyncio.run(bare(port, all_)), clock=wall))
            taken["limit cpu"].append(cpu() - before)
            taken["nodemailer"] += nodemailer(port, count)
    best = {name: min(times) for name, times in taken.items() if times}
    peer = best.get("nodemailer")
    yield Row(
        10, f"SMTP, {count} mails, a durable row each; peer without rows", count / best["ours"],
        ">= 900/s, >= 1.1 of the peer", count / best["limit"], count / peer if peer else None, "nodemailer", "mails/s",
    )  # fmt: skip
    yield Row(10, "the same, CPU a mail", best["cpu"] / count * 1e6, "<= 2", best["limit cpu"] / count * 1e6, unit="us")


@contextmanager
def sink() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.benchmarks.sink"]
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
        moved = {"expected": [CampaignStatus.DRAFT], "to": CampaignStatus.REVIEW, "audience": count}
        campaigns.move(session, house.scope, campaign.id, **moved)
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
        for _ in range(4):
            await reader.readline()
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


def nodemailer(port: int, count: int) -> list[float]:
    """Where node finds it: NODE_PATH says where that may be."""
    node = shutil.which("node")
    if node is None:
        return []
    with patch.dict(os.environ, {"BODY": BODY}):
        done = subprocess.run(
            [node, "-e", NODEMAILER, str(port), str(count)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        print("  skipped: nodemailer is not installed")
        return []
    return [float(done.stdout)]
