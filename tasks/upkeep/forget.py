"""Delete data past its retention, in every organization."""

from storage import audit
from storage.campaign import campaign_standing, campaigns, mails
from storage.organization import sign_ins
from storage.people import twins
from storage.session import Store
from storage.sync import plan_outcomes, syncs
from tasks.providers.flow_runs.engine import Engine


def forget_undo(store: Store) -> int:
    """Delete expired undo data of syncs. Returns the number of syncs."""
    with store.read() as session:
        late = syncs.past_undo(session)
    for scope, sync_id in late:
        with store.begin() as session:
            syncs.forget_undo(session, scope, sync_id)
            plan_outcomes.clear_undo(session, scope, sync_id)
            audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=sync_id)
    return len(late)


def forget_merges(store: Store) -> int:
    """Delete expired undo data of merges. Returns the number of merges."""
    with store.read() as session:
        late = twins.past_undo(session)
    for scope, twins_id in late:
        with store.begin() as session:
            twins.forget_undo(session, scope, twins_id)
            audit.record(session, scope, actor="contactflow", action="undo.forgotten", subject=twins_id)
    return len(late)


def forget_sign_ins(store: Store) -> int:
    """Delete long expired sessions and one-time links. Returns their number."""
    with store.begin() as session:
        return sum(sign_ins.forget(session, scope) for scope in sign_ins.with_old(session))


def forget_mails(store: Store, engine: Engine) -> int:
    """Delete the mails of campaigns past their retention. Returns the number of campaigns.

    Their flow runs are deleted too, since the parameters of a run started in Prefect hold the brief.
    """
    with store.read() as session:
        late = campaign_standing.past_keeping(session)
    for scope, campaign_id in late:
        with store.read() as session:
            run_id = campaigns.campaign(session, scope, campaign_id).flow_run_id
        engine.delete([run_id])
        with store.begin() as session:
            campaigns.forget(session, scope, campaign_id)
            mails.clear(session, scope, campaign_id)
            audit.record(session, scope, actor="contactflow", action="mails.forgotten", subject=campaign_id)
    return len(late)
