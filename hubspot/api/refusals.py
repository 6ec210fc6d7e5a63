"""What HubSpot's 4xx and 5xx answers mean, and the sentences people read about them.

HubSpot's own messages can quote record values and tokens, so they are never shown; its codes and its correlation
id are. Every field of an error body is optional, and bodies from the edge are HTML or plain text.
Source: https://developers.hubspot.com/docs/api-reference/error-handling
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hubspot.api.decoder import decode
from hubspot.errors import MissingScopes, OAuthRefused, RateLimited, ResponseError, Unauthorized, UnreadableResponse

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LIMIT_NAME = re.compile(r"reached your (\w+) limit")
_TRANSIENT = {423, 429, 477}

_OAUTH_SENTENCES = {
    "BAD_AUTH_CODE": "HubSpot's sign-in code was already used or has expired. Connect HubSpot again.",
    "EXPIRED_AUTH_CODE": "HubSpot's sign-in code has expired. Connect HubSpot again.",
    "BAD_REFRESH_TOKEN": "HubSpot no longer accepts this connection: it was removed in HubSpot. Connect HubSpot again.",
    "BAD_HUB": "This HubSpot account was deleted or moved, so the connection ended. Connect HubSpot again.",
    "BAD_CLIENT_ID": "HubSpot does not know this dashboard's app. The operator must check HUBSPOT_CLIENT_ID.",
    "BAD_CLIENT_SECRET": "HubSpot refused this dashboard's app. The operator must check HUBSPOT_CLIENT_SECRET.",
    "BAD_REDIRECT_URI": "HubSpot refused the return address. The operator must make HUBSPOT_REDIRECT_URI and the "
    "redirect URL in the HubSpot app the same, to the letter.",
    "BAD_CODE_VERIFIER": "HubSpot refused the sign-in check (PKCE). Connect HubSpot again; if it happens every time, "
    "the operator can set HUBSPOT_PKCE=off.",
    "BAD_SCOPES": "HubSpot refused the permissions asked for. The operator must compare HUBSPOT_SCOPES with the app.",
    "invalid_grant": "HubSpot no longer accepts this connection. Connect HubSpot again.",
    "invalid_client": "HubSpot refused this dashboard's app. The operator must check HUBSPOT_CLIENT_ID and "
    "HUBSPOT_CLIENT_SECRET.",
    "access_denied": "HubSpot denied access to this account. Connect HubSpot again.",
}


def read_error(status_code: int, headers: Mapping[str, str], content: bytes) -> ResponseError:
    """Read an answer of 4xx or 5xx; `headers` are case-insensitive. Never raises, whatever the body holds."""
    body = _body(content)
    fields = _fields(status_code, headers, body)
    if status_code in {401, 530}:
        return Unauthorized(
            _sentence("HubSpot did not accept the access token. Connect HubSpot again.", fields), **fields
        )
    if status_code == 429 or (status_code == 403 and b"error code: 1015" in content):
        return _rate_limited(body, fields)
    scopes = _scopes(body)
    if status_code == 403 and (scopes or fields["category"] == "MISSING_SCOPES"):
        named = f" ({' or '.join(scopes[:3])})" if scopes else ""
        text = f"HubSpot did not grant a permission this needs{named}. Reconnect to add it; everything else works."
        return MissingScopes(_sentence(text, fields), scopes=scopes, **fields)
    return ResponseError(_sentence(_response_text(status_code, fields["retry_after"]), fields), **fields)


def read_oauth_error(status_code: int, headers: Mapping[str, str], content: bytes) -> ResponseError:
    """Read a refusal of the token endpoints: OAuthRefused where HubSpot names a reason, otherwise as `read_error`."""
    body = _body(content)
    error, status = _code(body, "error"), _code(body, "status")
    if status_code >= 500 or status_code in _TRANSIENT or not (error or status):
        return read_error(status_code, headers, content)
    fields = _fields(status_code, headers, body)
    reasons = (code for code in (status, error) if code in _OAUTH_SENTENCES)
    text = _OAUTH_SENTENCES.get(
        next(reasons, ""), f"HubSpot refused the connection ({error or status}). Connect HubSpot again."
    )
    return OAuthRefused(_sentence(text, fields), error=error, status=status, **fields)


def _rate_limited(body: Mapping[str, Any], fields: dict[str, Any]) -> RateLimited:
    named = _LIMIT_NAME.search(str(body.get("message", "")))
    policy = _code(body, "policyName") or (named.group(1).upper() if named else "")
    text = "HubSpot asks to slow down. This goes on by itself after a short wait."
    if policy == "DAILY":
        text = (
            "This HubSpot account has used up its API calls for today. "
            "They come back at midnight in the account's time zone; what was loaded before is kept."
        )
    return RateLimited(_sentence(text, fields), policy=policy, **fields)


def _response_text(status_code: int, retry_after: float | None) -> str:
    match status_code:
        case 423:
            return "HubSpot has locked these records for a moment. Try again in a few seconds."
        case 477:
            wait = f"about {math.ceil((retry_after or 0) / 60)} minutes" if retry_after else "some hours"
            return f"HubSpot is moving this account to another data center and answers again in {wait}."
        case 403:
            return (
                "HubSpot's network blocked the request. The operator should check this server's address with HubSpot."
            )
        case 414:
            return "HubSpot refused a request with too many properties (414). Choose fewer properties."
        case _ if status_code >= 500:
            return f"HubSpot has a problem of its own ({status_code}). Try again in a minute; nothing was lost."
        case _:
            return f"HubSpot did not accept a request ({status_code}). Trying again will not help; please report this."


def _sentence(text: str, fields: Mapping[str, Any]) -> str:
    return f"{text} HubSpot's reference: {fields['correlation_id']}." if fields["correlation_id"] else text


def _fields(status_code: int, headers: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status_code": status_code,
        "category": _code(body, "category") or _code(body, "errorType"),
        "correlation_id": read_correlation_id(headers) or _code(body, "correlationId"),
        "retry_after": _seconds(headers.get("Retry-After", "")),
    }


def read_correlation_id(headers: Mapping[str, str]) -> str:
    """Return the id HubSpot's support asks for, empty where the answer came without one."""
    found = headers.get("X-HubSpot-Correlation-Id", "")
    return found if _CODE.fullmatch(found) else ""


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    for error in _dicts(body.get("errors")):
        context = error.get("context")
        named = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        found += [scope for scope in named or () if isinstance(scope, str) and _CODE.fullmatch(scope)]
    return tuple(found)


def _dicts(found: Any) -> Iterable[dict[str, Any]]:
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def _body(content: bytes) -> Mapping[str, Any]:
    try:
        body = decode(content)
    except UnreadableResponse:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any], name: str) -> str:
    # Only words: free text can quote what somebody typed.
    found = body.get(name)
    return found if isinstance(found, str) and _CODE.fullmatch(found) else ""


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
