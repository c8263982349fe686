"""Messages to people at an Apprise address: mail, Slack, Teams, a webhook."""

import logging

log = logging.getLogger(__name__)


def send(url: str, title: str, body: str) -> bool:
    """Whether it was taken."""
    import apprise  # noqa: PLC0415 (only where somebody is to be told)

    messenger = apprise.Apprise()
    taken = messenger.add(url) and bool(messenger.notify(title=title, body=body))
    if not taken:
        log.warning("a message to people was not taken: `contactflow notify test` tells more")
    return taken


def is_address(url: str) -> bool:
    import apprise  # noqa: PLC0415 (only where somebody is to be told)

    return bool(apprise.Apprise().add(url))
