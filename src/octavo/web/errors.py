"""HTTP status of every error, and the one JSON shape of an error: `{"message", "reason", "code", "hint"}`.

`message` and `reason` are Jupyter's. An error that nobody raised on purpose gives the client an incident id and the log the traceback.
"""

import logging
import secrets
from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from octavo import errors

log = logging.getLogger("octavo.web")

STATUS: Mapping[type[Exception], int] = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Denied: 403,
    errors.Throttled: 429,
    errors.Invalid: 400,
    errors.TooLarge: 413,
    errors.Unavailable: 503,
    errors.StorageUnavailable: 507,
    errors.OctavoError: 500,
}


def status_of(error: Exception) -> int:
    """The status of the nearest class in `STATUS`, so that a new leaf needs no row."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def json_error(
    status: int,
    message: str,
    *,
    reason: str | None = None,
    code: str = "",
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {"message": message, "reason": reason, "code": code, "hint": hint}
    return Response(msgspec.json.encode(body), status, dict(headers or {}), "application/json")


async def on_octavo_error(request: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, errors.OctavoError)
    headers = {}
    if isinstance(error, errors.Throttled):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return json_error(
        status_of(error),
        error.message,
        reason=getattr(error, "reason", None),
        code=error.code,
        hint=error.hint,
        headers=headers,
    )


async def on_http_exception(request: HTTPConnection, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return json_error(error.status_code, str(error.detail), headers=error.headers)


async def on_unknown_error(request: Request, error: Exception) -> Response:
    incident = secrets.token_hex(4)
    log.error("incident %s at %s %s", incident, request.method, request.url.path, exc_info=error)
    return json_error(
        500, f"Something went wrong in the server (incident {incident}; its log says more).", code="internal"
    )
