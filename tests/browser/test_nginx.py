"""Two replicas behind a real nginx with the configuration that we ship: TLS, WebSockets, stickiness, logs."""

import base64
import json
import os
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests import running
from tests.reverse_proxy import nginx

pytestmark = [pytest.mark.browser, pytest.mark.nginx]
PORTAL = ("--contacts", 400, "--companies", 80)


@dataclass
class Deployment:
    proxy: object
    hubspot: object
    replicas: list

    def lines(self):
        return [json.loads(line) for line in self.proxy.access_log().splitlines()]

    def replicas_asked(self, path):
        return set(self.replicas_in_turn(path))

    def replicas_in_turn(self, path):
        return [line["replica"] for line in self.lines() if line["path"] == path]


@pytest.fixture
def deployment(tmp_path):
    with ExitStack() as stack:
        hubspot = stack.enter_context(running.sandbox(tmp_path / "sandbox.log", *PORTAL))
        store = stack.enter_context(running.redis_server(tmp_path))
        ports = [running.free_port(), running.free_port()]
        proxy = stack.enter_context(nginx(tmp_path / "nginx", ports))
        settings = {
            **running.settings_of(hubspot),
            "HUBSPOT_REDIRECT_URI": proxy.url,
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            "SNAPSHOT_URI": (tmp_path / "copies").as_uri(),
        }
        replicas = [
            stack.enter_context(
                running.dashboard(tmp_path / f"home-{port}", tmp_path / f"dashboard-{port}.log", port=port, **settings)
            )
            for port in ports
        ]
        yield Deployment(proxy, hubspot, replicas)


def test_people_connect_explore_and_download_through_it_and_outlive_a_replica(visitors, deployment):
    proxy = deployment.proxy
    visitor = visitors(proxy.url, ignore_https_errors=True)
    sockets = []
    visitor.page.on("websocket", lambda socket: sockets.append(urlsplit(socket.url).scheme))

    visitor.connect("/contacts")
    visitor.wait_until_loaded()
    visitor.open("/contacts")
    visitor.sees_heading("Contacts")
    count = visitor.rows()[1]
    assert count > 300
    assert len(visitor.download()[0]) == count

    assert {"__Host-hd_sid"} == {each["name"] for each in visitor.context.cookies() if each["name"].endswith("hd_sid")}
    assert set(sockets) == {"wss"}
    the_browser_stays_with_one_replica(deployment)
    a_killed_replica_is_replaced_by_the_other(visitor, deployment)
    nothing_that_opens_anything_is_written_down(visitor, deployment)
    visitor.check(deployment.hubspot.url.removeprefix("http://"))


def the_browser_stays_with_one_replica(deployment):
    # A WebSocket's line is written when it ends; the pages that were left ended theirs. Connecting gives the browser a
    # new cookie, and perhaps another replica than the page before had.
    asked = set(deployment.replicas_in_turn("/_stcore/stream")[1:])
    assert len(asked) == 1
    assert deployment.replicas_asked("/download/…") == asked


def a_killed_replica_is_replaced_by_the_other(visitor, deployment):
    (asked,) = set(deployment.replicas_in_turn("/_stcore/stream")[1:])
    serving, other = sorted(
        deployment.replicas, key=lambda replica: urlsplit(replica.url).port != int(asked.rpartition(":")[2])
    )
    before = len(deployment.replicas_in_turn("/_stcore/health"))
    serving.kill()
    # The tab comes back by itself, without a reload, and goes on where it was.
    address = urlsplit(other.url).netloc.replace("localhost", "127.0.0.1")
    running.wait_until(
        lambda: any(address in each for each in deployment.replicas_in_turn("/_stcore/health")[before:]),
        what="the other replica",
    )
    visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Companies").click()
    visitor.sees_heading("Companies")
    assert visitor.rows()[1] > 50
    assert len(visitor.download()[0]) > 50
    # What the dead one left unanswered, and what the browser says about that.
    visitor.failures.clear()
    visitor.console.clear()


def nothing_that_opens_anything_is_written_down(visitor, deployment):
    (address,) = {url for url in visitor.requests if "code=" in url}
    query = parse_qs(urlsplit(address).query)
    written = deployment.proxy.access_log() + deployment.proxy.error_log()

    assert [line["path"] for line in deployment.lines() if line["path"] == "/"] != []
    assert query["code"][0] not in written
    assert query["state"][0] not in written
    assert "code=" not in written
    # Whatever went wrong while a replica was dead, nginx quotes no request beside it.
    assert "request:" not in deployment.proxy.error_log()
    assert "referer" not in written
    assert "hd_sid" not in written
    assert {line["path"] for line in deployment.lines() if line["path"].startswith("/download")} == {"/download/…"}


def test_plain_http_leads_to_https_and_what_watches_a_replica_is_not_shown(deployment):
    proxy = deployment.proxy
    with httpx.Client(verify=False, trust_env=False) as http:
        led = http.get(f"{proxy.plain_url}/contacts?portal=1")
        hidden = [http.get(f"{proxy.url}{path}").status_code for path in ("/_stcore/metrics", "/healthz", "/readyz")]
        page = http.get(proxy.url, headers={"Accept": "text/html"})

    assert (led.status_code, led.headers["location"]) == (301, f"{proxy.url}/contacts?portal=1")
    assert hidden == [404, 404, 404]
    assert page.status_code == 200
    assert "max-age" in page.headers["strict-transport-security"]
    assert f"wss://{urlsplit(proxy.url).netloc}" in page.headers["content-security-policy"]
