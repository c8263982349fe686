"""Answers and errors as OpenAI words them."""

import time
from typing import Any

from starlette.responses import JSONResponse

from deployments.simulators.openai.asking import Asked
from deployments.simulators.openai.billing import Bill
from deployments.simulators.openai.limits import Refused, worded
from deployments.simulators.openai.writing import Written

TYPES = {400: "invalid_request_error", 401: "invalid_request_error", 404: "invalid_request_error", 429: "requests"}
CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded", 503: "server_is_overloaded"}


def error(
    status: int, message: str, *, code: str | None = None, param: str | None = None, kind: str = ""
) -> JSONResponse:
    kind = kind or TYPES.get(status, "server_error")
    told = {"message": message, "type": kind, "param": param, "code": code}
    return JSONResponse({"error": told}, status_code=status)


def by_status(status: int, code: str, headers: dict[str, str]) -> JSONResponse:
    """What a fault asks for."""
    kind = "insufficient_quota" if code == "insufficient_quota" else ""
    answer = error(status, "The simulator was told to fail.", code=code or CODES.get(status), kind=kind)
    answer.headers.update({"x-request-id": "req_refused", **headers})
    return answer


def throttled(refused: Refused, model: str) -> JSONResponse:
    what = {"requests": "requests per min (RPM)", "tokens": "tokens per min (TPM)"}[refused.name]
    about = f"{model} in organization org-simulated on {what}: Limit {refused.limit}"
    if not refused.wait:
        message = f"Request too large for {about}, Requested {refused.requested}."
        return error(
            429,
            f"{message} The input or output tokens must be reduced in order to run successfully.",
            code="rate_limit_exceeded",
            kind=refused.name,
        )
    message = f"Rate limit reached for {about}, Used {refused.used}, Requested {refused.requested}."
    answer = error(
        429, f"{message} Please try again in {worded(refused.wait)}.", code="rate_limit_exceeded", kind=refused.name
    )
    answer.headers["retry-after-ms"] = str(int(refused.wait * 1000) + 1)
    answer.headers["retry-after"] = str(int(refused.wait) + 1)
    return answer


def response(asked: Asked, done: Written, bill: Bill) -> dict[str, Any]:
    ended = {"refusal": "completed", "completed": "completed"}.get(done.ended, "incomplete")
    return {
        "id": f"resp_{bill.request_id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": ended,
        "error": None,
        "incomplete_details": None if ended == "completed" else {"reason": done.ended},
        "instructions": None,
        "max_output_tokens": asked.most,
        "model": bill.model,
        "output": [_message(done, bill, ended)],
        "parallel_tool_calls": True,
        "service_tier": bill.tier,
        "store": asked.stored,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": _usage(bill, "input_tokens", "output_tokens"),
        "metadata": {},
    }


def _message(done: Written, bill: Bill, ended: str) -> dict[str, Any]:
    part: dict[str, Any] = {"type": "output_text", "text": done.text, "annotations": [], "logprobs": []}
    if done.ended == "refusal":
        part = {"type": "refusal", "refusal": done.text}
    return {
        "id": f"msg_{bill.request_id}", "type": "message", "status": ended, "role": "assistant", "content": [part],
    }  # fmt: skip


def _usage(bill: Bill, into: str, out: str) -> dict[str, Any]:
    """The same numbers under the names that each of the two interfaces has for them."""
    return {
        into: bill.input_tokens,
        out: bill.output_tokens,
        "total_tokens": bill.input_tokens + bill.output_tokens,
        f"{into}_details": {"cached_tokens": bill.cached_tokens, "cache_write_tokens": bill.cache_write_tokens},
        f"{out}_details": {"reasoning_tokens": bill.reasoning_tokens},
    }


def completion(done: Written, bill: Bill) -> dict[str, Any]:
    refused = done.ended == "refusal"
    message = {
        "role": "assistant",
        "content": None if refused else done.text,
        "refusal": done.text if refused else None,
    }
    finish = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(done.ended, "stop")
    return {
        "id": f"chatcmpl-{bill.request_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": bill.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": _usage(bill, "prompt_tokens", "completion_tokens"),
        "service_tier": bill.tier,
        "system_fingerprint": "fp_simulated",
    }
