"""The control API under /_control: changes at the source, faults, settings and observations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators import changes
from deployments.simulators.faults import Fault
from deployments.simulators.google import wording as google_wording
from deployments.simulators.mail.control import mail_table
from deployments.simulators.mailbox import Change, Entry, Mailbox
from deployments.simulators.microsoft import wording as microsoft_wording
from deployments.simulators.people import Card
from deployments.simulators.world import World

Act = Callable[[Any, dict[str, Any]], Any]
SETTINGS = ("page_size", "empty_every", "replays", "reset_style", "delay_s")
WORLD_SETTINGS = ("latency_ms", "microsoft_at_once", "skew", "claims")


def source_id(mailbox: Mailbox, key: str) -> str:
    """The id a client knows the contact by (at Microsoft the immutable one)."""
    if mailbox.provider == "google":
        return google_wording.resource_name(mailbox.entries[key])
    return microsoft_wording.contact_id(mailbox, key, "", immutable=True)


def key_of(mailbox: Mailbox, identifier: str) -> str:
    if mailbox.provider == "google":
        return google_wording.key_of(mailbox, identifier)
    return microsoft_wording.key_of(mailbox, identifier)


def truth(mailbox: Mailbox) -> dict[str, dict[str, Any]]:
    """The contacts now at the source, by source id: person, folder and card."""
    return {source_id(mailbox, entry.key): _true(entry) for entry in mailbox.alive()}


def _true(entry: Entry) -> dict[str, Any]:
    return {"person": entry.card.person, "folder": entry.folder, "card": entry.card}


class Control:
    """One method per route, each on the mailbox named in the path (None where there is none)."""

    def __init__(self, world: World) -> None:
        self.world = world

    def overview(self, _mailbox: Mailbox | None, _wish: dict[str, Any]) -> Any:
        return [
            {"provider": one.provider, "email": one.email, "seed": one.seed, "contacts": one.count}
            for one in self.world.mailboxes
        ]

    def add_mailbox(self, _mailbox: None, wish: dict[str, Any]) -> Any:
        mailbox = self.world.add_mailbox(**wish)
        token = self.world.refresh_token(mailbox.provider, mailbox.email)
        return {"provider": mailbox.provider, "email": mailbox.email, "refresh_token": token}

    def truth(self, mailbox: Mailbox, _wish: dict[str, Any]) -> Any:
        return {"contacts": truth(mailbox), "folders": mailbox.folders, "pending": len(mailbox.pending)}

    def change(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """`{"edit": 0.03, "add": 0.01, "remove": 0.01, "move": 0, "seed": 7}`: shares of the book."""
        wish["gone"] = wish.pop("remove", 0)
        done = changes.at_random(mailbox, self.world.now(), **wish)
        return {
            what: [source_id(mailbox, key) if key in mailbox.entries else key for key in keys]
            for what, keys in done.items()
        }

    def person(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """Add a `card`; or edit, move (`folder`), `remove` ("deleted" or "changed") or `rename` the one with `id`."""
        now, key = self.world.now(), key_of(mailbox, wish.get("id", ""))
        if wish.get("id") and (key not in mailbox.entries or mailbox.entries[key].gone):
            raise ValueError(f"no contact {wish['id']!r}")
        if "remove" in wish:
            key = changes.remove(mailbox, key, now, reason=wish["remove"] or "deleted")
        elif wish.get("rename"):
            key = changes.rename(mailbox, key, now)
        else:
            key = changes.put(mailbox, self._card(mailbox, key, wish), now, key=key, folder=wish.get("folder", ""))
        return {"id": source_id(mailbox, key) if key in mailbox.entries else ""}

    def _card(self, mailbox: Mailbox, key: str, wish: dict[str, Any]) -> Card:
        start = mailbox.entries[key].card if key else Card(person=f"by-hand-{len(mailbox.entries)}")
        wanted = msgspec.convert({"person": start.person, **wish.get("card", {})}, Card)
        return replace(start, **{name: getattr(wanted, name) for name in wish.get("card", {})})

    def folder(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """`{"id", "name", "parent"}` adds or renames; `{"id", "remove": true}` removes it with what is in it."""
        now, name = self.world.now(), wish["id"]
        if wish.get("remove"):
            for entry in [entry for entry in mailbox.alive() if entry.folder == name]:
                changes.remove(mailbox, entry.key, now)
            changes.record(mailbox, Change("folder_gone", name, at=now), now)
        else:
            parent = wish.get("parent", "AQMkADcontacts")
            changes.record(mailbox, Change("folder", name, folder=parent, name=wish["name"], at=now), now)
        return {"folders": mailbox.folders}

    def group(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """`{"tag": "VIP", "name": "Gold"}`: the owner renames a group; its resource name stays."""
        now = self.world.now()
        changes.record(mailbox, Change("group", wish["tag"], name=wish["name"], at=now), now)
        return {"groups": mailbox.groups}

    def expire_cursors(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """Expire all cursors issued so far. `style`: gone, location, bad_request (Microsoft); precondition (Google)."""
        mailbox.generation += 1
        mailbox.reset_style = wish.get("style", mailbox.reset_style)
        self.world.post.forget_history(self.world.letterbox(mailbox.provider, mailbox.email), self.world.now())
        return {"generation": mailbox.generation}

    def tokens(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        """`{"do": "expire"}` access tokens, `{"do": "revoke"}` all; `without`: scopes not granted from now on."""
        if wish.get("do") == "revoke":
            self.world.tokens.revoke(mailbox.provider, mailbox.email)
        elif wish.get("do") == "expire":
            self.world.tokens.expire(mailbox.provider, mailbox.email)
        if "without" in wish:
            mailbox.without_scopes = tuple(wish["without"])
        revoked = wish.get("do") == "revoke"
        return {} if revoked else {"refresh_token": self.world.refresh_token(mailbox.provider, mailbox.email)}

    def settings(self, mailbox: Mailbox, wish: dict[str, Any]) -> Any:
        for name, value in _known(wish, SETTINGS).items():
            setattr(mailbox, name, value)
        return {name: getattr(mailbox, name) for name in SETTINGS}

    def world_settings(self, _mailbox: None, wish: dict[str, Any]) -> Any:
        for name, value in _known(wish, WORLD_SETTINGS).items():
            setattr(self.world, name, value)
        return {name: getattr(self.world, name) for name in WORLD_SETTINGS}

    def faults(self, _mailbox: None, _wish: dict[str, Any]) -> Any:
        return self.world.faults.active

    def add_faults(self, _mailbox: None, wish: dict[str, Any]) -> Any:
        for fault in wish["faults"]:
            self.world.faults.add(Fault(**fault))
        return self.world.faults.active

    def clear_faults(self, _mailbox: None, _wish: dict[str, Any]) -> Any:
        self.world.faults.clear()
        return []

    def ledger(self, _mailbox: None, _wish: dict[str, Any]) -> Any:
        return self.world.ledger.accounts

    def clear_ledger(self, _mailbox: None, _wish: dict[str, Any]) -> Any:
        self.world.ledger.clear()
        return {}


def _known(wish: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    unknown = set(wish) - set(names)
    if unknown:
        raise ValueError(f"no setting {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return wish


def control_app(world: World) -> Starlette:
    def route(method: str, path: str, act: Act) -> Route:
        async def endpoint(request: Request) -> Response:
            answer = _answer(world, act, request, await request.body())
            if method != "GET":
                world.keep()
            return answer

        return Route(path, endpoint, methods=[method])

    return Starlette(routes=[route(*entry) for entry in (*mail_table(world), *_table(Control(world)))])


def _answer(world: World, act: Act, request: Request, body: bytes) -> Response:
    where = request.path_params
    try:
        mailbox = world.mailbox(where["provider"], where["email"]) if where else None
        answer = act(mailbox, {**request.query_params, **msgspec.json.decode(body or b"{}")})
    except (KeyError, TypeError, ValueError) as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _table(control: Control) -> list[tuple[str, str, Act]]:
    box = "/{provider}/{email}"
    return [
        ("GET", "/mailboxes", control.overview),
        ("POST", "/mailboxes", control.add_mailbox),
        ("POST", "/settings", control.world_settings),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.add_faults),
        ("DELETE", "/faults", control.clear_faults),
        ("GET", "/ledger", control.ledger),
        ("DELETE", "/ledger", control.clear_ledger),
        ("GET", f"{box}/truth", control.truth),
        ("POST", f"{box}/change", control.change),
        ("POST", f"{box}/person", control.person),
        ("POST", f"{box}/folder", control.folder),
        ("POST", f"{box}/group", control.group),
        ("POST", f"{box}/expire-cursors", control.expire_cursors),
        ("POST", f"{box}/tokens", control.tokens),
        ("POST", f"{box}/settings", control.settings),
    ]
