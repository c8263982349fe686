"""Control a campaign's sending: pause, resume, cancel, settle mails of unknown outcome, retry failed ones."""

from collections.abc import Iterator

import click

from deployments.cli.campaign_looking import as_data, found, tell
from deployments.cli.terminal import Refused, command, ready_store, reviewer_of, show
from storage.campaign import campaign_holds, mail_recovery
from storage.campaign.campaigns import Campaign
from storage.campaign.mail_recovery import Retried
from storage.records import CampaignStatus
from storage.session import Store
from storage.settings import settings
from tasks.providers.flow_runs.engine import Engine, EngineError

as_option = click.option("--as", "reviewer", metavar="EMAIL", help="Who decides; the campaign's own user without it.")


@command("pause")
@click.argument("campaign_id", metavar="ID")
@as_option
def campaign_pause_command(campaign_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Stop sending for now; what is on its way is finished."""
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        campaign_holds.pause(session, scope, campaign_id, actor=who)
    tell_now(store, campaign_id, as_json=as_json)


@command("resume")
@click.argument("campaign_id", metavar="ID")
@as_option
def campaign_resume_command(campaign_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Go on with a paused campaign."""
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        campaign_holds.resume(session, scope, campaign_id, actor=who)
    wake(campaign)
    tell_now(store, campaign_id, as_json=as_json)


@command("cancel")
@click.argument("campaign_id", metavar="ID")
@as_option
def campaign_cancel_command(campaign_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """End a campaign: what has not left will not."""
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        campaign_holds.cancel(session, scope, campaign_id, actor=who)
    wake(campaign)
    tell_now(store, campaign_id, as_json=as_json)


@command("settle")
@click.argument("campaign_id", metavar="ID")
@click.argument("mail", metavar="MAIL")
@click.option("--sent/--not-sent", "left", default=None, help="Whether it left: look in the mailbox, or ask.")
@as_option
def campaign_settle_command(
    campaign_id: str, mail: str, reviewer: str | None, *, left: bool | None, as_json: bool
) -> None:
    """Record what you found out about a mail in state `unknown`: whether it was sent."""
    if left is None:
        raise click.UsageError("say either --sent or --not-sent")
    with ready_store().begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        state = mail_recovery.settle(session, scope, campaign_id, mail, left=left, actor=who)
    once_more = "" if left else f": `contactflow campaign retry-failed {campaign_id}` sends it once more"
    answer = {"id": campaign_id, "mail": mail, "state": state}
    show(as_json, answer, lambda: click.echo(f"mail {mail} is {state}{once_more}"))


@command("retry-failed")
@click.argument("campaign_id", metavar="ID")
@as_option
def campaign_retry_failed_command(campaign_id: str, reviewer: str | None, *, as_json: bool) -> None:
    """Send once more what failed for certain; before the review, write once more what could not be written.

    What may have left is never sent again.
    """
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        done = mail_recovery.retry_failed(session, scope, campaign_id, actor=who)
    _carry_out(campaign, done)
    answer = {"id": campaign_id, "again": done.to_send, "written_again": done.to_write, "unknown": done.in_doubt,
              "failed": done.failed}  # fmt: skip
    show(as_json, answer, lambda: click.echo("\n".join(_in_words(campaign_id, done))))


def wake(campaign: Campaign, answer: dict[str, str] | None = None) -> None:
    """Resume the campaign's run. If Prefect fails, the decision is stored, and the sweeper resumes the run later."""
    try:
        Engine(settings().prefect_url).resume(campaign.flow_run_id, answer)
    except EngineError as error:
        _kept(error)


def tell_now(store: Store, campaign_id: str, *, as_json: bool) -> None:
    with store.read() as session:
        _, campaign = found(session, campaign_id)
    show(as_json, as_data(campaign), lambda: tell(campaign))


def _carry_out(campaign: Campaign, done: Retried) -> None:
    engine = Engine(settings().prefect_url)
    try:
        if done.to_write:
            engine.start("rewrite-mails", {"campaign": campaign.id})
        elif done.to_send and campaign.status is CampaignStatus.COMPLETED:
            engine.restart(campaign.flow_run_id)
    except EngineError as error:
        if done.to_write:
            raise Refused(f"nobody writes just now: ask once more when Prefect is back ({error})") from None
        _kept(error)


def _kept(error: EngineError) -> None:
    click.echo(f"this is kept, and carried out when Prefect is back ({error})", err=True)


def _in_words(campaign_id: str, done: Retried) -> Iterator[str]:
    if done.to_write:
        yield f"{done.to_write} mails are written once more, and wait for your decision like the others"
    if done.to_send:
        yield f"{done.to_send} mails are sent once more"
    if not done.to_write and not done.to_send:
        yield "no mail failed that could be tried once more"
    if done.failed:
        yield f"{done.failed} mails could never be written: start another campaign for their contacts"
    if done.in_doubt:
        yield (
            f"{done.in_doubt} mails may have left, and are never sent again by themselves: find out, then "
            f"`contactflow campaign settle {campaign_id} MAIL --sent` or `--not-sent`"
        )
