"""The server around the script: what stands in front of it, and routes of our own."""

import functools
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit
from starlette.datastructures import URL
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager
from streamlit.user_info import generate_login_redirect_url

from hubspot.api.oauth import authorization_url
from hubspot.errors import HubSpotError, SettingsError
from hubspot.sandbox.app import create_app as create_sandbox
from hubspot.sandbox.config import SandboxConfig
from hubspot.settings import SAMPLE_CLIENT_ID
from hubspot.ui import (
    audit,
    browser,
    destinations,
    ending,
    files,
    gate,
    housekeeping,
    metrics,
    policy,
    probes,
    services,
    signing_in,
    state,
    waiting_view,
)
from hubspot.ui.guard import Guard, broken
from hubspot.ui.limiter import Limiter

LOG = logging.getLogger(__name__)
HOP_SECONDS = 60


def create_settings() -> dict[str, Any]:
    """Return what `st.App` is made with; ends the process with a sentence where `[auth]` is in the wrong place."""
    try:
        signing_in.check()
    except SettingsError as error:
        sys.exit(str(error))
    # Beside a folder called pages/, Streamlit would run a deep link's page alone until st.navigation was called once.
    PagesManager.uses_pages_directory = False
    return {
        "middleware": [Middleware(Limiter), Middleware(Guard)],
        "routes": routes(),
        "lifespan": lifespan,
        "exception_handlers": {Exception: broken},
    }


def routes() -> list[BaseRoute]:
    """Return the routes beside Streamlit's own."""
    return [
        Route(probes.ALIVE, probes.alive, methods=["GET"]),
        Route(probes.READY, probes.ready, methods=["GET"]),
        Route(signing_in.PATH, sign_in, methods=["GET"]),
        Route("/connect", connect, methods=["GET"]),
        Route("/leave", leave, methods=["GET"]),
        Route(f"{files.PATH}/{{sealed}}", files.download, methods=["GET"]),
        Mount(services.SAMPLE_PATH, app=Sample()),
    ]


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Open the token store. An embedded one ends by itself when the last process that uses it is gone."""
    # Nothing may build the sample portal's address before the port is known; a request tells it more exactly.
    services.listening.port = streamlit.get_option("server.port")
    try:
        services.store()
    except HubSpotError as error:
        # The pages say the same sentence; the server goes on, so that it recovers when the cause is gone.
        LOG.error("%(error)s", {"error": error})
    housekeeping.start()
    metrics.start(services.settings())
    LOG.info("open http://localhost:%(port)s", {"port": services.listening.port})
    ending.watch()
    yield
    await ending.finished()


def sign_in(request: Request) -> Response:
    """Send the browser to the provider that people sign in with, from a click on our own page only."""
    given, asked = services.settings().sign_in, request.query_params
    provider = asked.get("provider", "default")
    if given is None or provider not in given.providers or not gate.is_own_click(request.headers):
        return PlainTextResponse("Open the dashboard and sign in there.", status_code=403, headers=gate.NO_STORE)
    leaving = _see_other(generate_login_redirect_url(provider))
    page, view = destinations.known(asked.get("next")), asked.get("view", "")
    kept = waiting_view.set_cookie(page, view, secure=policy.is_secure(), with_page=True)
    leaving.headers.append("set-cookie", kept)
    return leaving


def connect(request: Request) -> Response:
    """Send the browser to HubSpot's consent page, from a click on our own page only."""
    try:
        return _connect(request)
    except HubSpotError as error:
        LOG.error("connect: %(error)s", {"error": error})
        return PlainTextResponse(str(error), status_code=503)


def leave(request: Request) -> Response:
    """End this browser's session and give it another id, from a click on our own page only."""
    if not gate.is_own_click(request.headers):
        return PlainTextResponse("Open the dashboard, and sign out there.", status_code=403, headers=gate.NO_STORE)
    try:
        asking = request.scope[browser.ASKING]
        seen = state.visit(asking)
        services.services().sessions.sign_out(asking)
    except HubSpotError as error:
        LOG.error("signing out: %(error)s", {"error": error})
        return PlainTextResponse(str(error), status_code=503, headers=gate.NO_STORE)
    # Nobody is left to note where the button of a page was the first to end the session.
    audit.note_signed_out(seen.grants.values())
    page = destinations.PAGES[destinations.known(request.query_params.get("next"))]
    leaving = _see_other(f"{page.path}?said=signed_out")
    leaving.headers.append("set-cookie", browser.set_cookie(browser.new_id(), secure=policy.is_secure()))
    return leaving


def _connect(request: Request) -> Response:
    page, view = destinations.known(request.query_params.get("next")), request.query_params.get("view", "")
    if not _is_own_click(request):
        return PlainTextResponse("Open the dashboard and use Connect HubSpot there.", status_code=403)
    redirect_uri = redirect_uri_for(f"{request.url.scheme}://{request.url.netloc}")
    if _is_same_machine_by_another_name(request.url, redirect_uri):
        told = {"next": page, "hop": _hop_now()} | ({"view": view} if view else {})
        return _see_other(f"{_origin(redirect_uri)}/connect?{urlencode(told)}")
    house = services.services()
    attempt = house.handshake.begin(request.scope[browser.ASKING], page)
    consent = _see_other(
        authorization_url(
            house.settings.authorize_url,
            client_id=house.settings.client_id,
            redirect_uri=redirect_uri,
            scopes=house.settings.scopes,
            optional_scopes=house.settings.optional_scopes,
            state=attempt.state,
            code_challenge=attempt.code_challenge,
        )
    )
    if kept := waiting_view.set_cookie(page, view, secure=policy.is_secure()):
        consent.headers.append("set-cookie", kept)
    return consent


def _is_same_machine_by_another_name(asked: URL, redirect_uri: str) -> bool:
    """Return whether the browser is at 127.0.0.1 or [::1] and comes back to localhost, where its cookie is another.

    Other hosts are left alone: a proxy may have rewritten the name, and one that is really wrong gets its sentence
    on the return.
    """
    return asked.hostname in {"127.0.0.1", "::1"} and urlsplit(redirect_uri).hostname == "localhost"


def redirect_uri_for(origin: str) -> str:
    """Return where HubSpot sends the browser back to; the sample portal goes back to where it came from."""
    given = services.settings()
    if given.is_sample:
        return origin
    return given.redirect_uri or f"http://localhost:{services.listening.port}"


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _see_other(url: str) -> Response:
    return RedirectResponse(url, status_code=303, headers={"cache-control": "no-store"})


def _is_own_click(request: Request) -> bool:
    """Return whether the click was ours: a foreign page must not start a connection.

    A hop from 127.0.0.1 to localhost counts as cross-site, so it carries a short-lived signature of ours.
    """
    return gate.is_own_click(request.headers) or _is_fresh_hop(request.query_params.get("hop", ""))


def _hop_now() -> str:
    now = str(int(time.time()))
    return f"{now}.{services.keyring().sign(now.encode(), 'hop').hex()}"


def _is_fresh_hop(hop: str) -> bool:
    sent_at, _, signature = hop.partition(".")
    try:
        is_ours = services.keyring().verify(sent_at.encode(), bytes.fromhex(signature), "hop")
    except ValueError:
        return False
    return is_ours and abs(time.time() - int(sent_at)) <= HOP_SECONDS


class Sample:
    """The sample portal: consent page and wire of the sandbox, there only while no HubSpot app is configured."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; 404 for everything once a client id is set."""
        app = _sample_app() if services.settings().is_sample else PlainTextResponse("Not Found", status_code=404)
        await app(scope, receive, send)


@functools.cache
def _sample_app() -> ASGIApp:
    config = SandboxConfig(
        seed=services.SAMPLE_SEED,
        contacts=services.SAMPLE_CONTACTS,
        companies=services.SAMPLE_COMPANIES,
        client_id=SAMPLE_CLIENT_ID,
        client_secret=services.sample_secret(),
        # People also come by 127.0.0.1 or by the machine's name.
        same_origin_redirects=True,
    )
    return create_sandbox(config, control=False)
