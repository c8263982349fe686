"""Who stood behind an open or a click: a person, a machine that looks at every mail, or nobody can tell."""

from collections.abc import Mapping
from datetime import timedelta

import crawleruseragents

from storage.records import Visitor

AT_ONCE = timedelta(seconds=10)  # after a mail left, nobody has read it; scanners have
_AHEAD = ("prefetch", "preview", "prerender")
_PROXIES = ("googleimageproxy", "ggpht.com", "yahoomailproxy")


def visitor(method: str, headers: Mapping[str, str], since_sent: timedelta, *, click: bool) -> Visitor:
    """`headers` by lower-case name. Proxies open mails for people and for nobody alike."""
    agent = headers.get("user-agent", "")
    ahead = " ".join(headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz")).lower()
    if method == "HEAD" or not agent or since_sent < AT_ONCE or any(word in ahead for word in _AHEAD):
        return Visitor.MACHINE
    if any(word in agent.lower() for word in _PROXIES) or agent == "Mozilla/5.0":  # Apple's proxy says no more
        return Visitor.UNKNOWN
    if crawleruseragents.is_crawler(agent):
        return Visitor.MACHINE
    return Visitor.HUMAN if click or headers.get("accept-language") else Visitor.UNKNOWN
