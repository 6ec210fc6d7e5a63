"""HubSpot's three OAuth calls over a real socket: slow, failing or rotating as a test wishes, with a log of calls."""

import collections
import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from hubspot.api.oauth import Token

BAD_REFRESH_TOKEN = {
    "error": "invalid_grant",
    "error_description": "refresh token is invalid, expired or revoked",
    "status": "BAD_REFRESH_TOKEN",
    "message": "refresh token is invalid, expired or revoked",
}


class TokenEndpoint:
    """`answers` are given, in turn, instead of the usual ones to a refresh.

    `delay` seconds pass and `before_answer` runs before a token is issued, `after_issue` between that and its answer.
    """

    def __init__(self):
        self.calls = []
        self.answers = collections.deque()
        self.delay = 0.0
        self.rotates = False
        self.lifetime = 1800
        self.is_down = False
        self.before_answer = lambda: None
        self.after_issue = lambda: None
        self._owners = {}
        self._count = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    @property
    def refreshes(self):
        return [call for call in self.calls if call.get("grant_type") == "refresh_token"]

    @property
    def revoked(self):
        return [call["token"] for call in self.calls if call["path"].endswith("/revoke")]

    @property
    def live(self):
        """The refresh tokens that have not ended."""
        return list(self._owners)

    def issue(self, hub_id=1001, user_id=11, *, expires_in=1800):
        """Return what the exchange of a code would."""
        body = self._tokens((hub_id, user_id))
        return Token(body["access_token"], body["refresh_token"], expires_in, hub_id, user_id, ("oauth",))

    def end(self, refresh_token):
        """Do as an administrator who uninstalls the app."""
        self._owners.pop(refresh_token, None)

    def answer(self, path, form):
        with self._lock:
            self.calls.append({"path": path, **form})
            scripted = self.answers.popleft() if self.answers and form.get("grant_type") == "refresh_token" else None
        time.sleep(self.delay)
        self.before_answer()
        if scripted:
            return scripted
        if path.endswith("/introspect"):
            return 200, self._introspection(form["token"]), {}
        if path.endswith("/revoke"):
            self.end(form["token"])
            return 200, {}, {}
        answer = self._refreshed(form["refresh_token"])
        self.after_issue()
        return answer

    def _refreshed(self, refresh_token):
        with self._lock:
            owner = self._owners.get(refresh_token)
            if owner is None:
                return 400, BAD_REFRESH_TOKEN, {}
            if self.rotates:
                del self._owners[refresh_token]
        return 200, self._tokens(owner, None if self.rotates else refresh_token), {}

    def _tokens(self, owner, refresh_token=None):
        self._count += 1
        refresh_token = refresh_token or f"refresh-{owner[1]}-{self._count}"
        self._owners[refresh_token] = owner
        access_token = f"access-{owner[0]}-{owner[1]}-{self._count}"
        return {
            "access_token": access_token,
            "refresh_token": refresh_token,
            "expires_in": self.lifetime,
            "hub_id": owner[0],
            "scopes": ["oauth"],
        }

    def _introspection(self, token):
        _, hub_id, user_id, _ = token.split("-")
        return {
            "active": True,
            "hub_id": int(hub_id),
            "user_id": int(user_id),
            "user": f"person{user_id}@example.com",
            "hub_domain": f"portal{hub_id}.example.com",
            "scopes": ["oauth"],
        }

    def _handler(endpoint):  # noqa: N805 - the inner class has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if endpoint.is_down:
                    return
                status, body, headers = endpoint.answer(self.path, dict(parse_qsl(content.decode())))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who asked may have been killed
                    self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_):
                pass

        return Handler
