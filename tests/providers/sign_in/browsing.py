"""What an owner's browser does in a sign-in."""

from urllib.parse import parse_qsl, urlsplit

import httpx

from tasks.providers.access.sign_in import SignIn

BACK = "http://localhost:8765/back"


async def browse(sign_in: SignIn) -> dict[str, str]:
    """What the owner's browser brings back."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(sign_in.url)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
