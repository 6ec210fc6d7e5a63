"""What happens to tokens, with a HubSpot whose tokens live for seconds and a Redis that can be looked into."""

import base64
import json
import os
import re
import urllib.request

import pytest
import redis

from tests import running

pytestmark = pytest.mark.browser
TTL = 12


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A sandbox whose tokens live for seconds, a redis-server, and a dashboard that knows both by its settings only."""
    folder = tmp_path_factory.mktemp("real")
    options = ["--contacts", 1500, "--companies", 300, "--token-ttl", TTL]
    with running.sandbox(folder / "sandbox.log", *options) as hubspot, running.redis_server(folder) as store:
        settings = {
            **running.settings_of(hubspot),
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        }
        with running.dashboard(folder / "home", folder / "dashboard.log", **settings) as dashboard:
            dashboard.hubspot, dashboard.store, dashboard.folder, dashboard.settings = hubspot, store, folder, settings
            yield dashboard


def control(server, path, body=None):
    request = urllib.request.Request(
        f"{server.hubspot.url}/sandbox/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def refreshes(server):
    return sum(control(server, "stats")["requests"].get("token", {}).values())


def test_each_row_leads_to_its_record_in_hubspot(visitors, servers):
    visitor = visitors(servers.url)
    visitor.connect("/contacts")
    visitor.wait_until_loaded()

    rows, _ = visitor.rows()

    assert all(
        re.fullmatch(r"https://app\.hubspot\.com/contacts/26107341/record/0-1/\d+", row["HubSpot"]) for row in rows
    )


def test_a_token_that_ends_during_use_is_renewed_ahead_of_time_and_unseen(visitors, servers):
    visitor = visitors(servers.url)
    visitor.connect()
    visitor.wait_until_loaded()
    before = refreshes(servers)
    with redis.Redis.from_url(servers.store.url) as client:
        first = running.wait_until(lambda: stored_tokens(client), what="an access token")
        running.wait_until(lambda: stored_tokens(client) not in ({}, first), seconds=TTL + 5, what="its renewal")

    visitor.page.get_by_role("button", name=re.compile("Updated")).click()
    visitor.wait_until_loaded()

    assert 1 <= refreshes(servers) - before <= 2
    assert visitor.page.get_by_role("alert").filter(has_text="ended").count() == 0


def stored_tokens(client):
    found = {key: client.get(key) for key in client.scan_iter("*:at")}
    return {key: sealed for key, sealed in found.items() if sealed}


def test_a_revoked_connection_says_that_it_ended_and_leaves_nothing(visitors, servers):
    visitor = visitors(servers.url)
    visitor.connect()
    visitor.wait_until_loaded()
    control(servers, "faults", [{"route": "token", "kind": "invalid_grant", "times": 1}])
    client = redis.Redis.from_url(servers.store.url)
    running.wait_until(lambda: not list(client.scan_iter("*:at")), seconds=TTL + 5, what="the token's end")

    visitor.page.get_by_role("button", name=re.compile("Updated")).click()

    visitor.sees("The connection ended in HubSpot")
    visitor.page.get_by_test_id("stMain").get_by_role("link", name="Connect HubSpot").wait_for()
    snapshots = servers.folder / "home" / "state" / "snapshots"
    running.wait_until(lambda: not [path for path in snapshots.rglob("*") if path.is_file()], what="the copy's end")
    client.close()


def test_no_secret_lies_in_clear_in_logs_redis_files_or_the_state_folder(visitors, servers):
    visitor = visitors(servers.url)
    visitor.connect("/contacts")
    visitor.wait_until_loaded()
    downloaded, _ = visitor.download()
    redirects = [url for url in visitor.requests if "code=" in url and "code_challenge" not in url]
    secrets = {part for url in redirects for part in re.findall(r"(?:code|state)=([^&]+)", url)}
    assert len(secrets) >= 2
    secrets |= {servers.settings["HUBSPOT_CLIENT_SECRET"], servers.settings["DASHBOARD_KEYS"].split(":")[1]}
    secrets |= {row["Email"] for row in downloaded if row["Email"]} | {"mara.lindqvist@northwind.example"}
    secrets |= {cookie["value"] for cookie in visitor.context.cookies() if cookie["name"].endswith("hd_sid")}

    written = [servers.log, *[path for path in servers.folder.rglob("*") if path.is_file() and path.suffix != ".sock"]]
    assert any("appendonly" in path.as_posix() for path in written)
    found = [
        (path.name, secret[:4])
        for path in written
        if path.name != "sandbox.log"
        for content in [path.read_bytes()]
        for secret in secrets
        if secret.encode() in content
    ]
    assert found == []
