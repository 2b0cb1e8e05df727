"""Errors as HTTP answers: ``{"error": {"code", "message", "field"}}`` and ``Retry-After``."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.kernel.errors import WeccError
from gateway.platform.http.codec import encode

_logger = logging.getLogger("wecc.http")
_BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def json_response(value: object, status: int = 200) -> Response:
    """Return ``value`` as JSON that nobody may cache."""
    return Response(
        encode(value), status, {"cache-control": "no-store"}, media_type="application/json"
    )


def error_response(error: WeccError) -> Response:
    """Return ``error`` as a client sees it."""
    body = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    response = json_response(body, error.info.status)
    if error.retry_after_s is not None:
        response.headers["retry-after"] = str(error.retry_after_s)
    return response


def method_not_allowed(allowed: Iterable[str]) -> Response:
    """Return the answer to a method that an address does not know (RFC 9110 section 15.5.6)."""
    response = error_response(WeccError("method_not_allowed"))
    response.headers["allow"] = ", ".join(sorted(allowed))
    return response


def fault_response(error: BaseException, where: str) -> Response:
    """Log an unforeseen ``error`` under a random reference and return only that reference."""
    reference = secrets.token_hex(6)
    _logger.error(
        "fault while answering",
        extra={"reference": reference, "where": where, "kind": type(error).__name__},
        exc_info=error,
    )
    message = f"A fault on our side; it is logged under reference {reference}."
    return error_response(WeccError("internal", message))


async def on_wecc_error(_request: Request, error: Exception) -> Response:
    """Answer a ``WeccError`` raised outside the route table (for Starlette's handlers)."""
    return error_response(error) if isinstance(error, WeccError) else fault_response(error, "")


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """Answer Starlette's own 404 and 405 in our shape (for Starlette's handlers)."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = error_response(WeccError(_BY_STATUS.get(status, "bad_request")))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer anything unforeseen (for Starlette's handlers)."""
    return fault_response(error, request.scope["method"])
