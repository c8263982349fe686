"""A service that gives one answer after the other, asked by a polite client in a time that waiting puts forward."""

from typing import Any

import httpx
import msgspec

from tasks.providers.contacts.landed import decoder
from tasks.providers.polite_client import Chance, Patience, PoliteClient

BASE = "https://mail.test/v1"
START = 1_800_000_000.0
GOOD: dict[str, Any] = {"value": []}
Answer = httpx.Response | Exception | dict[str, Any]


class Shape(msgspec.Struct):
    value: list[msgspec.Raw]


class World:
    """A service that gives the answers of a script, and a clock that only sleeping moves."""

    def __init__(self, *script: Answer, repeat: bool = False) -> None:
        self.script, self.repeat = list(script), repeat
        self.requests: list[httpx.Request] = []
        self.asked_at: list[float] = []
        self.refused: list[str] = []
        self.announced: list[float] = []
        self.now = START
        self.roll = 0.0

    async def access_token(self, *, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
        return f"token{len(self.refused)}"

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.asked_at.append(self.now - START)
        answer = self.script[0] if self.repeat else self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def client(self, *, quiet_until: float = 0.0, **patience: Any) -> PoliteClient:
        return PoliteClient(
            BASE,
            self,
            provider="Service",
            scope="Contacts.Read",
            headers={"Prefer": "manners"},
            connect=lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.answer)),
            patience=Patience(**patience),
            chance=Chance(clock=lambda: self.now, sleep=self.sleep, roll=lambda: self.roll),
            quiet_until=lambda: quiet_until,
            on_quiet=self.announced.append,
        )

    async def get(self, url: str = f"{BASE}/people", **options: Any) -> Shape:
        async with self.client(**options) as client:
            _, shape = await client.get(url, decoder(Shape))
        return shape


def graph(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"error": {"code": code, "message": "of anna@example.com", "innerError": {"request-id": "1"}}}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def people(code: int, reason: str = "", message: str = "", *details: dict[str, Any], **error: Any) -> httpx.Response:
    info = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    body = {"error": {"code": code, "message": message, "details": [*info, *details], **error}}
    return httpx.Response(code, json=body)


def legacy(status: int, reason: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": status, "errors": [{"reason": reason}], "message": "no"}})
