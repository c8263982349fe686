"""The OpenAPI description of /api/, with schemas derived from the types of the responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from starlette.responses import Response

from web import api, cookies
from web.context import AppContext
from web.visits import Problem, Visit

AT = "#/components/schemas/{name}"
WORDS = {
    "type": "object",
    "required": ["csrf"],
    "properties": {
        "csrf": {"type": "string", "description": "as /api/session tells it"},
        "words": {
            "type": "string",
            "maxLength": 200,
            "description": "parts of a name, an address, a number, a company, a job, a place or a tag",
        },
        "from": {"type": "integer", "minimum": 0, "maximum": 999_999_999, "description": "how many to pass over"},
    },
}


@dataclass(frozen=True, slots=True)
class Told:
    path: str
    summary: str
    answer: Any
    method: str = "get"

    @property
    def parts(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


ENDPOINTS = (
    Told("/api/session", "Who is signed in, and the token that goes with every POST", api.SessionTold),
    Told("/api/syncs", "The newest syncs that this user may see", Sequence[api.SyncTold]),
    Told("/api/syncs/{sync_id}", "One sync and its plan in numbers", api.PlanTold),
    Told("/api/campaigns", "The newest campaigns that this user may see, with what became of them",
         Sequence[api.CampaignTold]),
    Told("/api/campaigns/{campaign_id}", "One campaign, with what became of it", api.CampaignTold),
    Told("/api/connections", "Connected accounts and how they are", Sequence[api.ConnectionTold]),
    Told("/api/contacts/search", "Contacts by what tells them; by POST, for a name has no place in an address",
         Sequence[api.ContactTold], "post"),
)  # fmt: skip


def show(visit: Visit) -> Response:
    return Response(msgspec.json.encode(described(visit.context)), media_type="application/json")


def described(context: AppContext) -> dict[str, Any]:
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for one, schema in zip(ENDPOINTS, schemas, strict=False):
        paths.setdefault(one.path, {})[one.method] = _operation(one, schema, problem=schemas[-1])
    cookie = {"type": "apiKey", "in": "cookie", "name": cookies.name_of(context, cookies.SESSION)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Contactflow", "version": "1"},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"session": cookie}},
        "security": [{"session": []}],
    }


@cache
def _schemas() -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    return msgspec.json.schema_components([*(one.answer for one in ENDPOINTS), Problem], ref_template=AT)


def _operation(one: Told, schema: dict[str, Any], *, problem: dict[str, Any]) -> dict[str, Any]:
    refused = {"description": "Refused", "content": {"application/problem+json": {"schema": problem}}}
    codes = ["403" if one.method == "post" else "401", *(["404"] if one.parts else [])]
    found: dict[str, Any] = {
        "summary": one.summary,
        "responses": {
            "200": {"description": "Told", "content": {"application/json": {"schema": schema}}},
            **dict.fromkeys(codes, refused),
            "429": {"description": "Too many requests: wait for a minute", "content": {"text/plain": {}}},
        },
    }
    if one.parts:
        found["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in one.parts
        ]
    if one.method == "post":
        found["requestBody"] = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": WORDS}}}
    return found
