"""What the sandbox answers: bodies and headers as HubSpot writes them.

Source: https://developers.hubspot.com/docs/api-reference/error-handling
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

JSON = "application/json;charset=utf-8"
HTML = "text/html;charset=utf-8"
SCOPES_PAGE = "https://developers.hubspot.com/scopes"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body and headers beside the content type."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that is answered with an error; `body` gets the correlation id when it is sent."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        super().__init__(status)

    def answer(self, correlation_id: str) -> Answer:
        """Return the error as it goes over the wire."""
        body = {key: correlation_id if value is CORRELATION else value for key, value in self.body.items()}
        return Answer(self.status, orjson.dumps(body), headers=self.headers)


CORRELATION = object()


def json_answer(body: object, status: int = 200) -> Answer:
    """Return a JSON answer."""
    return Answer(status, orjson.dumps(body))


def html_answer(status: int, title: str) -> Answer:
    """Return the kind of page an edge server sends instead of JSON."""
    head, center = f"<head><title>{title}</title></head>", f"<center><h1>{title}</h1></center>"
    page = f"<html>\r\n{head}\r\n<body>\r\n{center}\r\n</body>\r\n</html>\r\n"
    return Answer(status, page.encode(), HTML)


def error(status: int, message: str, category: str = "", **more: object) -> Refusal:
    """Return HubSpot's standard error."""
    last = {"category": category} if category else {}
    return Refusal(status, {"status": "error", "message": message, "correlationId": CORRELATION, **more, **last})


def invalid(message: str) -> Refusal:
    """Return the 400 of a request whose parameters or body are wrong."""
    return error(400, message, "VALIDATION_ERROR")


def not_found(message: str = "resource not found", category: str = "") -> Refusal:
    """Return a 404."""
    return error(404, message, category)


def unauthenticated() -> Refusal:
    """Return the 401 of a missing or unknown token."""
    return error(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "INVALID_AUTHENTICATION",
    )


def expired(seconds_ago: int, expired_at: str) -> Refusal:
    """Return the 401 of an access token past its time."""
    return error(
        401,
        f"The OAuth token used to make this call expired {seconds_ago} second(s) ago.",
        "EXPIRED_AUTHENTICATION",
        # The category stands before the context in recordings; order means nothing in JSON.
        context={"expire time": [expired_at]},
    )


def missing_scopes(scopes: tuple[str, ...]) -> Refusal:
    """Return the 403 of a token without any of the scopes a call accepts."""
    return error(
        403,
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": SCOPES_PAGE},
    )


def burst_limited(hub_id: int) -> Refusal:
    """Return the 429 of the ten-second window; HubSpot sends no Retry-After with it."""
    return error(
        429,
        "You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        groupName=f"publicapi:app-api-calls-ten-secondly:1512050:{hub_id}",
    )


def second_limited() -> Refusal:
    """Return the 429 of search."""
    return error(429, "You have reached your secondly limit.", "RATE_LIMITS")


def daily_limited() -> Refusal:
    """Return the 429 of the daily limit."""
    return error(
        429,
        "You have reached your daily limit.",
        errorType="RATE_LIMIT",
        policyName="DAILY",
        requestId="0b1f6a52-3f5d-4a86-a3ed-1f4f2c0d7a11",
    )


def oauth_error(status: str, message: str, error: str) -> Refusal:
    """Return an error of the token endpoints.

    Source: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
    """
    return Refusal(400, {"error": error, "error_description": message, "status": status, "message": message})
