"""Periodic maintenance, run on a schedule."""

from functools import partial

from prefect import flow, get_run_logger

from storage.chores import note
from storage.records.settings import MOST_DAYS
from storage.scrubbing import scrub, scrub_file
from storage.session import open_store
from storage.settings import settings
from tasks.campaign.reconcile import reconcile
from tasks.providers.flow_runs.engine import Engine
from tasks.sync.account import account
from tasks.upkeep.chores import Chores
from tasks.upkeep.follow_up import follow_up
from tasks.upkeep.forget import forget_mails, forget_merges, forget_sign_ins, forget_undo
from tasks.upkeep.notify import notify_people
from tasks.upkeep.prune import prune
from tasks.upkeep.purge import purge
from tasks.upkeep.refresh_tokens import refresh_tokens
from tasks.upkeep.schedule import schedule
from tasks.upkeep.sweep import sweep
from tasks.upkeep.sweep_campaigns import sweep_campaigns
from tasks.upkeep.verify_audit import verify_audit


@flow(name="housekeeping", timeout_seconds=6 * 3600)  # its queue runs one at a time: a hanging chore must end
async def housekeeping(thorough: bool = True) -> None:  # noqa: FBT001, FBT002 (a switch in Prefect's form)
    """Go on with runs whose process died, end reviews whose time is over, forget what need not be kept.

    Args:
        thorough: Also what need be done but once a day: what services know, audit logs, old runs, unused permissions.

    """
    store, engine = open_store(), Engine(settings().prefect_url)
    chores = Chores(get_run_logger(), thorough, partial(note, store))
    await chores.do("syncs swept", lambda: sweep(store, engine, account.fn))
    await chores.do("campaigns swept", lambda: sweep_campaigns(store, engine))
    await chores.do("messages to people", lambda: notify_people(store))
    await chores.do("schedules mended in Prefect", lambda: schedule(store, engine))
    await chores.do("syncs whose undo data was forgotten", lambda: forget_undo(store))
    await chores.do("merges whose undo data was forgotten", lambda: forget_merges(store))
    await chores.do("sign-ins forgotten", lambda: forget_sign_ins(store))
    await chores.do("campaigns whose mails were forgotten", lambda: forget_mails(store, engine))
    await chores.do("left behind and cleared away", lambda: prune(store))
    await chores.do("news of mails", lambda: follow_up(store, reconcile.fn, days=3))
    await chores.nightly("late news of mails", lambda: follow_up(store, reconcile.fn, days=MOST_DAYS))
    await chores.nightly("permissions used", lambda: refresh_tokens(store))
    await chores.nightly("runs that Prefect forgot", lambda: purge(store, engine, days=settings().run_days))
    await chores.nightly("audit entries verified", lambda: verify_audit(store))
    await chores.do("database log emptied", lambda: scrub(store))
    await chores.nightly("Prefect's log emptied", lambda: scrub_file(settings().prefect_database))
    chores.close()
