"""What a Gmail request asks for, who asks, and what it costs of the quota."""

import base64
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request

from deployments.simulators.google import errors
from deployments.simulators.google.asking import Answered
from deployments.simulators.mail.letterbox import Item, Letterbox
from deployments.simulators.world import World

EVERYTHING = ("mail.google.com", "gmail.modify")
WRITE = ("gmail.compose", *EVERYTHING)
SEND = ("gmail.send", *WRITE)
READ_DRAFTS = ("gmail.readonly", *WRITE)
READ = ("gmail.readonly", *EVERYTHING)
METADATA = "gmail.metadata"
FIRST_ID = 0x1900_0000_0000_0000
BIGGEST_PAGE = 500
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    "'gmail.googleapis.com' for consumer 'project_number:000000000000'."
)


@dataclass(frozen=True, slots=True)
class GmailAsked:
    """`narrow` says that the token is good for headers only."""

    world: World
    box: Letterbox
    request: Request
    now: float
    narrow: bool

    def parameter(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def size(self, usual: int = 100) -> int:
        text = self.parameter("maxResults") or str(usual)
        if not text.isdecimal() or not int(text):
            raise Answered(errors.gmail(400, message="Invalid value for maxResults."))
        return min(int(text), BIGGEST_PAGE)

    def offset(self) -> int:
        text = self.parameter("pageToken") or "0"
        if not text.isdecimal():
            raise Answered(errors.gmail(400, message="Invalid pageToken"))
        return int(text)

    def draft(self, name: str) -> Item:
        item = self.box.items.get(self.box.names.get(name, ""))
        if item is None or not item.draft:
            raise Answered(errors.gmail(404))
        return item

    def message(self) -> Item:
        item = self.box.items.get(key_of(self.request.path_params["id"]))
        if item is None:
            raise Answered(errors.gmail(404))
        return item


def gmail_asked(request: Request, scopes: tuple[str, ...], units: int) -> GmailAsked:
    world: World = request.app.state.world
    visit = request.scope["visit"]
    if not visit.mailbox:
        raise Answered(errors.gmail(401))
    granted = {name.rstrip("/").rpartition("/")[2] for name in visit.scope.split()}
    narrow = not granted.intersection(scopes) and METADATA in granted and scopes == READ
    if not granted.intersection(scopes) and not narrow:
        raise Answered(errors.gmail(403, "insufficientPermissions", "Request had insufficient authentication scopes."))
    if request.path_params.get("user", "me") not in ("me", visit.mailbox):
        raise Answered(errors.gmail(403, "forbidden", f"Delegation denied for {visit.mailbox}"))
    now = world.now()
    question = GmailAsked(world, world.post.box("google", visit.mailbox, now), request, now, narrow)
    _charge(question, units)
    return question


def _charge(question: GmailAsked, units: int) -> None:
    rules, spent = question.box.rules, question.box.units
    while spent and spent[0][0] <= question.now - rules.minute_s:
        spent.popleft()
    if rules.units_per_minute and sum(cost for _, cost in spent) + units > rules.units_per_minute:
        question.world.ledger.broke(question.box.email, "over_units")
        reason = "rateLimitExceeded" if rules.quota_status == 403 else "userRateLimitExceeded"  # noqa: PLR2004
        raise Answered(errors.gmail(rules.quota_status, reason, QUOTA))
    spent.append((question.now, units))


def message_id(key: str) -> str:
    return f"{FIRST_ID + int(key.removeprefix('m')):x}"


def key_of(identifier: str) -> str:
    try:
        return f"m{int(identifier, 16) - FIRST_ID}"
    except (TypeError, ValueError):
        return ""


def from_json(body: bytes) -> dict[str, Any]:
    try:
        wish: dict[str, Any] = msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except ValueError:
        raise Answered(errors.gmail(400, "parseError", "Parse Error")) from None
    return wish


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
