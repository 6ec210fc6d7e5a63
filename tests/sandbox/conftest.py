"""Sandboxes over real sockets, one thread each; tests of the command line start processes instead."""

import contextlib
import threading
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from hubspot.sandbox.app import create_app
from hubspot.sandbox.config import CLIENT_ID, CLIENT_SECRET, SandboxConfig

TODAY = date(2026, 11, 23)
REDIRECT_URI = "http://localhost:8501"
CONTACTS_PATH = "/crm/objects/2026-09/contacts"


def config(**changes):
    return replace(SandboxConfig(contacts=1200, companies=240, today=TODAY, no_limits=True), **changes)


@contextlib.contextmanager
def serve(app):
    """Serve an ASGI application on a free port of this machine; yields its address."""
    settings = uvicorn.Config(app, port=0, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    ready = threading.Event()

    async def startup(sockets=None, *, begin=server.startup):
        await begin(sockets)
        ready.set()

    server.startup = startup
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


class Client:
    """Asks a sandbox; `token` is used on every call made with `get` and `post`."""

    def __init__(self, http, url, settings):
        self.http = http
        self.url = url
        self.settings = settings
        self.token = None

    def grant(self, **asked):
        answer = self.http.post("/sandbox/token", json=asked)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return answer.json()

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path, **params):
        return self.http.get(path, params=params, headers=self.headers())

    def post(self, path, body=None, **params):
        return self.http.post(path, params=params, json=body or {}, headers=self.headers())

    def search(self, object_type="contacts", **body):
        return self.post(f"/crm/objects/2026-09/{object_type}/search", body)

    def form(self, path, **fields):
        given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}
        return self.http.post(f"/oauth/2026-09/{path}", data=given)

    def walk(self, object_type="contacts", *, limit=100, **params):
        """Return all records of a list walk, page by page."""
        records, after = [], None
        while True:
            cursor = {"after": after} if after else {}
            page = self.get(f"/crm/objects/2026-09/{object_type}", limit=limit, **params, **cursor).json()
            records += page["results"]
            if "paging" not in page:
                return records
            after = page["paging"]["next"]["after"]

    def authorize(self, **changes):
        """Open the consent page."""
        asked = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": "oauth crm.objects.contacts.read"}
        return self.http.get("/oauth/authorize", params={**asked, **changes})

    def decide(self, **changes):
        """Send the consent form; returns the redirect's query parameters, each once."""
        asked = {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": "oauth crm.objects.contacts.read",
            "state": "st&te=1",
            "account": "26107341",
            "decision": "allow",
        }
        answer = self.http.post("/oauth/authorize", data={**asked, **changes})
        assert answer.status_code == 303, answer.text
        return {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def faults(self, *entries):
        answer = self.http.post("/sandbox/faults", json=list(entries))
        assert answer.status_code == 200, answer.text

    def stats(self):
        return self.http.get("/sandbox/stats").json()


@contextlib.contextmanager
def running(**changes):
    settings = config(**changes)
    with serve(create_app(settings, control=True)) as url, httpx.Client(base_url=url, trust_env=False) as http:
        client = Client(http, url, settings)
        client.grant()
        yield client


@pytest.fixture(scope="module")
def shared():
    """Return a client of a sandbox that the tests of a module only read."""
    with running() as client:
        yield client


@pytest.fixture
def client(shared):
    shared.grant()
    return shared


@pytest.fixture
def start():
    """Return a function that starts a sandbox of one's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(**changes))


@pytest.fixture
def serve_app():
    """Return a function that serves what a factory makes of a small configuration without control routes."""
    with contextlib.ExitStack() as stack:

        def start_app(factory, *, wrap=lambda app: app, **changes):
            return stack.enter_context(serve(wrap(factory(config(**changes), control=False))))

        yield start_app
