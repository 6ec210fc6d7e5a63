"""Codes and tokens. Tokens describe themselves and are signed, so a restart of the sandbox keeps connections."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.config import SandboxConfig

CODE_SECONDS = 60
SIGNATURE_BYTES = 16
MOST_KNOWN = 1000
PREFIXES = {"access_token": "CN", "refresh_token": "na1-"}

Use = Literal["access_token", "refresh_token"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: who granted what in which portal. `expires_at` is in UTC milliseconds, 0 for never.

    `id` stays the same through refreshes; `generation` rises with each rotated refresh token.
    """

    hub_id: int
    user_id: int
    scopes: tuple[str, ...]
    id: str
    generation: int = 0
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that waits to be exchanged; `challenge` is PKCE's S256, empty without it."""

    grant: Grant
    redirect_uri: str
    challenge: str
    expires_at: int


class Tokens:
    """Issues, reads, rotates and revokes. Codes, revocations and rotations live in memory."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._codes: dict[str, Code] = {}
        self._revoked: set[str] = set()
        self._generations: dict[str, int] = {}
        # A client sends the same token with every request, and checking its signature is a good part of a small one.
        self._known: dict[tuple[str, Use], Grant] = {}
        self.issued = 0

    def new_grant(self, *, hub_id: int, user_id: int, scopes: tuple[str, ...]) -> Grant:
        """Return a grant with an identity of its own."""
        return Grant(hub_id, user_id, scopes, secrets.token_hex(8))

    def issue_code(self, grant: Grant, *, redirect_uri: str, challenge: str, now: int) -> str:
        """Return a single-use code, valid for a minute, bound to the redirect URI."""
        self._codes = {code: kept for code, kept in self._codes.items() if kept.expires_at > now}
        code = "na1-" + "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))
        self._codes[code] = Code(grant, redirect_uri, challenge, now + CODE_SECONDS * 1000)
        return code

    def exchange(self, form: dict[str, str], now: int) -> dict[str, object]:
        """Return the token answer for a code; it is spent by the attempt. Raises Refusal with OAuth's error."""
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires_at <= now:
            raise answers.oauth_error("BAD_AUTH_CODE", "missing or unknown auth code", "invalid_grant")
        if form.get("redirect_uri") != code.redirect_uri:
            raise answers.oauth_error("BAD_REDIRECT_URI", "missing or unknown redirect URI", "invalid_grant")
        # A verifier for a code without a challenge means that somebody took the challenge out on the way.
        # Source: https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
        verifier = form.get("code_verifier", "")
        if not hmac.compare_digest(s256(verifier) if verifier else "", code.challenge):
            raise answers.oauth_error("BAD_CODE_VERIFIER", "missing or invalid code verifier", "invalid_grant")
        return self.issue(code.grant, now)

    def refresh(self, form: dict[str, str], now: int) -> dict[str, object]:
        """Return the token answer for a refresh token. Raises Refusal with invalid_grant where it is not valid."""
        grant = self.read(form.get("refresh_token", ""), "refresh_token")
        if grant is None or not self.is_current(grant):
            raise answers.oauth_error(
                "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked", "invalid_grant"
            )
        if self._config.rotate_refresh_tokens:
            self._generations[grant.id] = grant.generation + 1
        return self.issue(grant, now)

    def issue(self, grant: Grant, now: int) -> dict[str, object]:
        """Return the body of a token answer: a new access token and the grant's current refresh token.

        Source: https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
        """
        self.issued += 1
        generation = max(grant.generation, self._generations.get(grant.id, 0))
        user = {"user_id": grant.user_id} if self._config.include_user_id else {}
        access = Grant(
            grant.hub_id, grant.user_id, grant.scopes, grant.id, self.issued, now + self._config.token_ttl * 1000
        )
        lasting = Grant(grant.hub_id, grant.user_id, grant.scopes, grant.id, generation)
        return {
            "token_type": "bearer",
            "refresh_token": self.sign(lasting, "refresh_token"),
            "access_token": self.sign(access, "access_token"),
            "hub_id": grant.hub_id,
            **user,
            "scopes": list(grant.scopes),
            "expires_in": self._config.token_ttl,
            "token_use": "access_token",
        }

    def is_current(self, grant: Grant) -> bool:
        """Tell whether a refresh token was neither revoked nor replaced."""
        return grant.id not in self._revoked and grant.generation >= self._generations.get(grant.id, 0)

    def revoke(self, token: str) -> None:
        """End the grant of a refresh token; its access tokens live until they expire, as HubSpot's do."""
        grant = self.read(token, "refresh_token")
        if grant is not None:
            self._revoked.add(grant.id)

    def sign(self, grant: Grant, use: Use) -> str:
        """Return a token that says what the grant says."""
        facts = [grant.hub_id, grant.user_id, grant.scopes, grant.id, grant.generation, grant.expires_at]
        payload = orjson.dumps(facts)
        signed = payload + self._signature(payload, use)
        return PREFIXES[use] + base64.urlsafe_b64encode(signed).decode().rstrip("=")

    def read(self, token: str, use: Use) -> Grant | None:
        """Return what a token says, None where this sandbox did not sign it for this use."""
        if (token, use) in self._known:
            return self._known[token, use]
        grant = self._verified(token, use)
        if grant is not None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[token, use] = grant
        return grant

    def _verified(self, token: str, use: Use) -> Grant | None:
        prefix, _, encoded = token.partition(PREFIXES[use])
        if prefix or not encoded:
            return None
        try:
            signed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        payload, signature = signed[:-SIGNATURE_BYTES], signed[-SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(payload, use)):
            return None
        hub_id, user_id, scopes, grant_id, generation, expires_at = orjson.loads(payload)
        return Grant(hub_id, user_id, tuple(scopes), grant_id, generation, expires_at)

    def _signature(self, payload: bytes, use: Use) -> bytes:
        return hmac.digest(self._config.signing_key, use.encode() + payload, "sha256")[:SIGNATURE_BYTES]


def s256(verifier: str) -> str:
    """Return PKCE's challenge of a verifier.

    Source: https://www.rfc-editor.org/rfc/rfc7636#section-4.2
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
