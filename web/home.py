"""The home page: what waits for a decision, recent runs, health of the accounts."""

from starlette.responses import PlainTextResponse, Response

from storage.documents import new_id
from storage.organization import connections, tenants
from storage.people import contacts
from storage.records import ConnectionStatus, SyncStatus
from storage.sync import plans, syncs
from tasks.providers.access.applications import paused
from web import analytics
from web.campaign import campaigns
from web.connections import PAUSED, healths
from web.sync.groups import counted, tally
from web.visits import Visit

LATELY = 20
MOST_WAITING = 20


def show(visit: Visit) -> Response:
    scope = visit.scope
    with visit.context.store.read() as session:
        lately = syncs.syncs(session, scope, limit=LATELY)
        opened = syncs.open_syncs(session, scope)
        waiting = [sync for sync in opened if sync.status is SyncStatus.PREVIEW]
        counts = {sync.id: plans.counts(session, scope, sync.id) for sync in waiting[:MOST_WAITING]}
        accounts = connections.connections(session, scope)
        pauses = paused(session)
        owners = {user.id: user.email for user in tenants.users_of(session, scope)}
        people = contacts.count(session, scope)
        charts = analytics.lately(session, scope)
        mailings, mailed = campaigns.waiting(session, visit), campaigns.lately(session, visit, limit=LATELY // 2)
    return visit.page(
        "home.html",
        waiting=[(sync, counted(counts[sync.id]), tally(counts[sync.id])) for sync in waiting[:MOST_WAITING]],
        lately=[sync for sync in lately if sync.status is not SyncStatus.PREVIEW],
        accounts=[one for one in accounts if one.status is not ConnectionStatus.DISCONNECTED],
        opened={sync.connection_id: sync for sync in opened},
        names={one.id: one.account for one in accounts},
        owners=owners,
        people=people,
        charts=charts,
        mailings=mailings,
        mailed=mailed,
        health=healths(accounts, pauses),
        paused=PAUSED,
        started=bool(visit.asked("started")),
        once=new_id(),
    )


def health(visit: Visit) -> Response:
    """The health check: succeeds if the process and the database answer."""
    with visit.context.store.read() as session:
        session.connection.exec_driver_sql("SELECT 1")
    return PlainTextResponse("ok\n")
