"""The authorization endpoint of both providers: signs the owner in without asking and redirects with a code."""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from deployments.simulators.tokens import Code, Refused
from deployments.simulators.world import CLIENT_ID, World


async def form(request: Request) -> dict[str, str]:
    """The form fields posted to a token endpoint."""
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def authorize(request: Request, world: World, provider: str, *, offline: bool) -> Response:
    """`login_hint` selects the mailbox; without it, the provider's first one."""
    query = request.query_params
    back, state = query.get("redirect_uri", ""), {"state": query.get("state", "")}
    complaint = _complaint(query.get("client_id", ""), back, query.get("response_type", ""))
    if complaint:
        return PlainTextResponse(complaint, status_code=400)
    try:
        answer = _signed_in(query, world, provider, offline=offline)
    except Refused as refusal:
        answer = {"error": refusal.error, "error_description": refusal.reason}
    return _send_back(back, answer | state, query.get("response_mode", "query"))


def _signed_in(query: QueryParams, world: World, provider: str, *, offline: bool) -> dict[str, str]:
    challenge = query.get("code_challenge", "")
    if challenge and query.get("code_challenge_method") != "S256":
        raise Refused("invalid_request", "the code challenge method must be S256")
    try:
        mailbox = world.mailbox(provider, query.get("login_hint", ""))
    except KeyError as unknown:
        raise Refused("login_required", "nobody of this name has a mailbox here") from unknown
    granted = " ".join(name for name in query.get("scope", "").split() if name not in mailbox.without_scopes)
    code = Code(
        provider=provider,
        email=mailbox.email,
        client_id=CLIENT_ID,
        redirect_uri=query.get("redirect_uri", ""),
        challenge=challenge,
        scope=granted,
        nonce=query.get("nonce", ""),
        offline=offline,
    )
    return {"code": world.tokens.new_code(code), "scope": granted}


def _complaint(client_id: str, back: str, response_type: str) -> str:
    if client_id != CLIENT_ID:
        return "There is no such client."
    if response_type != "code":
        return "The response type must be code."
    address = urlsplit(back)
    ours = address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1")
    return "" if ours and not address.fragment else "The redirect address must be https or local."


def _send_back(back: str, answer: dict[str, str], mode: str) -> Response:
    answer = {name: text for name, text in answer.items() if text}
    if mode == "form_post":
        return _posting(back, answer)
    joint = "&" if urlsplit(back).query else "?"
    return RedirectResponse(f"{back}{joint}{urlencode(answer)}", status_code=302)


def _posting(back: str, answer: dict[str, str]) -> Response:
    """A self-submitting form: response_mode form_post, which msal recommends."""
    fields = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(answer[name])}">' for name in answer)
    page = f'<form method="post" action="{escape(back)}">{fields}<noscript><button>Go on</button></noscript></form>'
    return HTMLResponse(f"<!doctype html><title>Signed in</title>{page}<script>document.forms[0].submit()</script>")
