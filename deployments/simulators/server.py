"""Runs the simulators on loopback: one `World`, served over http, https and SMTP from its own thread."""

import asyncio
import contextlib
import logging
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from deployments.simulators.certificate import Certificate, certificate
from deployments.simulators.control import control_app
from deployments.simulators.gate import Gate
from deployments.simulators.google import login as google_login
from deployments.simulators.google.gmail import gmail_app
from deployments.simulators.google.people import people_app
from deployments.simulators.mail.smtp import Conversation
from deployments.simulators.microsoft import login as microsoft_login
from deployments.simulators.microsoft.graph import graph_app
from deployments.simulators.openai.api import openai_app
from deployments.simulators.openai.control import openai_control
from deployments.simulators.openai.service import API_KEY
from deployments.simulators.world import CLIENT_ID, CLIENT_SECRET, World, recall

OWNERS = {"microsoft": "alice@contoso.example", "google": "alice@gmail.example"}
HOST = "127.0.0.1"

# Responses dropped by injected faults are expected: do not log them.
logging.getLogger("uvicorn.error").addFilter(lambda record: "without starting response" not in record.getMessage())


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a client must know. The authority is https, because msal requires it; its CA is `ca_file`."""

    http: str
    https: str
    microsoft_authority: str
    microsoft_graph_url: str
    google_auth_url: str
    google_token_url: str
    google_revoke_url: str
    google_people_url: str
    google_gmail_url: str
    smtp_host: str
    smtp_port: int
    smtp_url: str
    smtps_port: int
    control_url: str
    openai_base_url: str
    ca_file: str
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    openai_api_key: str = API_KEY


@dataclass(frozen=True, slots=True)
class Simulators:
    """The running simulators: their addresses, and the state behind them."""

    urls: Addresses
    world: World

    def announcement(self) -> dict[str, Any]:
        """The addresses and, for each provider's first mailbox, its e-mail address and a valid refresh token."""
        firsts = {provider: self.world.refresh_token(provider) for provider in OWNERS}
        tokens = {f"{provider}_refresh_token": token for provider, token in firsts.items()}
        emails = {f"{provider}_email": self.world.mailbox(provider).email for provider in OWNERS}
        return {**asdict(self.urls), **emails, **tokens}

    def start_over(self, *, contacts: int, seed: int) -> None:
        """Reset to the initial state: for tests that share one instance."""
        self.world.forget()
        inhabited(self.world, contacts=contacts, seed=seed)
        self.announcement()


def app(world: World) -> ASGIApp:
    """`/microsoft/v1.0` is Graph, `/google/v1` the People API, `/google/gmail/v1` Gmail's; the Microsoft sign-in is
    at the root, where msal expects it.
    """
    doors: list[ASGIApp] = []
    gmail = gmail_app(world)
    inside = Starlette(
        routes=[
            Mount("/_control/openai", openai_control(world)),
            Mount("/_control", control_app(world)),
            Mount("/microsoft/v1.0", graph_app(world, lambda: doors[0])),
            Mount("/google/v1", people_app(world)),
            *[Mount(f"/google{way}/gmail/v1", gmail) for way in ("", "/upload", "/resumable/upload")],
            Mount("/openai/v1", openai_app(world)),
            Mount("/google", routes=google_login.login_routes()),
            *microsoft_login.login_routes(),
        ]
    )
    inside.state.world = world
    doors.append(Gate(inside, world))
    return doors[0]


def inhabited(world: World, *, contacts: int = 1000, seed: int = 1) -> World:
    """Add a mailbox at each provider that has none persisted from an earlier run."""
    for provider, email in OWNERS.items():
        if not any(world.of(provider)):
            world.add_mailbox(provider, email, seed=seed, size=contacts)
    return world


@contextlib.contextmanager
def serve(
    *,
    contacts: int = 1000,
    seed: int = 1,
    port: int = 0,
    https_port: int = 0,
    smtp_port: int = 0,
    smtps_port: int = 0,
    latency_ms: float = 0,
    state_dir: Path | None = None,
) -> Iterator[Simulators]:
    """Run the simulators until the block ends. With `state_dir`, their state persists across runs."""
    with contextlib.ExitStack() as stack:
        home = state_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="simulators-")))
        home.mkdir(parents=True, exist_ok=True)
        shown = certificate(home)
        world = inhabited(recall(home / "simulators.json") if state_dir else World(), contacts=contacts, seed=seed)
        world.latency_ms = latency_ms
        wanted = (port, https_port, smtp_port, smtps_port)
        sockets = [stack.enter_context(_listening(one)) for one in wanted]
        ports = [one.getsockname()[1] for one in sockets]
        stack.enter_context(_running(world, sockets, shown))
        running = Simulators(_addresses(ports, shown), world)
        running.announcement()
        stack.callback(world.post.journal.close)
        stack.callback(world.keep)
        world.keep()
        yield running


def _listening(port: int) -> socket.socket:
    """IPPROTO_TCP must be given: asyncio sets TCP_NODELAY only then, and Nagle's algorithm costs 40 ms per answer."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener


def _addresses(ports: list[int], shown: Certificate) -> Addresses:
    port, https_port, smtp_port, smtps_port = ports
    http, https = f"http://{HOST}:{port}", f"https://{HOST}:{https_port}"
    return Addresses(
        http=http,
        https=https,
        microsoft_authority=f"{https}/common",
        microsoft_graph_url=f"{http}/microsoft/v1.0",
        google_auth_url=f"{http}/google/o/oauth2/v2/auth",
        google_token_url=f"{http}/google/token",
        google_revoke_url=f"{http}/google/revoke",
        google_people_url=f"{http}/google/v1",
        google_gmail_url=f"{http}/google/gmail/v1",
        smtp_host=HOST,
        smtp_port=smtp_port,
        smtp_url=f"smtp://{HOST}:{smtp_port}",
        smtps_port=smtps_port,
        openai_base_url=f"{http}/openai/v1",
        control_url=f"{http}/_control",
        ca_file=str(shown.authority),
    )


@contextlib.contextmanager
def _running(world: World, sockets: list[socket.socket], shown: Certificate) -> Iterator[None]:
    served = app(world)
    plain, secret = _server(served), _server(served, str(shown.server))

    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(shown.server)

    async def together() -> None:
        listen = asyncio.get_running_loop().create_server
        sink = await listen(partial(Conversation, world, secure), sock=sockets[2])
        sealed_sink = await listen(partial(Conversation, world), sock=sockets[3], ssl=secure)
        async with sink, sealed_sink:
            await asyncio.gather(plain.serve([sockets[0]]), secret.serve([sockets[1]]))

    thread = threading.Thread(target=asyncio.run, args=(together(),), name="simulators", daemon=True)
    thread.start()
    try:
        while not (plain.started and secret.started):
            if not thread.is_alive():
                raise RuntimeError("the simulators did not start")
            threading.Event().wait(0.005)
        yield
    finally:
        plain.should_exit = secret.should_exit = True
        thread.join(timeout=10)


def _server(served: ASGIApp, certificate_file: str | None = None) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            served,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # no wrapper: the gate needs uvicorn's own `send`
            date_header=False,  # the simulated clock may differ
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate_file,
        )
    )
