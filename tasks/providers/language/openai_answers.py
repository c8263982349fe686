"""What OpenAI's answers mean, by `/responses` and by `/chat/completions`: a value, or one of the port's errors.

Nothing of an answer's prose gets into an error: it may repeat what the question told of a person.
"""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec
from pydantic import ValidationError

from storage.records import TokenCounts
from tasks.providers.language.model import (
    Billed,
    ModelError,
    Receipt,
    T,
    Throttled,
    Unanswerable,
    Unavailable,
    Unfit,
    Unusable,
)
from tasks.rules.model_pace import Limits, Window

_NO_MODEL = {"model_not_found"}
_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_A_YEAR = 31_536_000.0
_MOST_DIGITS = 15
_CODE = re.compile(r"[a-z0-9_.]{1,60}")
_A_DAY = 86400.0
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_TIMEOUT, _CONFLICT, _TOO_MANY = 408, 409, 429
_CLIENT, _SERVER = 400, 500


def body_of(content: bytes) -> dict[str, Any]:
    """The answer's JSON. One that cannot be read was billed all the same, perhaps."""
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Unavailable("the model's service sent no readable answer", permanent=False, billed=Billed.UNKNOWN)
    return body


def receipt_of(body: dict[str, Any], headers: Mapping[str, str], latency_ms: int) -> Receipt:
    return Receipt(
        tokens=_tokens(_part(body, "usage")),
        model_served=str(body.get("model") or "")[:80],
        tier=str(body.get("service_tier") or "")[:20],
        request_id=headers.get("x-request-id", "")[:80],
        latency_ms=latency_ms,
        limits=limits_of(headers),
    )


def written(body: dict[str, Any], receipt: Receipt) -> str:
    """The text of a whole answer of `/responses`."""
    parts = [part for item in _list(body, "output") for part in _list(item, "content")]
    if any(part.get("type") == "refusal" for part in parts):
        _declined("refusal", receipt)
    if body.get("status") == "incomplete":
        _stopped(str(_part(body, "incomplete_details").get("reason")), receipt)
    if body.get("status") == "failed":
        code = _code(_part(body, "error").get("code"))
        raise Unavailable(
            f"the model failed ({code})", permanent=False, billed=Billed.UNKNOWN, code=code, receipt=receipt
        )
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "output_text")


def chatted(body: dict[str, Any], receipt: Receipt) -> str:
    """The text of a whole answer of `/chat/completions`."""
    choice = next(iter(_list(body, "choices")), {})
    message = _part(choice, "message")
    if message.get("refusal"):
        _declined("refusal", receipt)
    if choice.get("finish_reason") in ("length", "content_filter"):
        _stopped(str(choice["finish_reason"]), receipt)
    return str(message.get("content") or "")


def in_shape(text: str, shape: type[T], receipt: Receipt) -> T:
    try:
        return shape.model_validate_json(text)
    except ValidationError as wrong:
        # A pydantic error quotes the input; only how many things are wrong may be told.
        cause = f"the model's answer is not in the shape asked for ({wrong.error_count()} faults)"
    raise Unfit(cause, permanent=False, billed=Billed.YES, code="malformed", receipt=receipt)


def _declined(code: str, receipt: Receipt) -> NoReturn:
    cause = "the model declines to write this; change the brief or leave this person out"
    raise Unanswerable(cause, permanent=True, billed=Billed.YES, code=code, receipt=receipt)


def _stopped(reason: str, receipt: Receipt) -> NoReturn:
    if reason == "content_filter":
        _declined(reason, receipt)
    cause = "the model's answer was cut short; allow it more tokens"
    raise Unfit(cause, permanent=False, billed=Billed.YES, code="truncated", receipt=receipt)


def refused(status: int, body: Any, headers: Mapping[str, str]) -> ModelError:
    """What an answer other than a success means. `body` is its `error` object."""
    told = body if isinstance(body, dict) else {}
    code = _code(told.get("code") or told.get("type"))
    receipt = Receipt(request_id=headers.get("x-request-id", "")[:80], limits=limits_of(headers))
    about: dict[str, Any] = {"code": code, "status": status, "receipt": receipt}
    if (useless := _useless(status, code)) is not None:
        return Unusable(useless, **about, **_NEVER)
    if status == _TOO_MANY and not _too_large(told):
        wait = asked_wait(headers)
        return Throttled("the model is asked too fast", permanent=False, billed=Billed.NO, wait=wait, **about)
    if status >= _SERVER or status in (_TIMEOUT, _CONFLICT):
        cause = f"the model's service has trouble ({status}); try again later"
        return Unavailable(cause, permanent=False, billed=Billed.UNKNOWN, wait=asked_wait(headers), **about)
    return Unanswerable(f"the model's service will not take this question ({code or status})", **about, **_NEVER)


def _useless(status: int, code: str) -> str | None:
    """Why no question at all will be answered, and what to do."""
    if status < _CLIENT:  # to follow would be to tell whoever is there of people
        return "the model's service points elsewhere: set OPENAI_BASE_URL to where it is"
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        return "the model's service refuses the key: set OPENAI_API_KEY"
    if code in _NO_CREDIT:
        return "there is no credit left with the model's service; top it up"
    if code in _NO_MODEL or status == _NOT_FOUND:
        return "the service has no such model: set CONTACTFLOW_OPENAI_MODEL"
    return None


_NEVER: dict[str, Any] = {"permanent": True, "billed": Billed.NO}


def _too_large(told: Mapping[str, Any]) -> bool:
    """No wait makes room for a question that is larger than a whole minute's tokens."""
    return str(told.get("message")).startswith("Request too large")


def asked_wait(headers: Mapping[str, str]) -> float:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, min(float(headers.get(name, "")) * unit, _A_DAY))
        except ValueError:
            continue
    return 0.0


def limits_of(headers: Mapping[str, str]) -> Limits:
    return Limits(_window(headers, "requests"), _window(headers, "tokens"))


def _window(headers: Mapping[str, str], name: str) -> Window | None:
    limit, remaining = (headers.get(f"x-ratelimit-{what}-{name}", "") for what in ("limit", "remaining"))
    if not all(told.isdecimal() and len(told) <= _MOST_DIGITS for told in (limit, remaining)):
        return None
    return Window(int(limit), int(remaining), seconds(headers.get(f"x-ratelimit-reset-{name}", "")))


def seconds(duration: str) -> float:
    """120ms, 8.64s or 6m0s; 0 for anything else, a year at most."""
    parts = _DURATION.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        return 0.0
    return min(sum((float(number) * _SECONDS[unit] for number, unit in parts), 0.0), _A_YEAR)


def _tokens(usage: dict[str, Any]) -> TokenCounts:
    told_in = _part(usage, "input_tokens_details") or _part(usage, "prompt_tokens_details")
    told_out = _part(usage, "output_tokens_details") or _part(usage, "completion_tokens_details")
    return TokenCounts(
        input=_whole(usage, "input_tokens") or _whole(usage, "prompt_tokens"),
        cached=_whole(told_in, "cached_tokens"),
        cache_write=_whole(told_in, "cache_write_tokens"),
        output=_whole(usage, "output_tokens") or _whole(usage, "completion_tokens"),
        reasoning=_whole(told_out, "reasoning_tokens"),
    )


def _whole(node: dict[str, Any], name: str) -> int:
    value = node.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _part(node: dict[str, Any], name: str) -> dict[str, Any]:
    value = node.get(name)
    return value if isinstance(value, dict) else {}


def _list(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = node.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _code(value: Any) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
