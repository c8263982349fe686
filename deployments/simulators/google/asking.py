"""What a People API request asks for, and who asks."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from deployments.simulators import cursors
from deployments.simulators.cursors import ALL, Cursor
from deployments.simulators.google import errors
from deployments.simulators.google.wording import FIELDS
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.world import World

WEEK = 7 * 24 * 3600
BIGGEST_PAGE = 1000
CONTACTS = ("contacts.readonly", "contacts")


class Answered(Exception):
    """The request is refused with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True, slots=True)
class Asked:
    world: World
    mailbox: Mailbox
    request: Request

    def parameter(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    def size(self, usual: int) -> int:
        text = self.parameter("pageSize") or str(usual)
        if not text.isdecimal() or not 1 <= int(text) <= BIGGEST_PAGE:
            raise Answered(errors.people(400, "Page size must be within range [1, 1000]."))
        return min(int(text), self.mailbox.page_size or int(text))

    def mask(self, name: str) -> str:
        """The fields wanted, in one spelling."""
        fields = sorted({field.strip() for field in self.parameter(name).split(",")} - {""})
        if not fields:
            raise Answered(errors.people(400, f"{name} mask is required. Please specify one or more valid paths."))
        if not FIELDS.issuperset(fields):
            raise Answered(errors.people(400, f"Invalid {name} mask path."))
        return ",".join(fields)

    def broke(self, rule: str) -> None:
        self.world.ledger.broke(self.mailbox.email, rule)

    def cursor(self, first: Cursor) -> Cursor:
        """Where this call reads on; its other parameters must be those of the first call."""
        token = self.parameter("pageToken") or self.parameter("syncToken")
        if not token:
            return first
        try:
            cursor = cursors.unseal(token)
        except cursors.BadCursor:
            raise Answered(errors.people(400, "Invalid token.")) from None
        if (cursor.mailbox, cursor.asked) != (first.mailbox, first.asked):
            self.broke("changed_parameters")
            raise Answered(errors.people(400, "Request parameters must match the first call's."))
        if cursor.generation != first.generation or self.world.now() > cursor.began + WEEK:
            raise Answered(errors.expired_sync_token(_status_name(self.mailbox)))
        if not self.parameter("pageToken"):
            return replace(cursor, until=self.mailbox.now)
        return cursor

    def first(self, asked: str) -> Cursor:
        mailbox = self.mailbox
        return Cursor(
            mailbox.email, mailbox.generation, since=ALL, until=mailbox.now, asked=asked, began=self.world.now()
        )


def _status_name(mailbox: Mailbox) -> str:
    return "FAILED_PRECONDITION" if mailbox.reset_style == "precondition" else "INVALID_ARGUMENT"


def asked(request: Request, scopes: tuple[str, ...] = CONTACTS) -> Asked:
    world: World = request.app.state.world
    visit = request.scope["visit"]
    if not visit.mailbox:
        raise Answered(errors.people(401))
    if not any(name.rpartition("/")[2] in scopes for name in visit.scope.split()):
        message = "Request had insufficient authentication scopes."
        raise Answered(errors.people(403, message, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"))
    return Asked(world, world.mailbox("google", visit.mailbox), request)
