"""Start everything on this machine: `up` for real, `demo` on simulated accounts."""

import signal
import sys
import time
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import click

from deployments.cli.terminal import command, ready_store
from storage.settings import Settings, settings

if TYPE_CHECKING:
    from deployments.supervisor import Supervisor


@command("up")
def up_command(*, as_json: bool) -> None:
    """Start Contactflow on this machine, for real use; Ctrl-C ends it."""
    from deployments.local import running  # noqa: PLC0415 (slow import, only to start)

    del as_json
    ctrl_c_for_both()
    ready_store()
    try:
        with running(settings(), say=say) as supervisor:
            say(f"ready: the review page at {settings().public_url}, runs and schedules at {_ui(settings())}")
            say("sign in: contactflow sign-in --org … --user …")
            say("start a sync: contactflow sync --org … --user … --file contacts.vcf")
            say("Ctrl-C ends it; nothing is lost")
            watch(supervisor)
    except KeyboardInterrupt:
        say("ended")


@command("demo")
@click.option("--hands-free", is_flag=True, help="Approve by itself, print what happened, and end.")
@click.option("--contacts", default=300, show_default=True, help="How many invented people each account has.")
def demo_command(contacts: int, *, hands_free: bool, as_json: bool) -> None:
    """Try everything on simulated accounts: a sync runs up to its review, and waits for you."""
    from deployments import demo, demo_campaign  # noqa: PLC0415 (slow import, only to start)

    del as_json
    ctrl_c_for_both()
    try:
        with demo.running_demo(settings(), contacts=contacts, say=say) as (supervisor, stage):
            if hands_free:
                demo.hands_free(stage, say=say)
                demo_campaign.hands_free(stage, say=say)
                say("\nAll of it is kept: `make demo` shows it on the page, and waits for your review of a new sync")
                return
            demo.stocked(stage, say=say)
            demo.up_to_review(stage, say=say)
            demo_campaign.up_to_review(stage, say=say)
            if not which("contactflow"):
                say(f"\nthe command is {Path(sys.executable).parent / 'contactflow'}: put its folder on your path")
            say("\nCtrl-C ends it; the next start finds everything as it is now")
            watch(supervisor)
    except KeyboardInterrupt:
        say("ended")


def watch(supervisor: "Supervisor") -> None:
    while True:
        time.sleep(1)
        for name in supervisor.mend():
            say(f"{name} had ended and was started again")


def _ui(chosen: Settings) -> str:
    return chosen.own_prefect_url.removesuffix("/api")


def say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def ctrl_c_for_both() -> None:
    """Turn SIGTERM and SIGHUP into KeyboardInterrupt, as Ctrl-C, so that all children are stopped in order."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT too: a shell's `&` has it ignored
        signal.signal(number, signal.default_int_handler)
