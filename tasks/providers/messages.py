"""Messages to people, by whatever the settings name: mail, Slack, Teams, a webhook."""

import logging

from storage.settings import settings

log = logging.getLogger(__name__)


def send(title: str, body: str) -> bool:
    """Whether somebody was told. A message that cannot be sent is logged; whoever tells goes on without it."""
    addresses = settings().notify_urls.get_secret_value().split()
    if not addresses:
        return False
    import apprise  # noqa: PLC0415 (only where somebody is to be told)

    messenger = apprise.Apprise()
    for address in addresses:
        messenger.add(address)
    if messenger.notify(title=title, body=body):
        return True
    log.warning("a notification could not be sent: check CONTACTFLOW_NOTIFY_URLS")
    return False
