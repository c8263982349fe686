"""The post office: it carries mails out, brings others in, and remembers both over a restart."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from deployments.simulators.mail import incoming, mime, rules
from deployments.simulators.mail.delivered import Delivered, Delivery
from deployments.simulators.mail.incoming import MESSAGE_CLASS
from deployments.simulators.mail.journal import Journal
from deployments.simulators.mail.letterbox import Item, Letterbox, Step
from deployments.simulators.mail.rules import Rules

Placed = tuple[Letterbox, Step]


@dataclass(slots=True)
class PostOffice:
    journal: Journal = field(default_factory=Journal)
    boxes: dict[str, Letterbox] = field(default_factory=dict)
    delivered: Delivered = field(default_factory=Delivered)

    def box(self, provider: str, email: str, now: float = 0.0) -> Letterbox:
        name = f"{provider}/{email}"
        if name not in self.boxes:
            self.boxes[name] = Letterbox(provider, email, rules.usual(provider))
        box = self.boxes[name]
        if box.pending:
            box.settle(now)
        return box

    def set_rules(self, box: Letterbox, wish: dict[str, Any]) -> Rules:
        box.rules = replace(box.rules, **wish)
        self.journal.append(("rules", (_name(box), box.rules)))
        return box.rules

    def put(self, box: Letterbox, item: Item, at: float, shown: float = 0.0) -> Item:
        self.happen((box, Step("put", item.key, at, shown or at, item)))
        return item

    def happen(self, *placed: Placed) -> None:
        self.journal.append(*[("step", (_name(box), step)) for box, step in placed])
        for box, step in placed:
            box.take(step)

    def carry(self, delivery: Delivery, *placed: Placed) -> None:
        """A mail leaves: this, what it does in the sender's mailbox, and the ledger's entry are one."""
        self.journal.append(("delivered", delivery), *[("step", (_name(box), step)) for box, step in placed])
        self.delivered.add(delivery)
        for box, step in placed:
            box.take(step)
        self._arrive(delivery)
        self._answer(delivery)

    def receive(self, box: Letterbox, raw: bytes, at: float, shown: float = 0.0) -> Item:
        """A mail comes in; it joins the conversation of the mail that it answers."""
        fields = mime.headers(raw)
        key, shown = f"m{box.next_number()}", max(at, shown)
        named = mime.header(fields, "message-id") or f"<{key}@nowhere.example>"
        item = Item(
            key=key,
            folder="inbox",
            raw=raw,
            message_id=named,
            thread=box.threads.get(named) or thread_of(box, fields) or key,
            recipients=mime.recipients(fields),
            created=shown,
            modified=shown,
            properties={MESSAGE_CLASS: incoming.message_class(raw)} if box.provider == "microsoft" else {},
        )
        return self.put(box, item, at, shown)

    def forget_history(self, box: Letterbox, now: float) -> None:
        """Positions up to here are good no more; so that the next one differs, something happens that nobody sees."""
        self.happen((box, Step("nothing", "m0", now, now)))
        self.set_rules(box, {"history_from": box.now})

    def forget(self) -> None:
        self.journal.forget()
        self.boxes.clear()
        self.delivered = Delivered()

    def _arrive(self, delivery: Delivery) -> None:
        """At the mailboxes of this world that it was sent to, the sender's own among them."""
        to = {address.lower() for address in delivery.recipients}
        for box in [box for box in self.boxes.values() if box.email.lower() in to]:
            shown = delivery.at + box.rules.incoming_late_s
            self.receive(box, mime.with_header(delivery.raw, "Message-ID", delivery.message_id), delivery.at, shown)

    def _answer(self, delivery: Delivery) -> None:
        homes = [box for box in self.boxes.values() if box.email == delivery.sender]
        homes = [box for box in homes if delivery.provider in (box.provider, "smtp")]
        for box in homes:
            for recipient in delivery.recipients:
                way = box.rules.way_of(recipient)
                shown = delivery.at + box.rules.incoming_late_s
                if way:
                    self.receive(box, incoming.WAYS[way](delivery, recipient, shown), delivery.at, shown)


def delivery(box: Letterbox, raw: bytes, at: float, *, recipients: tuple[str, ...], message_id: str = "",
             properties: dict[str, str] | None = None, built: bool = False, posted: str = "") -> Delivery:  # fmt: skip
    fields = mime.headers(raw)
    own = mime.header(fields, "message-id")
    return Delivery(
        provider=box.provider,
        sender=box.email,
        recipients=recipients,
        message_id=message_id or own,
        subject=mime.plain(mime.header(fields, "subject")),
        key=mime.key_of(fields, properties or {}, own or message_id),
        sha256=hashlib.sha256(raw).hexdigest(),
        at=at,
        raw=raw,
        built=built,
        posted=posted,
    )


def thread_of(box: Letterbox, fields: mime.Headers) -> str:
    answered = [*mime.header(fields, "in-reply-to").split(), *mime.header(fields, "references").split()]
    return next((box.threads[name] for name in answered if name in box.threads), "")


def recall(journal: Journal) -> PostOffice:
    """The post office as the journal knows it."""
    office = PostOffice(journal)
    for kind, told in journal.entries():
        if kind == "delivered":
            office.delivered.add(msgspec.json.decode(told, type=Delivery))
        elif kind == "step":
            name, step = msgspec.json.decode(told, type=tuple[str, Step])
            _named(office, name).take(step)
        else:
            name, wish = msgspec.json.decode(told, type=tuple[str, Rules])
            _named(office, name).rules = wish
    return office


def _named(office: PostOffice, name: str) -> Letterbox:
    provider, _, email = name.partition("/")
    return office.box(provider, email)


def _name(box: Letterbox) -> str:
    return f"{box.provider}/{box.email}"
