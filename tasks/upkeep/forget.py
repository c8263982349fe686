"""Forget what need not be kept any longer."""

from storage import audit
from storage.campaign import campaign_standing, campaigns, mails
from storage.organization import sign_ins
from storage.people import twins
from storage.session import Store
from storage.sync import plan_outcomes, syncs
from tasks.providers.flow_runs.engine import Engine


def forget_undo(store: Store) -> int:
    """Undo data past its time, in every organization; returns of how many syncs."""
    with store.read() as session:
        late = syncs.past_undo(session)
    for scope, sync_id in late:
        with store.begin() as session:
            syncs.forget_undo(session, scope, sync_id)
            plan_outcomes.clear_undo(session, scope, sync_id)
            audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=sync_id)
    return len(late)


def forget_merges(store: Store) -> int:
    """What would take merges of contacts back, past its time, in every organization; returns of how many."""
    with store.read() as session:
        late = twins.past_undo(session)
    for scope, twins_id in late:
        with store.begin() as session:
            twins.forget_undo(session, scope, twins_id)
            audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=twins_id)
    return len(late)


def forget_sign_ins(store: Store) -> int:
    """Sessions and one-time links that are long over, in every organization; returns how many."""
    with store.begin() as session:
        return sum(sign_ins.forget(session, scope) for scope in sign_ins.with_old(session))


def forget_mails(store: Store, engine: Engine) -> int:
    """The mails of campaigns that have been kept long enough, in every organization; returns of how many campaigns.

    Prefect forgets their runs too, for a run that was started there holds the brief it was started with.
    """
    with store.read() as session:
        late = campaign_standing.past_keeping(session)
    for scope, campaign_id in late:
        with store.read() as session:
            run_id = campaigns.campaign(session, scope, campaign_id).flow_run_id
        engine.delete(run_id)
        with store.begin() as session:
            campaigns.forget(session, scope, campaign_id)
            mails.clear(session, scope, campaign_id)
            audit.record(session, scope, actor="contactflow", action="mails.forgotten", subject=campaign_id)
    return len(late)
