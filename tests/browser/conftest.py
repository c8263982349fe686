"""A real browser before a real web process: one of each for all tests here of a worker, and for each test an
organization.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, ViewportSize, expect, sync_playwright

from storage import schema
from storage.organization import sign_ins, tenants
from storage.records import Role
from storage.scope import Scope
from storage.session import Store
from storage.settings import Settings
from storage.sync.syncs import Sync
from tests.conftest import opened
from tests.web.conftest import NotedEngine, served
from tests.web.plans_to_review import waiting_plan
from web.context import AppContext
from web.cookies import SESSION
from web.rendering import environment

MISSING = "There is no chromium on this machine: install it with `apt-get install chromium` to run these tests."
DESK: ViewportSize = {"width": 1280, "height": 800}
STILL = {"reduced_motion": "reduce"}  # colours are what they are, not on their way there
PATIENCE = 60_000.0  # milliseconds: a machine may be busy
expect.set_options(timeout=PATIENCE)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Site:
    """Our web process, and who is at home there."""

    url: str
    store: Store = field(repr=False)
    engine: NotedEngine = field(repr=False)


@dataclass
class Seen:
    """What a browser did that nobody would notice on the page. (Playwright keeps notes of its own in it: no slots.)"""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", self._asked)
        page.on("requestfailed", self._failed)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._interrupted)

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)

    def _failed(self, request: Request) -> None:
        """What a policy forbids is told as a request that failed, and was never sent."""
        if request.failure in {"csp", "net::ERR_BLOCKED_BY_CSP"}:
            self.forbidden.append(request.url)

    def beyond(self, url: str) -> list[str]:
        """What was asked of anybody else."""
        inside = (f"{url}/", "data:", "blob:", "about:")
        return [asked for asked in self.requests if not asked.startswith(inside) and asked not in self.forbidden]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = tmp_path_factory.mktemp("browser") / "contactflow.db"
    with opened(f"sqlite:///{database}") as store:
        schema.upgrade(store)
        engine = NotedEngine()
        with served(AppContext(store, engine, Settings.load(), environment())) as url:
            yield Site(url, store, engine)


@pytest.fixture
def scope(site: Site) -> Scope:
    """Ann, an admin of an organization that no other test knows."""
    with site.store.begin() as session:
        made = tenants.add_organization(session, f"Acme {next(_numbers)}".removesuffix(" 1"))
        tenants.add_user(session, made.slug, "ann@acme.example", role=Role.ADMIN)
        return tenants.scope_of(session, made.slug, "ann@acme.example")


@pytest.fixture
def sync(site: Site, scope: Scope) -> Sync:
    with site.store.begin() as session:
        return waiting_plan(session, scope)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def a_browser(browser: Browser, site: Site, seen: Seen) -> Iterator[Callable[..., BrowserContext]]:
    """A new profile, with options of its own; `scope` is signed in already."""
    made: list[BrowserContext] = []

    def begin(scope: Scope | None = None, **options: object) -> BrowserContext:
        known = {
            "base_url": site.url,
            "viewport": DESK,
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            **STILL,
            **options,
        }
        context = browser.new_context(**known)  # type: ignore[arg-type]
        made.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("page", seen.watch)
        if scope is not None:
            with site.store.begin() as session:
                token = sign_ins.start(session, scope, actor="test", how="test")
            context.add_cookies([{"name": SESSION, "value": token, "url": site.url}])
        return context

    yield begin
    for context in made:
        context.close()


@pytest.fixture
def page(a_browser: Callable[..., BrowserContext], scope: Scope) -> Page:
    """Ann at her desk."""
    return a_browser(scope).new_page()
