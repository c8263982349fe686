"""The sign-in page of both providers: it signs the owner in without a question and sends them back with a code."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from deployments.simulators.tokens import Code
from deployments.simulators.world import CLIENT_ID, World


async def form(request: Request) -> dict[str, str]:
    """What was posted to a token endpoint."""
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def authorize(request: Request, world: World, provider: str, *, offline: bool) -> Response:
    """`login_hint` chooses the mailbox; without it the provider's first one is meant."""
    query = request.query_params
    back = query.get("redirect_uri", "")
    complaint = _complaint(query.get("client_id", ""), back, query.get("response_type", ""))
    if complaint:
        return PlainTextResponse(complaint, status_code=400)
    challenge = query.get("code_challenge", "")
    if challenge and query.get("code_challenge_method") != "S256":
        return _send_back(back, {"error": "invalid_request", "state": query.get("state", "")})
    try:
        mailbox = world.mailbox(provider, query.get("login_hint", ""))
    except KeyError:
        return _send_back(back, {"error": "login_required", "state": query.get("state", "")})
    granted = " ".join(name for name in query.get("scope", "").split() if name not in mailbox.without_scopes)
    code = Code(provider, mailbox.email, CLIENT_ID, back, challenge, granted, query.get("nonce", ""), offline)
    answer = {"code": world.tokens.new_code(code), "state": query.get("state", ""), "scope": granted}
    return _send_back(back, answer)


def _complaint(client_id: str, back: str, response_type: str) -> str:
    if client_id != CLIENT_ID:
        return "There is no such client."
    if response_type != "code":
        return "The response type must be code."
    address = urlsplit(back)
    ours = address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1")
    return "" if ours and not address.fragment else "The redirect address must be https or local."


def _send_back(back: str, answer: dict[str, str]) -> Response:
    joint = "&" if urlsplit(back).query else "?"
    return RedirectResponse(f"{back}{joint}{urlencode({k: v for k, v in answer.items() if v})}", status_code=302)
