"""HubSpot's OAuth 2.0: where to send the person, and the four calls with client id and secret.

Source: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from hubspot.api.protocol import INTROSPECT_PATH, REVOKE_PATH, TOKEN_PATH, read_object
from hubspot.api.refusals import read_oauth_error
from hubspot.api.traffic import TRAFFIC
from hubspot.api.transport import Answer, send
from hubspot.errors import UnreadableResponse

TIMEOUT = httpx.Timeout(4.0)  # a person waits for it, and a lock is held meanwhile
USUAL_LIFETIME = 1800
_LONGEST_LIFETIME = 365 * 24 * 3600
# A token has some hundred letters, an introspection as many scopes as HubSpot has.
_LARGEST_ANSWER = 1024 * 1024
_MOST_DIGITS = 18
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Token:
    """What the token endpoint grants; `expires_in` is in seconds from the answer.

    HubSpot may leave out `hub_id` and `user_id`: introspection tells them.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    hub_id: int | None = None
    user_id: int | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Introspection:
    """What HubSpot says of a token; of an unknown one only that it is not active. `user` is an e-mail address.

    `is_user_level` is True for an app whose tokens see what their user may see; an answer without it is of the account.
    """

    active: bool
    hub_id: int | None = None
    user_id: int | None = None
    user: str = field(default="", repr=False)
    hub_domain: str = ""
    scopes: tuple[str, ...] = ()
    is_user_level: bool = False


def authorization_url(  # noqa: PLR0913 - each is a parameter of the URL
    authorize_url: str,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Iterable[str],
    optional_scopes: Iterable[str] = (),
    state: str,
    code_challenge: str | None = None,
) -> str:
    """Return the address of HubSpot's consent page."""
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "optional_scope": " ".join(optional_scopes),
        "state": state,
        "code_challenge": code_challenge or "",
        "code_challenge_method": "S256" if code_challenge else "",
    }
    # HubSpot reads spaces as %20 only, not as the plus sign of forms.
    given = {name: value for name, value in query.items() if value}
    return f"{authorize_url}{'&' if '?' in authorize_url else '?'}{urlencode(given, quote_via=quote)}"


class OAuth:
    """The calls an app makes with its own id and secret.

    All raise OAuthRefused with HubSpot's reason, RateLimited, ResponseError, RequestFailed or UnreadableResponse.
    Nothing is repeated: the caller holds the lock and knows what a second call would cost.
    """

    def __init__(self, http: httpx.Client, api_url: str, client_id: str, client_secret: str) -> None:
        self._http, self._api_url = http, api_url
        self._client_id, self._client_secret = client_id, client_secret

    def exchange_code(self, code: str, *, redirect_uri: str, code_verifier: str | None = None) -> Token:
        """Trade the code of a consent, which works once, for tokens."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if code_verifier:
            form["code_verifier"] = code_verifier
        return self._token(form)

    def refresh(self, refresh_token: str) -> Token:
        """Renew the access token. The answer's refresh token replaces the old one; where it has none, the old stays."""
        with TRAFFIC.refreshing():
            token = self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})
        return token if token.refresh_token else replace(token, refresh_token=refresh_token)

    def introspect(self, token: str) -> Introspection:
        """Ask whose token this is, and whether it is still active."""
        answer = self._post(INTROSPECT_PATH, {"token": token, "token_type_hint": "access_token"})
        return answer.read(read_introspection)

    def revoke(self, refresh_token: str) -> None:
        """End a refresh token; access tokens made from it live on until they expire."""
        self._post(REVOKE_PATH, {"token": refresh_token, "token_type_hint": "refresh_token"})

    def _token(self, form: Mapping[str, str]) -> Token:
        return self._post(TOKEN_PATH, form).read(read_token)

    def _post(self, path: str, form: Mapping[str, str]) -> Answer:
        body = {**form, "client_id": self._client_id, "client_secret": self._client_secret}
        request = self._http.build_request("POST", self._api_url + path, data=body, timeout=TIMEOUT)
        answer = send(self._http, request, largest=_LARGEST_ANSWER)
        if not answer.is_success:
            error = read_oauth_error(answer.status_code, answer.headers, answer.content)
            _log.warning(
                "HubSpot answered %(status)s to POST %(path)s (%(error)s); correlation %(correlation_id)s",
                {
                    "status": error.status_code,
                    "path": path,
                    "error": type(error).__name__,
                    "correlation_id": error.correlation_id or "none",
                },
            )
            raise error
        return answer


def read_token(content: bytes) -> Token:
    """Read the token endpoint's answer; a missing refresh token is empty. Raises UnreadableResponse."""
    body = read_object(content)
    access_token = _text(body, "access_token")
    # Anything else can't be sent in a header.
    if not (access_token and access_token.isascii() and access_token.isprintable()):
        raise UnreadableResponse("HubSpot's answer holds no access token. Connect HubSpot again.")
    expires_in = _whole(body, "expires_in")
    return Token(
        access_token=access_token,
        refresh_token=_text(body, "refresh_token"),
        # HubSpot's own lifetime today; a token that ends sooner is renewed when HubSpot refuses it.
        expires_in=USUAL_LIFETIME if expires_in is None else min(expires_in, _LONGEST_LIFETIME),
        hub_id=_whole(body, "hub_id"),
        user_id=_whole(body, "user_id"),
        scopes=_scopes(body),
    )


def read_introspection(content: bytes) -> Introspection:
    """Read what HubSpot says of a token. Raises UnreadableResponse."""
    body = read_object(content)
    signed = body.get("signed_access_token")
    return Introspection(
        active=body.get("active") is True,
        hub_id=_whole(body, "hub_id"),
        user_id=_whole(body, "user_id"),
        user=_text(body, "user"),
        hub_domain=_text(body, "hub_domain"),
        scopes=_scopes(body),
        is_user_level=isinstance(signed, dict) and signed.get("isUserLevel") is True,
    )


def _scopes(body: Mapping[str, Any]) -> tuple[str, ...]:
    found = body.get("scopes", body.get("scope", ()))
    if isinstance(found, str):
        return tuple(found.split())
    return tuple(scope for scope in found if isinstance(scope, str)) if isinstance(found, list) else ()


def _text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    return found if isinstance(found, str) else ""


def _whole(body: Mapping[str, Any], name: str) -> int | None:
    """Return a number of at least 0; None for anything else, also for one no 64-bit number can hold."""
    found = body.get(name)
    text = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
