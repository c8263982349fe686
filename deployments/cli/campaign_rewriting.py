"""Edit or rewrite single mails of a campaign that waits for review, or send one as a test."""

import click

from deployments.cli.campaign_looking import found, letter_text, mail_data, tell
from deployments.cli.terminal import Refused, command, ready_store, reviewer_of, show
from deployments.cli.waiting import follow_campaign, wait_for_run
from storage.campaign import campaign_reviews, campaigns, mails
from storage.organization import tenants
from storage.records import CampaignStatus, MailState
from storage.settings import settings
from tasks.campaign.rendering import edited
from tasks.providers.flow_runs.engine import Engine, EngineError

as_option = click.option("--as", "editor", metavar="EMAIL", help="Who changes it; the campaign's own user.")


@command("edit")
@click.argument("campaign_id", metavar="ID")
@click.argument("mail", metavar="MAIL")
@click.option("--text", default="", help="The new text: Subject: …, an empty line, the greeting, the paragraphs.")
@as_option
def campaign_edit_command(campaign_id: str, mail: str, text: str, editor: str | None, *, as_json: bool) -> None:
    """Change the text of a mail, in your editor or with --text; it is checked again."""
    store = ready_store()
    with store.read() as session:
        scope, campaign = found(session, campaign_id)
        one = mails.mail(session, scope, campaign_id, mail, campaigns.demand_body_key(session, scope, campaign_id))
        who = reviewer_of(session, scope, campaign.user_id, editor)
    if one.draft is None or one.draft.letter is None:
        raise Refused(f"mail {mail} is {one.state}: there is no text to change")
    new = text or click.edit(letter_text(one.draft.letter)) or ""
    if not new.strip():
        raise Refused("nothing was changed")
    with store.begin() as session:
        edited(session, scope, campaign, one, new, editor=who)
        now = mails.mail(session, scope, campaign_id, one.id, campaigns.demand_body_key(session, scope, campaign_id))
    show(as_json, mail_data(now), lambda: click.echo(f"mail {now.ordinal} is {now.state} {', '.join(now.checks)}"))


@command("rewrite")
@click.argument("campaign_id", metavar="ID")
@click.argument("named", nargs=-1, required=True, metavar="MAIL...")
@click.option("--hint", default="", help="What should be different.")
@as_option
def campaign_rewrite_command(
    campaign_id: str, named: tuple[str, ...], hint: str, editor: str | None, *, as_json: bool
) -> None:
    """Have the model write mails again, with a hint."""
    store = ready_store()
    with store.begin() as session:
        scope, campaign = found(session, campaign_id)
        if not campaign.model:
            raise Refused("this campaign is written from a template: edit its mails, or start another")
        who = reviewer_of(session, scope, campaign.user_id, editor)
        ids = [mails.mail(session, scope, campaign_id, one, None).id for one in named]
        campaign_reviews.ask_again(session, scope, campaign_id, ids, hint, reviewer=who)
    engine = Engine(settings().prefect_url)
    try:
        run_id = engine.start("rewrite-mails", {"campaign": campaign_id})
    except EngineError as error:
        mend = f"`contactflow campaign retry-failed {campaign_id}` when Prefect is back"
        raise Refused(f"the mails wait to be written: {mend} ({error})") from None
    wait_for_run(engine, run_id)
    campaign = follow_campaign(store, engine, campaign_id, until=(CampaignStatus.REVIEW,))
    show(as_json, {"id": campaign_id, "rewritten": len(ids)}, lambda: tell(campaign))


@command("test")
@click.argument("campaign_id", metavar="ID")
@click.argument("mail", metavar="MAIL")
@click.option("--to", default="", metavar="EMAIL", help="A user of the organization; the campaign's own without it.")
def campaign_test_command(campaign_id: str, mail: str, to: str, *, as_json: bool) -> None:
    """Send one mail to yourself, to see it as it will arrive. It counts for nothing."""
    store = ready_store()
    with store.read() as session:
        scope, campaign = found(session, campaign_id)
        one = mails.mail(session, scope, campaign_id, mail, None)
        users = tenants.users_of(session, scope)
        address = to.strip().lower() or next(user.email for user in users if user.id == campaign.user_id)
    if address not in {user.email for user in users}:
        raise Refused(f"{address} is no user of this organization: a test goes to one of yourselves")
    if one.state is MailState.EXCLUDED or not one.content_hash:
        raise Refused(f"mail {mail} is {one.state}: there is nothing to send")
    engine = Engine(settings().prefect_url)
    wait_for_run(engine, engine.start("sample-mail", {"campaign": campaign_id, "mail": one.id, "to": address}))
    show(as_json, {"id": campaign_id, "mail": one.ordinal, "to": address}, lambda: click.echo(f"sent to {address}"))
