"""The web application: its routes and middleware."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web import (
    analytics,
    api,
    connections,
    contacts,
    home,
    metrics,
    openapi,
    privacy,
    schedules,
    settings,
    sign_in,
    templates,
    tracking,
)
from web.campaign import campaign_routes
from web.context import AppContext
from web.endpoints import acquainted, deed, guest, guest_deed, nothing_here, page, public, refused
from web.rendering import STATIC
from web.security import Guarded, Limited, headers_of
from web.sync import sync_deeds, sync_page
from web.visits import Refusal, Visit

ROUTES: Sequence[BaseRoute] = (
    Route("/", page(home.show)),
    Route("/healthz", public(home.health)),
    Route("/metrics", public(metrics.show)),
    Route("/sign-in", guest(sign_in.show)),
    Route("/sign-in/organization", guest_deed(sign_in.choose), methods=["POST"]),
    Route("/sign-in/link", guest_deed(sign_in.follow_link), methods=["POST"]),
    Route("/sign-in/link/{token}", guest(sign_in.show_link)),
    Route("/sign-in/{provider}", guest_deed(sign_in.begin), methods=["POST"]),
    Route("/sign-in/{provider}/back", guest(sign_in.back)),
    Route("/sign-out", deed(sign_in.leave), methods=["POST"]),
    Route("/syncs/{sync_id}", page(sync_page.show)),
    Route("/syncs/{sync_id}/pulse", page(sync_page.pulse)),
    Route("/syncs/{sync_id}/search", deed(sync_page.search), methods=["POST"]),
    Route("/syncs/{sync_id}/marks", deed(sync_deeds.mark), methods=["POST"]),
    Route("/syncs/{sync_id}/marks/take-back", deed(sync_deeds.take_back_mark), methods=["POST"]),
    Route("/syncs/{sync_id}/rows/{ordinal}/mark", deed(sync_deeds.mark_one), methods=["POST"]),
    Route("/syncs/{sync_id}/rows/{ordinal}/edit", deed(sync_deeds.edit), methods=["POST"]),
    Route("/syncs/{sync_id}/decide", page(sync_page.before_deciding)),
    Route("/syncs/{sync_id}/approve", deed(sync_deeds.approve), methods=["POST"]),
    Route("/syncs/{sync_id}/reject", deed(sync_deeds.reject), methods=["POST"]),
    Route("/syncs/{sync_id}/take-back", page(sync_page.before_taking_back)),
    Route("/syncs/{sync_id}/take-back", deed(sync_deeds.take_back), methods=["POST"]),
    *campaign_routes.ROUTES,
    Route("/contacts", page(contacts.show)),
    Route("/contacts/search", deed(contacts.search), methods=["POST"]),
    Route("/contacts/{contact_id}", page(contacts.show_one)),
    Route("/contacts/{contact_id}/export", deed(privacy.export), methods=["POST"]),
    Route("/contacts/{contact_id}/erase", page(privacy.before_erasing)),
    Route("/contacts/{contact_id}/erase", deed(privacy.erase), methods=["POST"]),
    Route("/schedules", page(schedules.show)),
    Route("/schedules", deed(schedules.add), methods=["POST"]),
    Route("/schedules/{schedule_id}/change", deed(schedules.change), methods=["POST"]),
    Route("/schedules/{schedule_id}/pause", deed(schedules.pause), methods=["POST"]),
    Route("/schedules/{schedule_id}/resume", deed(schedules.resume), methods=["POST"]),
    Route("/schedules/{schedule_id}/remove", deed(schedules.remove), methods=["POST"]),
    Route("/templates", page(templates.show)),
    Route("/templates", deed(templates.save), methods=["POST"]),
    Route("/templates/new", page(templates.begin)),
    Route("/templates/preview", deed(templates.preview), methods=["POST"]),
    Route("/templates/{template_id}", page(templates.show_one)),
    Route("/settings", page(settings.show)),
    Route("/settings", deed(settings.change), methods=["POST"]),
    Route("/analytics", page(analytics.show)),
    Route("/api/openapi.json", public(openapi.show)),
    Route("/api/session", page(api.session)),
    Route("/api/syncs", page(api.list_syncs)),
    Route("/api/syncs/{sync_id}", page(api.plan)),
    Route("/api/campaigns", page(api.list_campaigns)),
    Route("/api/campaigns/{campaign_id}", page(api.show_campaign)),
    Route("/api/connections", page(api.list_connections)),
    Route("/api/contacts/search", deed(api.search_contacts), methods=["POST"]),
    Route("/connections", page(connections.show)),
    Route("/connections/connect/{provider}", deed(connections.connect), methods=["POST"]),
    Route("/connections/{connection_id}/disconnect", deed(connections.disconnect), methods=["POST"]),
    Route("/connections/{connection_id}/sync", deed(connections.sync_now), methods=["POST"]),
)

# Links in mails: their signed tokens are all that is needed.
IN_MAILS: Sequence[BaseRoute] = (
    Route("/u/{token}", public(tracking.ask_to_unsubscribe), methods=["GET"]),
    Route("/u/{token}", public(tracking.unsubscribe), methods=["POST"]),
    Route("/o/{token}.gif", public(tracking.open_pixel), methods=["GET"]),
    Route("/c/{token}", public(tracking.click), methods=["GET"]),
)

BROKEN = Refusal(
    500,
    "Something went wrong here",
    "Nothing was left half done: try again in a moment. The error is in the log of the web process; contactflow doctor"
    " looks for its cause.",
)
BROKEN_FOR_STRANGERS = Refusal(
    500, "Something went wrong here", "Nothing was left half done: try again in a moment.", to=""
)


class Files(StaticFiles):
    """Static files whose URLs contain a hash of the content, so that browsers may cache them for ever."""

    def file_response(self, *args: Any, **named: Any) -> Response:
        response = super().file_response(*args, **named)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(context: AppContext) -> Starlette:
    app = Starlette(
        routes=[*ROUTES, *IN_MAILS, Mount("/static", Files(directory=STATIC), name="static")],
        middleware=[
            Middleware(Guarded, headers=headers_of(context)),
            Middleware(TrustedHostMiddleware, allowed_hosts=context.hosts, www_redirect=False),
            Middleware(Limited),
        ],
        exception_handlers={HTTPException: _no_page, Exception: _broken},
    )
    app.state.context = context
    return app


def _no_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    refusal = nothing_here() if status == nothing_here().status else Refusal(status, "Not like this", "Go back.")
    return refused(acquainted(request), refusal)


def _is_of_a_mail(request: Request) -> bool:
    return request.url.path.startswith(("/u/", "/o/", "/c/"))


def _broken(request: Request, _error: Exception) -> Response:
    """The page for an unexpected error. It does not look up the session, which may be what fails."""
    context: AppContext = request.app.state.context
    response = refused(Visit(request, context, None, ""), BROKEN_FOR_STRANGERS if _is_of_a_mail(request) else BROKEN)
    response.headers.update(headers_of(context))  # this response bypasses the middleware
    return response
