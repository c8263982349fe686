"""What the client for mail keeps to, whichever service it asks."""

import httpx
import pytest

from tasks.providers.mail.mail_client import MailClient
from tasks.providers.mail.mailer import Refused

BASE = "https://mail.test/v1"


class Tokens:
    async def access_token(self, *, refused: str = "") -> str:
        return "another" if refused else "token"


@pytest.mark.parametrize("link", ["https://evil.test/v1/messages", "http://mail.test/v1/x", "https://mail.test:8443/x"])
async def test_the_token_goes_to_no_other_origin(link: str) -> None:
    asked = list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    def connect() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    async with MailClient(BASE, Tokens(), provider="Service", scope="mail", connect=connect) as client:
        await client.get(f"{BASE}/messages?$skip=10", bytes)
        with pytest.raises(Refused, match="foreign"):
            await client.get(link, bytes)
    assert [str(request.url) for request in asked] == [f"{BASE}/messages?$skip=10"]
