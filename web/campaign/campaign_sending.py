"""Actions while sending: pause, resume, cancel, settle mails of unknown outcome, retry failed ones."""

from starlette.responses import Response

from storage.campaign import campaign_holds, campaigns, mail_recovery
from storage.campaign.campaigns import Campaign
from storage.records import CampaignStatus
from tasks.providers.flow_runs.engine import EngineError
from web.campaign.mail_view import find
from web.visits import Refusal, Visit, number_of


def pause(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        campaign_holds.pause(session, visit.scope, visit.part("campaign_id"), actor=visit.email)
    return visit.go(f"/campaigns/{visit.part('campaign_id')}")


def resume(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, visit.part("campaign_id"))
        campaign_holds.resume(session, visit.scope, campaign.id, actor=visit.email)
    return _woken(visit, campaign)


def cancel(visit: Visit) -> Response:
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, visit.part("campaign_id"))
        campaign_holds.cancel(session, visit.scope, campaign.id, actor=visit.email)
    return _woken(visit, campaign)


def retry_failed(visit: Visit) -> Response:
    """Retry: in review, write again what could not be written; later, send again what failed for certain."""
    with visit.context.store.begin() as session:
        campaign = campaigns.campaign(session, visit.scope, visit.part("campaign_id"))
        done = mail_recovery.retry_failed(session, visit.scope, campaign.id, actor=visit.email)
    if done.to_write:
        start_writing(visit, campaign)
    elif done.to_send and campaign.status is CampaignStatus.COMPLETED:
        try:
            visit.context.engine.restart(campaign.flow_run_id)
        except EngineError:
            return visit.go(f"/campaigns/{campaign.id}?later=1")
    return visit.go(f"/campaigns/{campaign.id}?{'anew' if done.to_write else 'again'}=1")


def settle(visit: Visit) -> Response:
    """Record what a person found out about a mail of unknown outcome."""
    campaign_id, answer = visit.part("campaign_id"), visit.form.one("left")
    with visit.context.store.begin() as session:
        mail = find(session, visit, campaign_id, None, number_of(visit.part("ordinal")))
        if answer not in {"yes", "no"}:
            raise Refusal(400, "Did it leave?", "Look in the mailbox, and press one of the two buttons.")
        mail_recovery.settle(session, visit.scope, campaign_id, mail.id, left=answer == "yes", actor=visit.email)
    return visit.go(f"/campaigns/{campaign_id}?row={mail.ordinal}")


def start_writing(visit: Visit, campaign: Campaign) -> None:
    try:
        visit.context.engine.start("rewrite-mails", {"campaign": campaign.id})
    except EngineError:
        told = "Mails wait to be written: press “Write them now” on the campaign’s page when Prefect is back."
        raise Refusal(503, "Prefect does not answer", told) from None


def _woken(visit: Visit, campaign: Campaign) -> Response:
    try:
        visit.context.engine.resume(campaign.flow_run_id)
    except EngineError:
        return visit.go(f"/campaigns/{campaign.id}?later=1")  # the decision stands; the sweeper resumes the run
    return visit.go(f"/campaigns/{campaign.id}")
