"""Two processes of the dashboard behind a proxy that sends every request to the next one, with one Redis."""

import base64
import os
from contextlib import ExitStack, closing
from dataclasses import dataclass

import httpx
import pytest
import redis

from tests import running
from tests.browser.round_robin import RoundRobin

pytestmark = pytest.mark.browser
HUB_ID = "26107341"
PORTAL = ("--contacts", 400, "--companies", 80, "--token-ttl", 8)


@dataclass
class Deployment:
    """What the people reach, and where its keys and copies lie."""

    proxy: RoundRobin
    redis_url: str
    copies: object
    hubspot_url: str

    @property
    def hubspot(self):
        return self.hubspot_url.removeprefix("http://")

    def tokens_issued(self):
        with httpx.Client(trust_env=False) as http:
            return sum(http.get(f"{self.hubspot_url}/sandbox/stats").json()["requests"]["token"].values())

    def keys(self):
        with redis.Redis.from_url(self.redis_url) as client:
            return [key for key in client.scan_iter(count=1000) if HUB_ID.encode() in key]

    def files(self):
        return [path for path in self.copies.rglob("*") if path.is_file()]


@pytest.fixture
def deployment(tmp_path):
    with ExitStack() as stack:
        hubspot = stack.enter_context(running.sandbox(tmp_path / "sandbox.log", *PORTAL))
        store = stack.enter_context(running.redis_server(tmp_path))
        ports = [running.free_port(), running.free_port()]
        proxy = stack.enter_context(closing(RoundRobin(ports)))
        copies = tmp_path / "copies"
        settings = {
            **running.settings_of(hubspot),
            "HUBSPOT_REDIRECT_URI": proxy.url,
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            "SNAPSHOT_URI": copies.as_uri(),
        }
        for port in ports:
            home, log = tmp_path / f"home-{port}", tmp_path / f"dashboard-{port}.log"
            stack.enter_context(running.dashboard(home, log, port=port, **settings))
        yield Deployment(proxy, store.url, copies, hubspot.url)


def test_two_replicas_are_one_dashboard(visitors, deployment):
    proxy = deployment.proxy
    visitor = visitors(proxy.url)
    connect_on_one_and_return_to_the_other(visitor, proxy)
    reload_on_either(visitor, proxy)

    proxy.only = None
    visitor.open("/contacts")
    visitor.sees_heading("Contacts")
    assert visitor.rows()[1] > 300
    assert set(proxy.of("/_stcore/stream")) == {0, 1}

    # Nothing loads and nobody clicks: what asks for a token now is the renewal ahead of need.
    before = deployment.tokens_issued()
    running.wait_until(lambda: deployment.tokens_issued() > before, seconds=15, what="a renewal")

    disconnect_on_one_and_look_at_the_other(visitor, proxy)
    assert deployment.keys() == []
    assert deployment.files() == []
    visitor.check(deployment.hubspot)


def connect_on_one_and_return_to_the_other(visitor, proxy):
    proxy.only = 0
    visitor.open()
    visitor.start_connecting()
    proxy.only, before = 1, len(proxy.served)
    visitor.allow()
    visitor.wait_until_loaded()

    assert proxy.of("/connect") == [0]
    returned = [path for path, _ in proxy.served[before:] if "code=" in path]
    assert len(returned) == 1
    assert {backend for _, backend in proxy.served[before:]} == {1}


def reload_on_either(visitor, proxy):
    for proxy.only in (0, 1):
        before = len(proxy.served)
        visitor.page.reload()
        visitor.sees_heading("Overview")
        visitor.wait_until_loaded()
        visitor.sees_charts(8)
        assert ("/_stcore/stream", proxy.only) in [
            (path.partition("?")[0], backend) for path, backend in proxy.served[before:]
        ]


def disconnect_on_one_and_look_at_the_other(visitor, proxy):
    here = visitor.page
    proxy.only = 0
    visitor.open("/contacts")
    visitor.sees_heading("Contacts")
    proxy.only = 1
    there = visitor.tab()
    visitor.open("/contacts")
    visitor.sees_heading("Contacts")

    visitor.page = here
    visitor.menu("Disconnect")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    visitor.sees_heading("See your HubSpot contacts and companies clearly")

    visitor.page = there
    # Its WebSocket still leads to the other replica, which is asked by this click.
    visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Companies").click()
    visitor.sees_heading("See your HubSpot contacts and companies clearly")
    assert visitor.page.get_by_test_id("data-grid-canvas").count() == 0
