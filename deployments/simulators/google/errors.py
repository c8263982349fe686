"""Errors as the People API and Google's token endpoint word them."""

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

NAMES = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip
MESSAGES = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "Resource has been exhausted (e.g. check quota).",
}
EXPIRED = "Sync token is expired. Clear local cache and retry call without the sync token."
GMAIL_REASONS = {
    400: "invalidArgument", 401: "authError", 403: "rateLimitExceeded", 404: "notFound", 429: "rateLimitExceeded",
}  # fmt: skip
QUOTA = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"subject": "QUOTA_EXCEEDED", "description": "FBS quota limit exceeded"}],
}


def people(status: int, message: str = "", reason: str = "", name: str = "") -> JSONResponse:
    text = message or MESSAGES.get(status, "The simulator was told to fail.")
    error: dict[str, Any] = {"code": status, "message": text, "status": name or NAMES.get(status, "UNKNOWN")}
    if reason:
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "people.googleapis.com",
        }
        error["details"] = [info]
        error["errors"] = [{"message": text, "domain": "usageLimits", "reason": reason}]
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        error["details"] = [QUOTA]
    return JSONResponse({"error": error}, status_code=status)


def expired_sync_token(name: str = "INVALID_ARGUMENT") -> JSONResponse:
    return people(400, EXPIRED, "EXPIRED_SYNC_TOKEN", name)


def gmail(status: int, reason: str = "", message: str = "") -> JSONResponse:
    """As Gmail words it: the reason matters more than the status."""
    told = reason or GMAIL_REASONS.get(status, "backendError")
    text = message or MESSAGES.get(status, "The simulator was told to fail.")
    domain = "usageLimits" if told.endswith("Exceeded") else "global"
    errors = [{"message": text, "domain": domain, "reason": told}]
    error = {"code": status, "message": text, "errors": errors, "status": NAMES.get(status, "UNKNOWN")}
    return JSONResponse({"error": error}, status_code=status)


def sign_in(error: str, reason: str, status: int = 400) -> JSONResponse:
    text = "Token has been expired or revoked." if error == "invalid_grant" else reason
    return JSONResponse(
        {"error": error, "error_description": text}, status_code=401 if error == "invalid_client" else status
    )


def by_status(status: int, code: str = "", *, at_login: bool = False) -> JSONResponse:
    if not at_login:
        return people(status, reason=code)
    return sign_in(
        code or ("internal_failure" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request"),
        "told to fail",
        status,
    )
