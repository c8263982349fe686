"""Contact groups: what Google calls the tags of contacts."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.simulators import cursors, phrases
from deployments.simulators.cursors import ALL
from deployments.simulators.google.asking import Asked, asked
from deployments.simulators.google.wording import SYSTEM_GROUPS, group_name


async def contact_groups(request: Request) -> Response:
    question = asked(request)
    size = question.size(30)
    cursor = question.cursor(question.first(f"groups|{question.parameter('groupFields')}"))
    groups = _groups(question, cursor.since)
    until = cursor.offset + size
    body: dict[str, Any] = {"contactGroups": groups[cursor.offset : until], "totalItems": len(groups)}
    if until < len(groups):
        body["nextPageToken"] = cursors.seal(replace(cursor, offset=until))
    else:
        body["nextSyncToken"] = cursors.seal(replace(cursor, offset=0, since=cursor.until))
    return JSONResponse({name: part for name, part in body.items() if part})


def _groups(question: Asked, since: int) -> list[dict[str, Any]]:
    """All groups, or those renamed since."""
    mailbox = question.mailbox
    tags = list(phrases.TAGS)
    if since != ALL:
        tags = list(dict.fromkeys(change.key for change in mailbox.journal[since:] if change.kind == "group"))
    own = [_worded(group_name(tag), mailbox.groups.get(tag, tag), "USER_CONTACT_GROUP") for tag in tags]
    system = [_worded(f"contactGroups/{name}", name, "SYSTEM_CONTACT_GROUP") for name in SYSTEM_GROUPS]
    return own if since != ALL else system + own


def _worded(resource: str, name: str, kind: str) -> dict[str, Any]:
    formatted = SYSTEM_GROUPS.get(name, name)
    return {"resourceName": resource, "groupType": kind, "name": name, "formattedName": formatted, "etag": "%Eg"}
