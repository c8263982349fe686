"""Start a campaign and decide about it."""

import mimetypes
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from deployments.cli.campaign_looking import as_data, campaign_show_command, found, tell
from deployments.cli.campaign_rewriting import campaign_edit_command, campaign_rewrite_command, campaign_test_command
from deployments.cli.campaign_sending import (
    as_option,
    campaign_cancel_command,
    campaign_pause_command,
    campaign_resume_command,
    campaign_retry_failed_command,
    campaign_settle_command,
    tell_now,
    wake,
)  # fmt: skip
from deployments.cli.terminal import (
    Refused,
    command,
    organization_option,
    ready_store,
    reviewer_of,
    show,
    text_of,
    user_option,
)
from deployments.cli.waiting import follow_campaign
from storage import audit
from storage.campaign import campaign_reviews, campaigns, mail_marks, mails, segments
from storage.campaign.campaign_reviews import Decision
from storage.deciding import Choice
from storage.documents import new_id
from storage.organization import tenants
from storage.records import Attachment, CampaignStatus, Criteria, Deed
from storage.scope import Scope
from storage.session import Session, Store
from storage.settings import settings
from tasks.campaign.preparing import Wish, prepare
from tasks.providers.flow_runs.engine import Engine

FLOW = "email-campaign"

file_option = click.Path(path_type=Path, exists=False)


@click.group("campaign")
def campaign_command() -> None:
    """E-mail campaigns."""


@command(
    "new",
    examples=(
        "campaign new --org acme --user ann@acme.example --name Spring --brief brief.txt --tag customer --budget 2",
        "campaign new --org acme --user ann@acme.example --name Spring --template spring --segment customers",
    ),
)
@organization_option
@user_option
@click.option("--name", required=True, help="What the campaign is called.")
@click.option("--brief", "brief_path", type=file_option, help="A file: what the mails are about, or their template.")
@click.option("--template", default="", help="A saved template in place of a brief.")
@click.option("--segment", default="", help="Saved criteria.")
@click.option("--pipeline", default="", help="Only contacts in this pipeline.")
@click.option("--stage", default="", help="Only contacts at this stage.")
@click.option("--tag", "tags", multiple=True, help="Only contacts with one of these tags.")
@click.option("--contact", "contacts", multiple=True, metavar="ID", help="Only these contacts.")
@click.option("--connection", default="", help="The connection to send from; without it your only one, or SMTP.")
@click.option("--budget", default="", metavar="USD", help="The most that the language model may cost.")
@click.option("--attach", "attachments", multiple=True, type=file_option, help="A file that goes with every mail.")
@click.option("--wait", is_flag=True, help="Wait until the review, or the end.")
def _new(
    *, organization: str, user: str, name: str, brief_path: Path | None, template: str, segment: str, pipeline: str,
    stage: str, tags: tuple[str, ...], contacts: tuple[str, ...], connection: str, budget: str,
    attachments: tuple[Path, ...], wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Start a campaign up to its review and print its id."""
    if (brief_path is None) == (not template):
        raise click.UsageError("name either --brief or --template")
    store, campaign_id = ready_store(), new_id()
    with store.begin() as session:
        scope = tenants.scope_of(session, organization, user)
        wish = Wish(
            id=campaign_id, flow_run_id=campaign_id, name=name, brief=text_of(brief_path) if brief_path else "",
            template=template, connection_id=connection, budget=_money(budget), attachments=_attached(attachments),
            criteria=segments.segment(session, scope, segment) if segment
            else Criteria(pipeline, stage, tags, contacts),
        )  # fmt: skip
        prepare(session, scope, wish, author=user)
        audit.record(session, scope, actor=user, action="campaign.opened", subject=campaign_id)
    run_id = _start(store, scope, campaign_id, {"organization": organization, "user": user, "campaign": campaign_id})
    if not wait:
        show(as_json, {"id": campaign_id, "flow_run_id": run_id}, lambda: click.echo(campaign_id))
        return
    campaign = follow_campaign(store, Engine(settings().prefect_url), campaign_id)
    show(as_json, as_data(campaign), lambda: tell(campaign))
    if campaign.status is CampaignStatus.FAILED:
        sys.exit(1)


@command("approve", examples=("campaign approve ID --reject 12 --wait", "campaign approve ID --safe"))
@click.argument("campaign_id", metavar="ID")
@click.option("--safe", is_flag=True, help="Only mails that no check remarked on.")
@click.option("--reject", "refused", multiple=True, metavar="MAIL", help="Leave out a mail, by its number.")
@click.option("--digest", default="", help="Approve only if the mails are still these.")
@click.option("--comment", default="", help="For the audit trail.")
@click.option("--wait", is_flag=True, help="Wait until all of it is sent.")
@as_option
def _approve(
    campaign_id: str, refused: tuple[str, ...], digest: str, comment: str, reviewer: str | None, *, safe: bool,
    wait: bool, as_json: bool,
) -> None:  # fmt: skip
    """Approve a campaign's mails: they leave as they are now, and no others."""
    choice = Choice.APPROVE_SAFE if safe else Choice.APPROVE
    _decide(campaign_id, choice, refused, digest, comment, reviewer, wait=wait, as_json=as_json)


@command("reject")
@click.argument("campaign_id", metavar="ID")
@click.option("--mail", "rejected", multiple=True, metavar="MAIL", help="Only this mail, by its number.")
@click.option("--comment", default="", help="For the audit trail.")
@as_option
def _reject(campaign_id: str, rejected: tuple[str, ...], comment: str, reviewer: str | None, *, as_json: bool) -> None:
    """Reject a campaign: nothing is sent. With --mail, only that mail is left out and the rest waits on."""
    if not rejected:
        _decide(campaign_id, Choice.REJECT, (), "", comment, reviewer, wait=False, as_json=as_json)
        return
    with ready_store().begin() as session:
        scope, campaign = found(session, campaign_id)
        who = reviewer_of(session, scope, campaign.user_id, reviewer)
        ids = _ids(session, scope, campaign_id, rejected)
        made = mail_marks.mark_mails(session, scope, campaign_id, Deed.REJECTED, actor=who, mail_ids=ids)
    told = {"id": campaign_id, "rejected": made.number}
    show(as_json, told, lambda: click.echo(f"{made.number} mails rejected"))


def _start(store: Store, scope: Scope, campaign_id: str, parameters: dict[str, str]) -> str:
    """Start a stored campaign's run. If Prefect fails, the campaign stays; the sweeper ends it if no run begins."""
    run_id = Engine(settings().prefect_url).start(FLOW, parameters, key=campaign_id)
    with store.begin() as session:
        campaigns.note(session, scope, campaign_id, flow_run_id=run_id)
    return run_id


def _decide(
    campaign_id: str, choice: Choice, refused: tuple[str, ...], digest: str, comment: str, reviewer: str | None,
    *, wait: bool, as_json: bool,
) -> None:  # fmt: skip
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        decision = Decision(
            choice, reviewer_of(session, scope, campaign.user_id, reviewer), comment, digest=digest or campaign.digest,
            refused=tuple(_ids(session, scope, campaign_id, refused)),
        )  # fmt: skip
        campaign_reviews.decide(session, scope, campaign_id, decision)
    answer = {"decision": choice.value, "reviewer": decision.reviewer, "comment": comment[:2000]}
    wake(campaign, answer)
    if not wait:
        tell_now(store, campaign_id, as_json=as_json)
        return
    over = (CampaignStatus.COMPLETED, CampaignStatus.PAUSED, CampaignStatus.FAILED, CampaignStatus.CANCELLED)
    ended = follow_campaign(store, Engine(settings().prefect_url), campaign_id, until=over)
    show(as_json, as_data(ended), lambda: tell(ended))
    if ended.status is not CampaignStatus.COMPLETED:
        sys.exit(1)


def _ids(session: Session, scope: Scope, campaign_id: str, named: Sequence[str]) -> list[str]:
    return [mails.mail(session, scope, campaign_id, one, None).id for one in named]


def _money(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise click.UsageError(f"--budget {text}: write an amount in US dollars, such as 1.50") from None
    if not amount.is_finite() or amount <= 0:
        raise click.UsageError("--budget: more than nothing")
    return amount


def _attached(paths: Sequence[Path]) -> tuple[Attachment, ...]:
    from tasks.rules.letters.envelope import LARGEST_ATTACHMENTS  # noqa: PLC0415 (slow import, only for attachments)

    for path in paths:
        if not path.is_file():
            raise Refused(f"there is no file {path}")
    if sum(path.stat().st_size for path in paths) > LARGEST_ATTACHMENTS:
        raise Refused(f"the attachments have more than {LARGEST_ATTACHMENTS:,} bytes together: link to them instead")
    return tuple(
        Attachment(path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream", path.read_bytes())
        for path in paths
    )


for one in (
    _new, campaign_show_command, _approve, _reject, campaign_pause_command, campaign_resume_command,
    campaign_cancel_command, campaign_settle_command, campaign_retry_failed_command, campaign_edit_command,
    campaign_rewrite_command, campaign_test_command,
):  # fmt: skip
    campaign_command.add_command(one)
