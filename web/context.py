"""What all pages share: the database, Prefect's API, the settings, the templates."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from jinja2 import Environment

from storage import schema
from storage.session import Store, open_store
from storage.settings import Settings
from tasks.providers.flow_runs.engine import Engine
from web.rendering import environment

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class AppContext:
    store: Store
    engine: Engine
    settings: Settings
    templates: Environment

    @property
    def is_secure(self) -> bool:
        """Whether the pages are served over https, so that cookies can be restricted to it."""
        return self.settings.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        return [urlsplit(self.settings.public_url).hostname or "", *LOOPBACK]

    @property
    def sign_in_origins(self) -> list[str]:
        """Origins that forms may submit to: the sign-in services."""
        known = self.settings
        pages = (
            (known.microsoft_client_id, known.microsoft_authority),
            (known.google_client_id, known.google_auth_url),
        )
        return [f"{part.scheme}://{part.netloc}" for client, url in pages if client and (part := urlsplit(url))]


def opened(settings: Settings) -> AppContext:
    store = schema.make_ready(open_store(settings))
    return AppContext(store, Engine(settings.prefect_url), settings, environment())
