"""Send notifications to an Apprise address: mail, Slack, Teams, a webhook."""

import logging
from typing import Any

log = logging.getLogger(__name__)

TALKATIVE = ("apprise", "urllib3.connectionpool")  # log addresses at debug level, including their secrets


def send(url: str, title: str, body: str) -> bool:
    """Returns whether it was accepted."""
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
    import apprise  # noqa: PLC0415 (slow; only needed to notify)

    return apprise.Apprise()
