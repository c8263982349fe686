"""Graph's delta query over the contacts of one folder."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from deployments.simulators import cursors
from deployments.simulators.cursors import ALL, Cursor
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.microsoft import errors, wording
from deployments.simulators.microsoft.asking import BIGGEST_PAGE, Answered, Asked, asked

USUAL_PAGE = 10
SKIP, DELTA = "$skiptoken", "$deltatoken"


@dataclass(frozen=True, slots=True)
class Page:
    items: list[bytes]
    link: str
    cursor: Cursor


async def contacts_delta(request: Request) -> Response:
    question = asked(request)
    folder = question.folder()
    page = _page(question, _cursor(question, folder))
    name = SKIP if page.link == "nextLink" else DELTA
    link = f"{question.url}?{name}={cursors.seal(page.cursor)}"
    body = b'{"@odata.context":"%b","value":[%b],"@odata.%b":"%b"}' % (
        question.context.encode(), b",".join(page.items), page.link.encode(), link.encode(),
    )  # fmt: skip
    return Response(body, media_type="application/json")


def _cursor(question: Asked, folder: str) -> Cursor:
    token = question.parameter(SKIP) or question.parameter(DELTA)
    if not token:
        return _first(question, folder)
    if len(question.request.query_params) > 1:
        question.broke("changed_link")
    return checked(question, folder, token)


def _first(question: Asked, folder: str) -> Cursor:
    question.allow("$select", "$top", "$expand", DELTA)
    top = question.number("$top")
    if top:
        question.broke("top_on_delta")
    mailbox = question.mailbox
    return Cursor(
        mailbox=mailbox.email, generation=mailbox.generation, folder=folder, until=mailbox.now,
        left=top or ALL, size=question.page_size, asked=question.parameter("$select").replace(" ", ""),
    )  # fmt: skip


def checked(question: Asked, folder: str, token: str) -> Cursor:
    try:
        cursor = cursors.unseal(token)
    except cursors.BadCursor:
        raise Answered(errors.graph(400, "ErrorInvalidUrlQuery", "Badly formed token.")) from None
    mailbox = question.mailbox
    if (cursor.mailbox, cursor.folder) != (mailbox.email, folder):
        raise Answered(errors.graph(400, "ErrorInvalidUrlQuery", "The token belongs to another folder."))
    if cursor.generation != mailbox.generation:
        raise Answered(lost(question))
    if cursor.size and not question.page_size:
        question.broke("page_size_not_repeated")
    if question.parameter(DELTA):
        return replace(cursor, until=mailbox.now, offset=0, page=0, left=ALL)
    return cursor


def lost(question: Asked) -> Response:
    """The ways in which Exchange says that it has forgotten where the reader was."""
    style = question.mailbox.reset_style
    if style == "bad_request":
        return errors.graph(400, "syncStateNotFound")
    if style == "location":
        answer = errors.graph(410, "resyncRequired", "Resync required.")
        answer.headers["location"] = f"{question.url}?{DELTA}="
        return answer
    return errors.graph(410)


def _page(question: Asked, cursor: Cursor) -> Page:
    mailbox, keys = question.mailbox, _round(question.mailbox, cursor)
    until = min(cursor.offset + room(question, cursor), len(keys))
    if mailbox.empty_every and cursor.page % mailbox.empty_every == mailbox.empty_every - 1:
        until = cursor.offset
    again = max(0, cursor.offset - mailbox.replays)
    items = _items(mailbox, keys[again:until], cursor, immutable=question.immutable)
    left = cursor.left if cursor.left == ALL else cursor.left - (until - cursor.offset)
    if until >= len(keys) or left == 0:
        return Page(items, "deltaLink", replace(cursor, since=cursor.until, offset=0, page=0, left=ALL))
    return Page(items, "nextLink", replace(cursor, offset=until, page=cursor.page + 1, left=left))


def room(question: Asked, cursor: Cursor) -> int:
    wanted = min(question.page_size or USUAL_PAGE, BIGGEST_PAGE)
    limits = [wanted, question.mailbox.page_size or wanted, wanted if cursor.left == ALL else cursor.left]
    return min(limits)


def _round(mailbox: Mailbox, cursor: Cursor) -> list[str]:
    """Everything, or what the journal says; and with `replays` also some that did not change."""
    if cursor.since == ALL:
        return mailbox.everything(cursor.folder)
    touched = mailbox.since(cursor.since, cursor.until, cursor.folder)
    unchanged = [key for key in mailbox.everything(cursor.folder)[: mailbox.replays] if key not in touched]
    return [*unchanged, *touched]


def _items(mailbox: Mailbox, keys: list[str], cursor: Cursor, *, immutable: bool) -> list[bytes]:
    here = [key for key in keys if mailbox.entries[key].folder == cursor.folder]
    whole = wording.served(mailbox, here, immutable=immutable, select=cursor.asked)
    away = [key for key in keys if mailbox.entries[key].folder != cursor.folder]
    return whole + [
        wording.removed(mailbox, key, cursor.folder, _reason(mailbox, key), immutable=immutable)
        for key in away
        if cursor.since != ALL or mailbox.entries[key].version > cursor.until
    ]


def _reason(mailbox: Mailbox, key: str) -> str:
    last = mailbox.journal[mailbox.entries[key].version - 1]
    return last.name if last.kind == "gone" else "deleted"
