"""Errors as Graph and the Microsoft sign-in word them."""

import uuid
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.responses import JSONResponse

CODES = {
    400: "BadRequest", 401: "InvalidAuthenticationToken", 403: "ErrorAccessDenied", 404: "ErrorItemNotFound",
    410: "SyncStateNotFound", 429: "ApplicationThrottled", 500: "InternalServerError", 502: "BadGateway",
    503: "ServiceUnavailable", 504: "GatewayTimeout",
}  # fmt: skip
MESSAGES = {
    401: "Access token has expired or is not yet valid.",
    404: "The specified object was not found in the store.",
    410: "The sync state generation is not found; generation=605;[highest=841][841][839][840].",
    429: "Application is over its MailboxConcurrency limit.",
}
NUMBERS = {"invalid_grant": 700082, "invalid_client": 7000215, "interaction_required": 50076, "consent_required": 65001}


def graph(status: int, code: str = "", message: str = "") -> JSONResponse:
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    request_id = str(uuid.uuid4())
    inner = {"date": moment, "request-id": request_id, "client-request-id": request_id}
    error = {
        "code": code or CODES.get(status, "UnknownError"),
        "message": message or MESSAGES.get(status, "The simulator was told to fail."),
        "innerError": inner,
    }
    return JSONResponse({"error": error}, status_code=status, headers={"request-id": request_id})


def sign_in(error: str, reason: str, status: int = 400) -> JSONResponse:
    number = NUMBERS.get(error, 90002 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 90033)
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {reason}",
        "error_codes": [number],
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
        "trace_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
    }
    return JSONResponse(body, status_code=401 if error == "invalid_client" else status)


def by_status(status: int, code: str = "", *, at_login: bool = False) -> JSONResponse:
    if not at_login:
        return graph(status, code)
    return sign_in(code or "temporarily_unavailable", "The simulator was told to fail.", status)
