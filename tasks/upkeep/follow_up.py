"""Reconcile mails of completed campaigns again, for late look-ups, bounces and replies."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from storage.campaign import campaign_standing
from storage.documents import now
from storage.session import Store

Reconcile = Callable[[str], Awaitable[Mapping[str, int]]]


class NotFollowedUp(Exception):
    """Some campaigns could not be reconciled; all others were."""


async def follow_up(store: Store, reconcile: Reconcile, *, days: int) -> Counter[str]:
    """Returns counts of new events by kind, over campaigns that ended in the last `days` and still have their mails."""
    news, troubles = Counter[str](), list[Exception]()
    with store.read() as session:
        ended = campaign_standing.ended_since(session, now() - timedelta(days=days))
    for _, campaign_id in ended:
        try:
            news.update(await reconcile(campaign_id))
        except Exception as trouble:  # noqa: BLE001 (one mailbox must not keep others waiting)
            troubles.append(trouble)
    if troubles:
        raise NotFollowedUp(f"{len(troubles)} campaigns could not be looked at") from troubles[0]
    return news
