"""A small OpenID provider on a port of its own: discovery, authorization, token, keys and the end of its session.

It lets in whoever a test says, without asking; what it is asked for it notes.
Source: https://openid.net/specs/openid-connect-core-1_0.html
"""

import contextlib
import secrets
import threading
import time
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from tests.running import free_port, wait_until

CLIENT = {"client_id": "dashboard", "client_secret": "openid-client-secret"}


class Provider:
    """The provider; `claims` are of whoever signs in next, `error` is what it answers instead of a code."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.claims, self.error, self.is_down = {}, "", False
        self.codes, self.tokens, self.signed_out = {}, [], []

    def lets_in(self, email="mara@firm.example", **claims):
        """Let somebody in from now on; a claim that is None is left out."""
        given = {"sub": f"sub-{email}", "email": email, "email_verified": True, **claims}
        self.claims = {name: value for name, value in given.items() if value is not None}
        self.error, self.is_down = "", False

    def app(self):
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/end", self._end),
            ]
        )

    async def _discovery(self, _):
        if self.is_down:
            return JSONResponse({}, 503)
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "end_session_endpoint": f"{self.url}/end",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _authorize(self, request):
        asked = request.query_params
        if self.error:
            told = {"error": self.error, "error_description": "hush@firm.example said no"}
        else:
            code = f"openid-code-{secrets.token_hex(8)}"
            self.codes[code] = (dict(asked), self.claims)
            told = {"code": code}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**told, 'state': asked['state']})}", 303)

    async def _token(self, request):
        form = await request.form()
        asked, claims = self.codes.pop(form["code"])
        now = int(time.time())
        told = {"iss": self.url, "aud": asked["client_id"], "iat": now, "exp": now + 3600, "nonce": asked["nonce"]}
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, {**told, **claims}, self.key)
        self.tokens.append(id_token)
        return JSONResponse({"access_token": "openid-access", "token_type": "Bearer", "id_token": id_token})

    async def _keys(self, _):
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _end(self, request):
        self.signed_out.append(dict(request.query_params))
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 303)


@contextlib.contextmanager
def openid_provider():
    provider = Provider()
    config = uvicorn.Config(provider.app(), host="127.0.0.1", port=provider.port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, what="the OpenID provider")
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
