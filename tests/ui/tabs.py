"""The interface without a browser: this process as the dashboard, on a real token store and a real sandbox.

A `Browser` is a cookie, its `Tab`s run app.py as Streamlit would. Nothing is replaced but the cookie that arrives.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from hubspot import settings as settings_module
from hubspot.api.oauth import Token
from hubspot.connections import embedded
from hubspot.ui import browser, elements, guard, policy, services, web
from tests.running import settings_of, wait_until

ROOT = Path(__file__).parent.parent.parent
ORIGIN = "http://localhost:8501"
HTTPS = "https://dash.example"
APP = {"HUBSPOT_CLIENT_ID": "client-id", "HUBSPOT_CLIENT_SECRET": "client-secret"}
OURS = ("HUBSPOT_", "DASHBOARD_", "REDIS_URL", "SNAPSHOT_URI")
FILE = re.compile(r'href="(/download/[^"]+)"[^>]*>([^<]+)<')
JUMP = re.compile(r"<script>window\.location\.replace\((.*)\)</script>")


@contextlib.contextmanager
def dashboard(home, **environ):
    """Be the dashboard of these settings and no others; what the process shares is dropped before and after."""
    _end()
    with pytest.MonkeyPatch.context() as change:
        for name in [name for name in os.environ if name.startswith(OURS)]:
            change.delenv(name)
        for name, value in {"DASHBOARD_HOME": str(home), **environ}.items():
            change.setenv(name, value)
        # The secrets.toml of whoever runs the tests must not decide what is tested.
        change.setattr(settings_module.load, "__defaults__", (None, Path(home) / "secrets.toml"))
        try:
            yield
        finally:
            _end()


def _end():
    """End the loads that run and close what is open, so that nothing outlives the folder it works in."""
    if services._build.cache_info().currsize:
        end_loads()
        services.services().oauth._http.close()
    if services.store.cache_info().currsize:
        services.store().close()
    if services.settings.cache_info().currsize:
        embedded.leave(services.settings().state_dir / "redis")
    services.forget()
    vars(services.listening).clear()
    policy.content_security_policy.cache_clear()
    web._sample_app.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()


def end_loads():
    """Stop and forget the loads of this process, and wait for the end of their threads."""
    jobs = services.services().jobs
    runs = dict(jobs._runs)
    for hub_id in runs:
        jobs.forget(hub_id)
    assert all(run.ended.wait(30) for run in runs.values())
    # The count of a load that was stopped may still wait for its answer.
    wait_until(lambda: not [thread for thread in threading.enumerate() if "(worker)" in thread.name])
    # A pause that HubSpot asked for belongs to the portal and outlives the load.
    jobs._open_client.__self__._limiters.clear()


class Wire:
    """A running sandbox: what the dashboard needs to use it, and what a test does to it."""

    def __init__(self, server, http):
        self.server, self.http = server, http
        self.hub_id = server.ready["hub_id"]
        self.settings = settings_of(server)

    def faults(self, *entries):
        self.http.post("/sandbox/faults", json=list(entries)).raise_for_status()

    def stats(self):
        return self.http.get("/sandbox/stats").json()

    def token(self, **asked):
        """Return a token without the consent page; `account` is 0 or 1."""
        told = self.http.post("/sandbox/token", json=asked).raise_for_status().json()
        names = ("access_token", "refresh_token", "expires_in", "hub_id", "user_id", "scopes")
        given = {name: told[name] for name in names}
        return Token(**{**given, "scopes": tuple(told["scopes"])})

    def consent(self, address, *, decision="allow", granted=()):
        """Answer the consent page at an authorize address; returns what comes back in the address bar."""
        asked = parse_qsl(urlsplit(address).query)
        form = httpx.QueryParams([*asked, ("account", self.hub_id), ("decision", decision)])
        for scope in granted:
            form = form.add("granted", scope)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.http.post("/oauth/authorize", content=str(form), headers=headers)
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


class Browser:
    """One browser with the dashboard's cookie, or with the one it is given; "" is a browser without."""

    def __init__(self, cookie=None, origin=ORIGIN):
        self.cookie = browser.new_id() if cookie is None else cookie
        self.origin = origin

    @property
    def cookies(self):
        name = browser.cookie_name(secure=self.origin.startswith("https"))
        return {name: self.cookie} if self.cookie else {}

    @property
    def person(self):
        return browser.hashed(self.cookie) if self.cookie else ""

    def connect(self, wire, **asked):
        """Connect a portal without the consent page; returns the grant."""
        house = services.services()
        grant = house.grants.save(wire.token(**asked))
        house.sessions.add(self.person, grant)
        return grant

    def ask_to_connect(self, page="overview"):
        """Click Connect HubSpot; returns the address of the consent page."""
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = ask(f"/connect?next={page}", origin=self.origin, headers=headers)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def fetch(self, address, *, method="GET"):
        """Ask for an address of our own routes, without following where it leads."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return ask(address, method=method, origin=self.origin, headers={"cookie": cookie})

    def open(self, page="overview", **query):
        """Open an address in a new tab; on the return from HubSpot the server has the first word, before the script."""
        if {"code", "error"} & query.keys():
            self.load(f"/?{urlencode(query)}")
        return Tab(self, page, query)

    def load(self, address):
        """Load a page as a browser does, and keep the cookie that it sets."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": cookie}
        page = Route("/", lambda _: HTMLResponse("the page"))
        with patch.object(logging.getLogger("httpx"), "disabled", new=True):  # it is the browser here, not the product
            answer = ask(address, origin=self.origin, headers=headers, routes=[page])
        name = browser.cookie_name(secure=self.origin.startswith("https"))
        # A browser without a cookie takes none.
        self.cookie = self.cookie and answer.cookies.get(name, self.cookie)
        return answer

    def follow(self, destination):
        """Open what a jump leads to."""
        if destination.startswith("/leave"):
            destination = self.load(destination).headers["location"]
        parts = urlsplit(destination)
        return self.open(parts.path.strip("/") or "overview", **dict(parse_qsl(parts.query)))


def ask(path, *, method="GET", origin=ORIGIN, headers=None, routes=()):
    """Ask our middleware and routes, without Streamlit behind them; `routes` stand in for its own."""
    app = Starlette(
        routes=[*web.routes(), *routes],
        middleware=[Middleware(guard.Guard)],
        exception_handlers={Exception: guard.broken},
    )

    async def send():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(send())


class _Launched(PagesManager):
    """AppTest forgets before each run that the launcher told Streamlit not to run pages by themselves."""


class Tab:
    """One tab: runs app.py, and reads what it shows. A tab with an exception in it is a failed test."""

    def __init__(self, browser, page, query):
        self.browser, self.newest_fragment = browser, None
        self.at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        self.at.context["url"] = f"{browser.origin}/"
        self.at.query_params.update(query)
        if page != "overview":
            self.at.switch_page(f"pages/{page}.py")
        self.run()

    def turn_to(self, page):
        """Follow a link of the sidebar, which takes only the portal along."""
        self.at.query_params = {name: value for name, value in self.at.query_params.items() if name == "portal"}
        self.at.switch_page(f"pages/{page}.py")
        return self.run()

    def run(self, fragment=None):
        """Run the whole script, or one fragment of it alone."""
        asked = partial(RerunData, fragment_id_queue=[fragment] if fragment else [])
        known = set(self._fragments)
        with (
            patch("streamlit.testing.v1.local_script_runner.RerunData", asked),
            patch("streamlit.testing.v1.app_test.PagesManager", _Launched),
            patch.object(ContextProxy, "cookies", self.browser.cookies),
        ):
            PagesManager.uses_pages_directory = False
            self.at.run()
        assert not self.at.exception, self.at.exception
        self.newest_fragment = next((each for each in self._fragments if each not in known), self.newest_fragment)
        return self

    @property
    def _fragments(self):
        return self.at._fragment_storage._fragments

    def press(self, key):
        self.at.button(key=key).click()
        return self.run()

    def press_in_fragment(self, key):
        """Press a button of the dialog or fragment that came last, which runs that alone."""
        self.at.button(key=key).click()
        return self.run(self.newest_fragment)

    def choose(self, option):
        """Choose from the menu of the connection card."""
        self.menu.click(option)
        return self.run()

    @property
    def menu(self):
        return next(each for each in self.at.get("menu_button") if each.key == "connection.menu")

    @property
    def elements(self):
        places = self.at._tree.children.values()
        return [element for place in places for element in place if not hasattr(element, "children")]

    @property
    def text(self):
        """Everything that can be read: on the page, in the sidebar, in a dialog; a line for each element."""
        words = ((getattr(each, name, None) for name in ("label", "value")) for each in self.elements)
        return "\n".join(" ".join(word for word in pair if isinstance(word, str)) for pair in words)

    @property
    def titles(self):
        return [each.value for each in self.at.title]

    @property
    def alerts(self):
        """The sentences in coloured boxes."""
        return [each.value for kind in ("info", "warning", "error") for each in self.at.get(kind)]

    @property
    def address(self):
        """The query parameters that the address bar shows."""
        return dict(self.at.query_params)

    @property
    def jump(self):
        """Where this run leads to, when that is all it does; None otherwise."""
        shown = [getattr(each, "value", each) for each in self.elements]
        found = JUMP.fullmatch(shown[0]) if len(shown) == 1 and isinstance(shown[0], str) else None
        return json.loads(found[1]) if found else None

    @property
    def leaving(self):
        """Where a run that has shown something leads to, as signing out does."""
        return next(json.loads(found[1]) for each in self.at.html if (found := JUMP.fullmatch(each.value)))

    @property
    def file(self):
        """The address of the CSV file that the page offers."""
        return self.files["Download CSV"]

    @property
    def files(self):
        """The addresses of the files that the page offers, by the words of their links."""
        return {words: address for each in self.at.html for address, words in FILE.findall(each.value)}

    @property
    def has_script(self):
        """Whether a script runs, but for that of a table's keys."""
        keys = f"<script>{elements.ROW_KEYS_SCRIPT}</script>"
        return any("<script" in each.value for each in self.at.html if each.value != keys)


def stored(house):
    """Return everything the token store holds: names without their prefix, with their values."""
    found, client = {}, house.store.client
    readers = {b"hash": client.hgetall, b"zset": lambda key: client.zrange(key, 0, -1), b"string": client.get}
    for key in client.scan_iter("*"):
        value = readers[client.type(key)](key)
        found[key.decode().removeprefix(house.store.prefix)] = value
    return found


def commonest(records, name):
    """Return the value that most records have of a property, and how many have it."""
    return Counter(record[name] for record in records if record[name]).most_common(1)[0]


def count_line(tab):
    """What stands above the table: "1,204 of 12,431 contacts"."""
    (line,) = (text for text in tab.text.splitlines() if text.strip().startswith("**") and " :gray[of " in text)
    return line.strip().replace("**", "").replace(":gray[", "").rstrip("]")


def rows(tab):
    """How many records the page lists, of which the table shows one page; without such a line, those of the table."""
    shown = len(tab.at.dataframe[0].value)
    if " :gray[of " not in tab.text:
        return shown
    count = int(count_line(tab).split(" of ")[0].replace(",", ""))
    assert shown == min(count, 100)
    return count
