"""What a request asks for, whether it comes by `/responses` or by `/chat/completions`."""

import json
from dataclasses import dataclass
from typing import Any

from deployments.simulators.openai import tokens


class BadRequest(Exception):
    """The request is refused with 400."""

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param, self.code = param, code


@dataclass(frozen=True, slots=True)
class Asked:
    model: str
    messages: tuple[tuple[str, str], ...]
    """Role and text, the instructions first."""
    schema: dict[str, Any] | None
    schema_text: str
    strict: bool
    most: int | None
    """Tokens of output at most."""
    tier: str
    cache_key: str
    stored: bool

    @property
    def prompt(self) -> str:
        return "\n".join(text for role, text in self.messages if role not in ("system", "developer"))

    @property
    def prefix(self) -> str:
        """What many requests have in common: the schema and the instructions, before anything that users say."""
        return f"{self.schema_text}\n{self.instructions}"

    @property
    def instructions(self) -> str:
        return "\n".join(text for role, text in self.messages if role in ("system", "developer"))

    @property
    def input_tokens(self) -> int:
        told = sum(tokens.MESSAGE + tokens.count(text) for _, text in self.messages)
        return told + tokens.count(self.schema_text)


def by_responses(body: dict[str, Any]) -> Asked:
    form = (body.get("text") or {}).get("format") or {}
    first = [("developer", body["instructions"])] if body.get("instructions") else []
    return _asked(body, [*first, *_inputs(body.get("input"))], form, body.get("max_output_tokens"), stored=True)


def by_chat(body: dict[str, Any]) -> Asked:
    form = body.get("response_format") or {}
    form = {"type": form.get("type"), **(form.get("json_schema") or {})}
    messages = [(str(one.get("role")), _text(one.get("content"))) for one in _listed(body.get("messages"), "messages")]
    return _asked(body, messages, form, body.get("max_completion_tokens") or body.get("max_tokens"), stored=False)


def _asked(
    body: dict[str, Any], messages: list[tuple[str, str]], form: dict[str, Any], most: Any, *, stored: bool
) -> Asked:
    if not isinstance(body.get("model"), str):
        raise BadRequest("you must provide a model parameter")
    schema = form.get("schema") if form.get("type") == "json_schema" else None
    return Asked(
        model=body["model"],
        messages=tuple(messages),
        schema=schema,
        schema_text=json.dumps(schema, sort_keys=True) if schema else "",
        strict=bool(form.get("strict")),
        most=most,
        tier=body.get("service_tier") or "auto",
        cache_key=body.get("prompt_cache_key") or "",
        stored=bool(body.get("store", stored)),
    )


def _inputs(given: Any) -> list[tuple[str, str]]:
    if isinstance(given, str):
        return [("user", given)]
    return [(str(one.get("role", "user")), _text(one.get("content"))) for one in _listed(given, "input")]


def _listed(given: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise BadRequest(f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")
    return given


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content)
    return str(content or "")
