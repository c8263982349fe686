"""A token endpoint that answers as it is told to, with a clock of its own."""

from typing import Any
from urllib.parse import parse_qsl

import httpx

from tasks.providers.access.oauth import App, google_app, microsoft_app, refresh
from tasks.providers.polite_client import Chance, Patience

START = 1_800_000_000.0
MICROSOFT = microsoft_app("client", "s3cret", authority="https://login.test/common/")
GOOGLE = google_app(
    "client", "s3cret", auth_url="https://accounts.test/o/oauth2/v2/auth", token_url="https://oauth.test/token"
)
CONTACTS = "https://www.googleapis.com/auth/contacts.readonly"
Answer = httpx.Response | Exception | dict[str, Any]


class Endpoint:
    def __init__(self, *script: Answer, repeat: bool = False) -> None:
        self.script, self.repeat = list(script), repeat
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.posted_at: list[float] = []
        self.now = START

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        self.posts.append((str(request.url), dict(parse_qsl(request.content.decode()))))
        self.posted_at.append(self.now - START)
        answer = self.script[0] if self.repeat else self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    async def refresh(self, app: App = MICROSOFT, *, seconds: float = 900, **how: Any) -> Any:
        chance = Chance(clock=lambda: self.now, sleep=self.sleep, roll=lambda: 0.0)
        patience = Patience(attempts=4, seconds=seconds)
        return await refresh(app, "old-refresh", connect=self.connect, patience=patience, chance=chance, **how)


def issued(**fields: Any) -> dict[str, Any]:
    return {"access_token": "access", "expires_in": 3599, "token_type": "Bearer", **fields}


def refused(error: str, description: str = "", status: int = 400, **fields: Any) -> httpx.Response:
    return httpx.Response(status, json={"error": error, "error_description": description, **fields})
