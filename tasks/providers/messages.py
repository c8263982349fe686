"""Notifications to Apprise URLs: mail, Slack, Teams, webhooks."""

import logging
from typing import Any

log = logging.getLogger(__name__)

TALKATIVE = ("apprise", "urllib3.connectionpool")  # log URLs at debug level, including their secrets


def send(url: str, title: str, body: str) -> bool:
    """True if the service accepted the message."""
    messenger = _messenger()
    taken = bool(messenger.add(url) and messenger.notify(title=title, body=body))
    if not taken:
        log.warning("a message to people was not taken: `contactflow notify test` tells more")
    return taken


def is_address(url: str) -> bool:
    return bool(_messenger().add(url))


def _messenger() -> Any:
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    import apprise  # noqa: PLC0415 (loaded only when a notification is needed)

    return apprise.Apprise()
