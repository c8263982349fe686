"""Every setting, read once from the environment or `.env`; the only place that looks there.

A setting that is misspelt or malformed stops the program with its name and what was expected.
"""

import os
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from storage.own_secret import own_secret

PREFIX = "CONTACTFLOW_"
SHORTEST_KEY = 16


class SettingsError(Exception):
    """A setting cannot be used. The text names it and says what would do."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Path(".contactflow")
    database_url: str = ""
    secret_keys: SecretStr = SecretStr("")
    public_url: str = ""
    web_port: int = Field(4280, ge=1, le=65535)
    prefect_port: int = Field(4200, ge=1, le=65535)

    microsoft_client_id: str = ""
    microsoft_client_secret: SecretStr = SecretStr("")
    microsoft_authority: str = "https://login.microsoftonline.com/common"
    microsoft_graph_url: str = "https://graph.microsoft.com/v1.0"
    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address, not a secret)
    google_people_url: str = "https://people.googleapis.com/v1"
    google_gmail_url: str = "https://gmail.googleapis.com/gmail/v1"
    openai_api_key: SecretStr = Field(SecretStr(""), validation_alias="OPENAI_API_KEY")
    openai_base_url: str = Field("https://api.openai.com/v1", validation_alias="OPENAI_BASE_URL")
    openai_model: str = "gpt-5.4-mini"
    openai_embedding_model: str = "text-embedding-3-small"
    openai_style: Literal["auto", "responses", "chat"] = "auto"
    model_price: str = Field(
        "",
        pattern=r"^(\d+(\.\d+)?/\d+(\.\d+)?)?$",
        description="INPUT/OUTPUT in USD per million tokens, for a model of one's own",
    )
    smtp_url: str = Field("", repr=False)  # may hold a password
    notify_urls: SecretStr = SecretStr("")
    metrics_token: SecretStr = SecretStr("")

    region: str = Field("", pattern=r"^([A-Z]{2})?$", description="where phone numbers without a country code belong")
    file_limit_mb: int = Field(100, ge=1)
    review_days: int = Field(7, ge=1, le=365)
    undo_days: int = Field(30, ge=0, le=3650)
    run_days: int = Field(30, ge=1, le=3650)
    apply_batch: int = Field(500, ge=1, le=10_000)

    @model_validator(mode="before")
    @classmethod
    def _on_this_machine(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Nobody but us looks at the pages, unless an address is set."""
        port = str(given.get("web_port", ""))  # one that is none is told of by its own name
        return {"public_url": f"http://127.0.0.1:{port if port.isdecimal() else 4280}", **given}

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator(
        "microsoft_authority", "microsoft_graph_url", "google_auth_url", "google_token_url", "google_people_url",
        "google_gmail_url", "openai_base_url", "public_url",
    )  # fmt: skip
    @classmethod
    def _address(cls, url: str) -> str:
        _demand_address(url)
        return url.rstrip("/")

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        if region:
            from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 (only where one is set)

            if region not in SUPPORTED_REGIONS:
                raise ValueError("no country is known by these two letters: DE, US and the like are")
        return region

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: str) -> str:
        with suppress(ValueError):  # its text may quote a password
            parts = urlsplit(url)
            named = parts.scheme in {"smtp", "smtp+starttls", "smtps"} and parts.hostname and parts.port != 0
            if named or not url:
                return url
        raise ValueError("must look like smtp+starttls://USER:PASSWORD@HOST:PORT, smtps://… or smtp://…")

    @field_validator("database_url")
    @classmethod
    def _database(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
        try:
            make_url(url or "sqlite://")
        except (ArgumentError, ValueError):  # their texts may quote a password
            raise ValueError("must look like postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME") from None
        return url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'contactflow.db'}"

    @property
    def prefect_url(self) -> str:
        """Where Prefect answers: the ecosystem's own setting, else the server that we start ourselves."""
        return os.environ.get("PREFECT_API_URL") or self.own_prefect_url

    @property
    def prefect_authorization(self) -> str:
        """What a Prefect server that asks who comes is told, by Prefect's own settings; empty where it asks nobody."""
        if own := os.environ.get("PREFECT_API_AUTH_STRING"):
            return f"Basic {b64encode(own.encode()).decode()}"
        key = os.environ.get("PREFECT_API_KEY")
        return f"Bearer {key}" if key else ""

    @property
    def wants_traces(self) -> bool:
        """Somebody collects them, by OpenTelemetry's own settings."""
        return any(map(os.environ.get, ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")))

    @property
    def has_model(self) -> bool:
        """Somebody gave a key, or named a server of their own, which may want none."""
        default = type(self).model_fields["openai_base_url"].default
        return bool(self.openai_api_key.get_secret_value()) or self.openai_base_url != default

    @property
    def prefect_home(self) -> Path:
        """Of the Prefect server that we start ourselves."""
        return self.home / "prefect"

    @property
    def prefect_database(self) -> Path:
        return self.prefect_home / "prefect.db"

    @property
    def own_prefect_url(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}/api"

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        ours = {name for name, field in cls.model_fields.items() if not field.validation_alias}
        _refuse_unknown([*os.environ, *DotEnvSettingsSource(cls).env_vars], ours)
        _refuse_unfit_of_others()
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None

    def home_made(self) -> Path:
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(f"{PREFIX}HOME: {self.home} cannot be a folder of ours: {error.strerror}") from None
        return self.home

    def _own_secret(self) -> str:
        path = self.home_made() / "secret_keys"
        try:
            return own_secret(path)
        except OSError as error:
            raise SettingsError(f"{PREFIX}SECRET_KEYS: {path} cannot be read or made: {error.strerror}") from None

    def keys(self) -> tuple[str, ...]:
        """The secrets that encrypt, newest first; made under `home` at the first start where none are set."""
        given = self.secret_keys.get_secret_value() or self._own_secret()
        keys = tuple(key.strip() for key in given.split(",") if key.strip())
        if not keys or min(map(len, keys)) < SHORTEST_KEY:
            raise SettingsError(f"{PREFIX}SECRET_KEYS: every key needs at least {SHORTEST_KEY} characters")
        return keys


@lru_cache(maxsize=1)
def settings() -> Settings:
    return Settings.load()


def _refuse_unknown(names: Iterable[str], known: set[str]) -> None:
    """Names count in either case, and whether they stand in the environment or in `.env`."""
    for name in map(str.upper, names):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in known:
            raise SettingsError(
                f"{name} is not a setting; known are {', '.join(sorted(PREFIX + k.upper() for k in known))}"
            )


def _refuse_unfit_of_others() -> None:
    """The ecosystem's own, of which its libraries would complain in tracebacks, and late."""
    try:
        _demand_address(os.environ.get("PREFECT_API_URL") or "http://127.0.0.1")
    except ValueError as wrong:
        raise SettingsError(f"PREFECT_API_URL: {wrong}") from None
    if (path := os.environ.get("SSL_CERT_FILE")) and not os.access(path, os.R_OK):
        raise SettingsError(f"SSL_CERT_FILE: {path} cannot be read")


def _demand_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be an address that starts with http:// or https://")


def _sentence(error: ValidationError) -> str:
    problems = (
        f"{_name('_'.join(map(str, problem['loc'])).upper())}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False)
    )
    return "; ".join(problems)


def _name(field: str) -> str:
    """The ecosystem's own settings bear no prefix of ours."""
    return field if field in {"OPENAI_API_KEY", "OPENAI_BASE_URL"} else PREFIX + field
