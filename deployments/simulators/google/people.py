"""The People API v1 as far as reading contacts goes."""

from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.simulators import cursors
from deployments.simulators.cursors import ALL, Cursor
from deployments.simulators.google import errors, wording
from deployments.simulators.google.asking import Answered, Asked, asked
from deployments.simulators.google.groups import contact_groups
from deployments.simulators.mailbox import Mailbox
from deployments.simulators.world import World

MOST_IN_A_BATCH = 200
OTHERS = 5


async def connections(request: Request) -> Response:
    question = asked(request)
    mask, size = question.mask("personFields"), question.size(100)
    syncing = question.parameter("requestSyncToken") == "true" or bool(question.parameter("syncToken"))
    if syncing and question.parameter("sortOrder") not in ("", "LAST_MODIFIED_ASCENDING"):
        return errors.people(400, "Sort order is not supported with a sync token.")
    if syncing and "metadata" not in mask.split(","):
        question.broke("no_metadata")
    sources = ",".join(sorted(request.query_params.getlist("sources")))
    cursor = question.cursor(question.first(f"{mask}|{question.parameter('sortOrder')}|{sources}|{syncing}"))
    return _page(question, cursor, mask, size, syncing=syncing)


def _page(question: Asked, cursor: Cursor, mask: str, size: int, *, syncing: bool) -> Response:
    mailbox = question.mailbox
    keys = _round(mailbox, cursor)
    until = min(cursor.offset + size, len(keys))
    if mailbox.empty_every and cursor.page % mailbox.empty_every == mailbox.empty_every - 1:
        until = cursor.offset
    shown = keys[max(0, cursor.offset - mailbox.replays) : until]
    if cursor.since == ALL:
        shown = [key for key in shown if _stays(mailbox, key, cursor)]
    people = wording.served(mailbox, shown, mask, syncing=syncing)
    parts = [b'"connections":[%b]' % b",".join(people)] if people else []
    if until < len(keys):
        parts.append(b'"nextPageToken":"%b"' % _sealed(replace(cursor, offset=until, page=cursor.page + 1)))
    elif syncing:
        parts.append(b'"nextSyncToken":"%b"' % _sealed(replace(cursor, since=cursor.until, offset=0, page=0)))
    if cursor.since == ALL:
        count = b"%d" % mailbox.count
        parts += [b'"totalPeople":%b,"totalItems":%b' % (count, count)]
    return Response(b"{%b}" % b",".join(parts), media_type="application/json")


def _round(mailbox: Mailbox, cursor: Cursor) -> list[str]:
    """Everybody, or who the journal names; and with `replays` also some who did not change."""
    if cursor.since == ALL:
        return mailbox.everything()
    touched = mailbox.since(cursor.since, cursor.until)
    unchanged = [key for key in mailbox.everything()[: mailbox.replays] if key not in touched]
    return [key for key in unchanged if not mailbox.entries[key].gone] + touched


def _stays(mailbox: Mailbox, key: str, cursor: Cursor) -> bool:
    """A full round tells of a removal only if it happened while the round was under way."""
    entry = mailbox.entries[key]
    return not entry.gone or entry.version > cursor.until


def _sealed(cursor: Cursor) -> bytes:
    return cursors.seal(cursor).encode()


async def batch_get(request: Request) -> Response:
    question = asked(request)
    mask, names = question.mask("personFields"), request.query_params.getlist("resourceNames")
    if not 1 <= len(names) <= MOST_IN_A_BATCH:
        return errors.people(400, "Between 1 and 200 resource names.")
    return JSONResponse({"responses": [_found(question.mailbox, name, mask.split(",")) for name in names]})


def _found(mailbox: Mailbox, name: str, fields: list[str]) -> dict[str, Any]:
    entry = mailbox.entries.get(wording.key_of(mailbox, name))
    if entry is None or entry.gone:
        missing = {"code": 5, "message": "Requested entity was not found."}
        return {"httpStatusCode": 404, "requestedResourceName": name, "status": missing}
    person = wording.person(entry, fields, syncing=False)
    return {"httpStatusCode": 200, "requestedResourceName": name, "person": person, "status": {}}


async def one_person(request: Request) -> Response:
    question = asked(request)
    fields = question.mask("personFields").split(",")
    name = request.path_params["person"]
    if name == "me":
        return JSONResponse(_owner(question.mailbox, fields))
    answer = _found(question.mailbox, f"people/{name}", fields)
    return JSONResponse(answer["person"]) if "person" in answer else errors.people(404)


def _owner(mailbox: Mailbox, fields: list[str]) -> dict[str, Any]:
    about = {"metadata": {"primary": True, "source": {"type": "PROFILE", "id": str(mailbox.salt)}}}
    whole = {
        "names": [{**about, "displayName": mailbox.email.partition("@")[0].title()}],
        "emailAddresses": [{**about, "value": mailbox.email}],
    }
    return {"resourceName": f"people/{mailbox.salt}", "etag": "%Eg", **{n: whole[n] for n in fields if n in whole}}


async def other_contacts(request: Request) -> Response:
    """People Google collected by itself: a handful of bare addresses that never change."""
    question = asked(request, ("contacts.other.readonly",))
    mask, size = question.mask("readMask"), question.size(100)
    syncing = question.parameter("requestSyncToken") == "true" or bool(question.parameter("syncToken"))
    cursor = question.cursor(question.first(f"others|{mask}|{syncing}"))
    others = [_other(question.mailbox.salt + number) for number in range(OTHERS)] if cursor.since == ALL else []
    until = cursor.offset + size
    body: dict[str, Any] = {"otherContacts": others[cursor.offset : until], "totalSize": len(others)}
    if until < len(others):
        body["nextPageToken"] = cursors.seal(replace(cursor, offset=until))
    elif syncing:
        body["nextSyncToken"] = cursors.seal(replace(cursor, since=cursor.until, offset=0))
    return JSONResponse({name: part for name, part in body.items() if part})


def _other(number: int) -> dict[str, Any]:
    name, address = f"otherContacts/c{number}", f"met{number}@example.net"
    return {"resourceName": name, "etag": "%Eg", "emailAddresses": [{"value": address}]}


async def unknown(_request: Request, _refusal: Exception) -> Response:
    return errors.people(404)


async def answered(_request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Answered):
        raise refusal
    return refusal.response


def people_app(world: World) -> Starlette:
    app = Starlette(
        routes=[
            Route("/people/me/connections", connections),
            Route("/people:batchGet", batch_get),
            Route("/people/{person}", one_person),
            Route("/contactGroups", contact_groups),
            Route("/otherContacts", other_contacts),
        ],
        exception_handlers={Answered: answered, 404: unknown},
    )
    app.state.world = world
    return app
