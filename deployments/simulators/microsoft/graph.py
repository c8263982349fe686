"""Graph v1.0: the owner, folders, contacts, photos; and mail, which has modules of its own."""

import base64
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from deployments.simulators import cursors
from deployments.simulators.mailbox import DEFAULT_FOLDER, Entry
from deployments.simulators.microsoft import errors, wording
from deployments.simulators.microsoft.asking import BIGGEST_PAGE, Answered, Asked, asked
from deployments.simulators.microsoft.batch import batch_endpoint
from deployments.simulators.microsoft.delta import contacts_delta
from deployments.simulators.microsoft.mail import mail_routes
from deployments.simulators.world import World

PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def me(request: Request) -> Response:
    question = asked(request, "User.Read")
    email = question.mailbox.email
    name = email.partition("@")[0].title()
    return JSONResponse(
        {"id": f"owner-{question.mailbox.salt}", "displayName": name, "mail": email, "userPrincipalName": email}
    )


async def folders(request: Request) -> Response:
    """Those in the default folder; Graph v1.0 does not list the default folder itself."""
    question = asked(request)
    parent = question.folder()
    return _listed(
        question,
        [
            wording.folder(question.mailbox, name)
            for name, about in question.mailbox.folders.items()
            if about[1] == parent
        ],
    )


async def folder(request: Request) -> Response:
    question = asked(request)
    return JSONResponse(wording.folder(question.mailbox, question.folder()))


async def folders_delta(request: Request) -> Response:
    """All folders but the default one, or those that came and went since."""
    question = asked(request)
    mailbox = question.mailbox
    token, since = question.parameter("$deltatoken"), 0
    names = [name for name in mailbox.folders if name != DEFAULT_FOLDER]
    if token:
        since = cursors.unseal(token).since
        changed = {change.key for change in mailbox.journal[since:] if change.kind.startswith("folder")}
        names = sorted(changed)
    here = [wording.folder(mailbox, name) for name in names if name in mailbox.folders]
    gone = [{"id": name, "@removed": {"reason": "deleted"}} for name in names if name not in mailbox.folders]
    cursor = cursors.Cursor(mailbox.email, mailbox.generation, since=mailbox.now)
    return JSONResponse(
        {"value": here + gone, "@odata.deltaLink": f"{question.url}?$deltatoken={cursors.seal(cursor)}"}
    )


async def contacts(request: Request) -> Response:
    question = asked(request)
    question.allow("$top", "$skip", "$select", "$count", "$orderby")
    place = question.folder()
    skip = question.number("$skip")
    room = min(
        question.number("$top") or question.page_size or 10, BIGGEST_PAGE, question.mailbox.page_size or BIGGEST_PAGE
    )
    keys = [key for key in question.mailbox.everything(place) if question.mailbox.entries[key].folder == place]
    shown = keys[skip : skip + room]
    items = wording.served(
        question.mailbox, shown, immutable=question.immutable, select=question.parameter("$select").replace(" ", "")
    )
    link = b""
    if skip + room < len(keys):
        url = question.request.url.include_query_params(**{"$skip": skip + room})
        link = b',"@odata.nextLink":"%b"' % str(url).encode()
    body = b'{"@odata.context":"%b","value":[%b]%b}' % (question.context.encode(), b",".join(items), link)
    return Response(body, media_type="application/json")


async def contact(request: Request) -> Response:
    question = asked(request)
    entry = _entry(question)
    [item] = wording.served(
        question.mailbox, [entry.key], immutable=question.immutable, select=question.parameter("$select")
    )
    return Response(item, media_type="application/json")


async def photo(request: Request) -> Response:
    question = asked(request)
    if not _entry(question).card.photo:
        return errors.graph(404, "ErrorItemNotFound", "The photo wasn't found.")
    return Response(PHOTO, media_type="image/png")


def _entry(question: Asked) -> Entry:
    """By an immutable id, or by an ordinary one as long as the contact has not moved."""
    identifier = question.request.path_params["contact"]
    entry = question.mailbox.entries.get(wording.key_of(question.mailbox, identifier))
    if entry is None or entry.gone:
        raise Answered(errors.graph(404))
    box = question.mailbox
    names = [wording.contact_id(box, entry.key, entry.folder, immutable=immutable) for immutable in (True, False)]
    if identifier not in names:
        raise Answered(errors.graph(404))
    return entry


def _listed(question: Asked, items: list[dict[str, Any]]) -> Response:
    """A plain list in pages, with $top and $skip."""
    skip, room = question.number("$skip"), question.number("$top") or 10
    body: dict[str, Any] = {"value": items[skip : skip + room]}
    if skip + room < len(items):
        body["@odata.nextLink"] = str(question.request.url.include_query_params(**{"$skip": skip + room}))
    return JSONResponse(body)


async def unknown(_request: Request, _refusal: Exception) -> Response:
    return errors.graph(400, "BadRequest", "Resource not found for the segment.")


async def answered(_request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Answered):
        raise refusal
    return refusal.response


def routes() -> list[BaseRoute]:
    paths = {
        "/me": me,
        "/me/contactFolders": folders,
        "/me/contactFolders/delta": folders_delta,
        "/me/contactFolders/{folder}": folder,
        "/me/contactFolders/{folder}/childFolders": folders,
        "/me/contactFolders/{folder}/contacts": contacts,
        "/me/contactFolders/{folder}/contacts/delta": contacts_delta,
        "/me/contacts": contacts,
        "/me/contacts/delta": contacts_delta,
        "/me/contacts/{contact}": contact,
        "/me/contacts/{contact}/photo/$value": photo,
    }
    functions = {f"{path}()": endpoint for path, endpoint in paths.items() if path.endswith("/delta")}
    paths = {**functions, **paths}
    everyone = {f"/users/{{user}}{path[3:]}": endpoint for path, endpoint in paths.items() if path != "/me"}
    return [Route(path, endpoint) for path, endpoint in {**paths, **everyone}.items()]


def graph_app(world: World, door: Callable[[], ASGIApp]) -> Starlette:
    batch = Route("/$batch", batch_endpoint(door), methods=["POST"])
    app = Starlette(routes=[batch, *routes(), *mail_routes()], exception_handlers={Answered: answered, 404: unknown})
    app.state.world = world
    return app
