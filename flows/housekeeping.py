"""What must be done now and then, whether or not anybody asks."""

from prefect import flow, get_run_logger

from storage.session import open_store
from storage.settings import settings
from tasks.account import account
from tasks.forget import forget_mails, forget_merges, forget_sign_ins, forget_undo
from tasks.providers.engine import Engine
from tasks.schedule import schedule
from tasks.sweep import sweep
from tasks.sweep_campaigns import sweep_campaigns


@flow(name="housekeeping")
async def housekeeping() -> None:
    """Go on with runs whose process died, end reviews whose time is over, forget what need not be kept."""
    store, engine = open_store(), Engine(settings().prefect_url)
    get_run_logger().info("swept: %s", dict(sweep(store, engine, account.fn) + sweep_campaigns(store, engine)))
    get_run_logger().info("schedules mended in Prefect: %s", dict(schedule(store, engine)))
    get_run_logger().info("undo data of %d syncs forgotten", forget_undo(store))
    get_run_logger().info("undo data of %d merges forgotten", forget_merges(store))
    get_run_logger().info("%d sign-ins forgotten", forget_sign_ins(store))
    get_run_logger().info("mails of %d campaigns forgotten", forget_mails(store, engine))
