"""What Graph tells of the mail in a mailbox: messages, their bytes, attachments, folders."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.simulators.mail.letterbox import FOLDERS
from deployments.simulators.microsoft import mail_filter, mail_wording
from deployments.simulators.microsoft.asking import BIGGEST_PAGE
from deployments.simulators.microsoft.mail_asking import mail_asked

USUAL_PAGE = 10


async def listed(request: Request) -> Response:
    question = mail_asked(request)
    question.asked.allow("$top", "$skip", "$select", "$filter", "$expand", "$orderby", "$count")
    wanted = mail_filter.read(question.asked.parameter("$filter"), question.box)
    found = wanted.among(question.box, question.folder())
    items = mail_filter.ordered(found, question.asked.parameter("$orderby"))
    skip = question.asked.number("$skip")
    room = question.asked.number("$top") or question.asked.page_size or USUAL_PAGE
    room = min(room, BIGGEST_PAGE, question.asked.mailbox.page_size or BIGGEST_PAGE)
    body: dict[str, Any] = {"value": [question.worded(item) for item in items[skip : skip + room]]}
    if skip + room < len(items):
        body["@odata.nextLink"] = str(request.url.include_query_params(**{"$skip": skip + room}))
    return JSONResponse(body)


async def one(request: Request) -> Response:
    question = mail_asked(request)
    return JSONResponse(question.worded(question.item()))


async def content(request: Request) -> Response:
    return Response(mail_asked(request).item().raw, media_type="text/plain")


async def attachments(request: Request) -> Response:
    return JSONResponse({"value": mail_wording.attachments(mail_asked(request).item())})


async def folders(request: Request) -> Response:
    question = mail_asked(request)
    return JSONResponse({"value": [mail_wording.folder(question.box, name) for name in FOLDERS]})


async def folder(request: Request) -> Response:
    question = mail_asked(request)
    return JSONResponse(mail_wording.folder(question.box, question.folder()))
