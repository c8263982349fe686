"""The part of the control surface that is about mail: what left, what comes in, and the rules of each mailbox."""

import base64
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from deployments.simulators.mail import incoming
from deployments.simulators.mail.delivered import Delivery
from deployments.simulators.mail.letterbox import Item, Letterbox
from deployments.simulators.mail.rules import Rules, SmtpRules
from deployments.simulators.mailbox import Mailbox

if TYPE_CHECKING:
    from deployments.simulators.world import World


class MailControl:
    """One method a route, as in `control.Control`."""

    def __init__(self, world: "World") -> None:
        self.world = world

    def delivered(self, _mailbox: None, wish: dict[str, Any]) -> Any:
        """The counts; with `key`, `mailbox` or `details` also the mails, and with `raw` their bytes."""
        delivered = self.world.delivered
        told = delivered.counts()
        if not {"key", "mailbox", "details"} & set(wish):
            return told
        mails = delivered.of(wish["mailbox"]) if "mailbox" in wish else list(delivered)
        mails = [mail for mail in mails if wish.get("key") in (None, mail.key)]
        return told | {"times": len(mails), "mails": [_told(mail, raw="raw" in wish) for mail in mails]}

    def smtp(self, _mailbox: None, wish: dict[str, Any]) -> Any:
        for name, value in _known(wish, SmtpRules).items():
            setattr(self.world.smtp, name, value)
        return self.world.smtp

    def settings(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        return self.world.post.set_rules(self._box(mailbox), _known(wish, Rules))

    def lying(self, mailbox: Mailbox, _wish: dict[str, Any]) -> Any:
        """What the mailbox holds, hidden or not."""
        box = self._box(mailbox)
        return {"mails": [_lying(item) for item in box.items.values()], "pending": len(box.pending)}

    def incoming(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """A mail comes in: `raw` in base64, or of this `kind`, for the delivered mail with this `key`."""
        now = self.world.now()
        box = self._box(mailbox)
        raw = base64.b64decode(wish["raw"]) if "raw" in wish else self._comes_back(wish, now)
        item = self.world.post.receive(box, raw, now, now + float(wish.get("late_s", 0)))
        return {"message_id": item.message_id, "folder": item.folder}

    def _comes_back(self, wish: dict[str, Any], now: float) -> bytes:
        known = [mail for mail in self.world.delivered if wish["key"] in (mail.key, mail.message_id)]
        if not known:
            raise ValueError(f"no mail with the key {wish['key']!r} was delivered")
        if wish.get("kind") not in incoming.WAYS:
            raise ValueError(f"no mail of the kind {wish.get('kind')!r}; there are {', '.join(incoming.WAYS)}")
        return incoming.WAYS[wish["kind"]](known[-1], wish.get("recipient", known[-1].recipients[0]), now)

    def _box(self, mailbox: Mailbox) -> Letterbox:
        return self.world.letterbox(mailbox.provider, mailbox.email)


def mail_table(world: "World") -> list[tuple[str, str, Callable[[Any, dict[str, Any]], Any]]]:
    control, box = MailControl(world), "/{provider}/{email}"
    return [
        ("GET", "/delivered", control.delivered),
        ("GET", "/smtp", control.smtp),
        ("POST", "/smtp", control.smtp),
        ("GET", f"{box}/mail", control.lying),
        ("POST", f"{box}/incoming", control.incoming),
        ("GET", f"{box}/mail-settings", control.settings),
        ("POST", f"{box}/mail-settings", control.settings),
    ]


def _told(mail: Delivery, *, raw: bool) -> dict[str, Any]:
    return mail.about() | ({"raw": mail.raw} if raw else {})


def _lying(item: Item) -> dict[str, Any]:
    told = asdict(item)
    return {name: told[name] for name in told if name not in {"raw", "facts"}} | {"size": len(item.raw)}


def _known(wish: dict[str, Any], kind: type) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    unknown = set(wish) - set(names)
    if unknown:
        raise ValueError(f"no setting {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return wish
