"""Graph's delta query over the mail of one folder."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.simulators import cursors
from deployments.simulators.cursors import ALL, Cursor
from deployments.simulators.microsoft import mail_wording
from deployments.simulators.microsoft.delta import DELTA, SKIP, checked, room
from deployments.simulators.microsoft.mail_asking import MailAsked, mail_asked


async def messages_delta(request: Request) -> Response:
    question = mail_asked(request)
    cursor = _cursor(question, question.folder())
    keys = question.box.since(max(0, cursor.since), cursor.until)
    mailbox = question.asked.mailbox
    until = min(cursor.offset + room(question.asked, cursor), len(keys))
    if mailbox.empty_every and cursor.page % mailbox.empty_every == mailbox.empty_every - 1:
        until = cursor.offset
    shown = keys[max(0, cursor.offset - mailbox.replays) : until]
    items = [told for key in shown if (told := _told(question, key, cursor))]
    over = until >= len(keys)
    following = replace(cursor, offset=until, page=cursor.page + 1)
    if over:
        following = replace(cursor, since=cursor.until, offset=0, page=0)
    link = f"{question.asked.url}?{DELTA if over else SKIP}={cursors.seal(following)}"
    return JSONResponse({"value": items, "@odata.deltaLink" if over else "@odata.nextLink": link})


def _cursor(question: MailAsked, folder: str) -> Cursor:
    asked, box = question.asked, question.box
    token = asked.parameter(SKIP) or asked.parameter(DELTA)
    if not token:
        asked.allow("$select", "$top", "$expand", "$filter", "$orderby", "changeType", DELTA)
        if asked.number("$top"):
            asked.broke("top_on_delta")
        return Cursor(
            mailbox=asked.mailbox.email, generation=asked.mailbox.generation, folder=f"mail/{folder}", until=box.now,
            size=asked.page_size, asked=asked.parameter("$select").replace(" ", ""),
        )  # fmt: skip
    if len(asked.request.query_params) > 1:
        asked.broke("changed_link")
    cursor = checked(asked, f"mail/{folder}", token)
    return replace(cursor, until=box.now) if asked.parameter(DELTA) else cursor


def _told(question: MailAsked, key: str, cursor: Cursor) -> dict[str, Any] | None:
    """The mail if it lies here; that it is gone, if it once lay here and the reader may know it."""
    folder = cursor.folder.removeprefix("mail/")
    item, asked = question.box.seen(key), question.asked
    if item is not None and item.folder == folder:
        select = tuple(name for name in cursor.asked.split(",") if name)
        return mail_wording.message(asked.mailbox, item, immutable=asked.immutable, select=select)
    if cursor.since == ALL or folder not in question.box.folders.get(key, ()):
        return None
    return mail_wording.removed(asked.mailbox, key, folder, immutable=asked.immutable)
