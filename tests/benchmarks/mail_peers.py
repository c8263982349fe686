"""Others that send many mails, into the same SMTP server: whole as their users start them, where they are installed."""

import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tests.benchmarks.measuring import is_there

SENDER = "ann@acme.example"
SUBJECT = "An engine"
BODY = "We built an engine that computes by itself, and you would be the first to see it run.\r\n" * 12
NODEMAILER = """
const nodemailer = require("nodemailer");
const [port, count] = process.argv.slice(1).map(Number);
const pool = nodemailer.createTransport({host: "127.0.0.1", port, pool: true, maxConnections: 32, maxMessages: 1e9});
const same = {from: process.env.SENDER, subject: process.env.SUBJECT, text: process.env.BODY};
const mail = n => ({...same, to: `p${n}@engines.example`});
(async () => {
  await pool.sendMail(mail(0));
  const started = process.hrtime.bigint();
  await Promise.all([...Array(count).keys()].map(n => pool.sendMail(mail(n))));
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
  pool.close();
})();
"""
POST_OFFICE = """
import os, sys, time
import django
from django.conf import settings
from django.core.management import call_command

port, count = map(int, sys.argv[1:])
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"], USE_TZ=True, LOGGING_CONFIG=None,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", EMAIL_HOST="127.0.0.1", EMAIL_PORT=port,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "post_office.sqlite"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    POST_OFFICE={"BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"}},
)
django.setup()
call_command("migrate", verbosity=0)
from post_office import mail, models
same = {name.lower(): os.environ[name] for name in ("SENDER", "SUBJECT")} | {"message": os.environ["BODY"]}
mail.send_many([{**same, "recipients": [f"p{n}@engines.example"]} for n in range(count)])
started = time.perf_counter()
mail.send_queued_mail_until_done(processes=1)
taken = time.perf_counter() - started
assert models.Email.objects.filter(status=models.STATUS.sent).count() == count
print(taken)
"""


class Peer(Protocol):
    def __call__(self, port: int, count: int) -> float | None:
        """Seconds for so many mails; None where it is not installed."""


def nodemailer(port: int, count: int) -> float | None:
    """Where node finds it: NODE_PATH says where that may be. It keeps no rows."""
    node = shutil.which("node")
    done = _run([node, "-e", NODEMAILER, str(port), str(count)]) if node else None
    if done is None or done.returncode:
        print("  skipped: nodemailer is not installed")
        return None
    return float(done.stdout)


def post_office(port: int, count: int) -> float | None:
    """A row each, in SQLite, which says `sent` when all of its hundred have left."""
    if not is_there("django", "post_office"):
        return None
    with TemporaryDirectory() as folder:
        done = _run([sys.executable, "-c", POST_OFFICE, str(port), str(count)], folder)
    done.check_returncode()
    return float(done.stdout.splitlines()[-1])


def mailmerge(port: int, count: int) -> float | None:
    """It keeps no rows, and connects anew for each mail unless told otherwise; its start of half a second counts."""
    if not is_there("mailmerge"):
        return None
    with TemporaryDirectory() as folder:
        _write_merge(Path(folder), port, count)
        command = [sys.executable, "-c", "from mailmerge.__main__ import main; main()", "--no-dry-run", "--no-limit"]
        started = time.perf_counter()
        _run(command, folder).check_returncode()
        return time.perf_counter() - started


def _write_merge(folder: Path, port: int, count: int) -> None:
    head = f"TO: {{{{email}}}}\nSUBJECT: {SUBJECT}\nFROM: {SENDER}\n\n"
    (folder / "mailmerge_template.txt").write_text(head + BODY.replace("\r\n", "\n"))
    server = f"[smtp_server]\nhost = 127.0.0.1\nport = {port}\nratelimit = 0\n"
    (folder / "mailmerge_server.conf").write_text(server)
    with (folder / "mailmerge_database.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["email"], *([f"p{n}@engines.example"] for n in range(count))])


def _run(command: list[str], folder: str | None = None) -> "subprocess.CompletedProcess[str]":
    said = {"SENDER": SENDER, "SUBJECT": SUBJECT, "BODY": BODY}
    return subprocess.run(command, cwd=folder, env={**os.environ, **said}, capture_output=True, text=True, check=False)
