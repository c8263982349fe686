"""Messages to people at an Apprise address: mail, Slack, Teams, a webhook."""

import logging
from typing import Any

log = logging.getLogger(__name__)

TALKATIVE = ("apprise", "urllib3.connectionpool")  # write addresses into a debug log, with the secrets in them


def send(url: str, title: str, body: str) -> bool:
    """Whether it was taken."""
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
    import apprise  # noqa: PLC0415 (only where somebody is to be told)

    return apprise.Apprise()
