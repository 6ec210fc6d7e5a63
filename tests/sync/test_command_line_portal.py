"""The command line beside the dashboard: its settings, its store, its grants, its copies."""

import contextlib
import json

import httpx
import pytest

from hubspot import keyring as keyrings
from hubspot import settings as settings_module
from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.engine import open_store
from hubspot.connections.grants import Grants
from hubspot.sync.snapshots import Snapshots
from tests.running import sandbox, settings_of
from tests.sync.test_command_line import SIZES, Portal, begin, run


class Connected:
    """A dashboard's settings and a person's grant in its store, with nobody running it."""

    def __init__(self, server, home):
        self.hub_id, self.environ = server.ready["hub_id"], settings_of(server) | {"DASHBOARD_HOME": str(home)}
        self.settings = settings_module.load(self.environ)
        self.ring = keyrings.load(self.settings.keys, self.settings.config_dir)
        self.store = open_store(self.settings)
        self.http = open_http(server.url)
        self.control = httpx.Client(base_url=server.url, trust_env=False, timeout=60)
        self.portal = Portal(server.url, self.control)
        oauth = OAuth(self.http, server.url, self.settings.client_id, self.settings.client_secret)
        self.grants = Grants(self.store, self.ring, oauth)
        self.grants.save(oauth.refresh(self.control.post("/sandbox/token", json={}).json()["refresh_token"]))

    def contacts(self):
        snapshots = Snapshots(self.settings.state_dir / "snapshots", self.ring, self.settings.namespace)
        return snapshots.read(snapshots.latest(self.hub_id), "contacts")["hs_object_id"].to_pylist()

    def close(self):
        self.store.close()
        self.http.close()
        self.control.close()


@pytest.fixture
def connected(tmp_path):
    options = (*SIZES, "--no-limits", "--latency-ms", 100)
    with sandbox(tmp_path / "log", *options) as server, contextlib.closing(Connected(server, tmp_path / "home")) as one:
        yield one


def test_the_dashboards_copy_of_a_connected_portal_is_loaded_and_then_refreshed(connected):
    order = ("--portal", connected.hub_id)

    status, first, _ = run(*order, **connected.environ)
    connected.portal.edit(create=3, archive=2)
    second = run(*order, **connected.environ)[1]
    full = run(*order, "--full", **connected.environ)[1]

    assert status == 0
    assert set(first) == {"contacts", "companies", "associations"}
    assert second["contacts"]["records"] == first["contacts"]["records"] + 1
    assert second["contacts"]["requests"] < first["contacts"]["requests"] / 2 < full["contacts"]["requests"]
    assert connected.contacts() == sorted(connected.portal.ids("contacts"))


def test_two_at_once_are_one_load_which_both_follow(connected):
    # Longer than one of two processes that start at once is ahead of the other.
    connected.portal.break_down({"route": "list", "kind": "delay", "seconds": 5, "times": 1})

    both = [begin("--portal", connected.hub_id, **connected.environ) for _ in range(2)]
    follower, loader = sorted(
        (json.loads(one.communicate(timeout=60)[0])["contacts"] for one in both), key=lambda told: told["requests"]
    )

    assert [one.returncode for one in both] == [0, 0]
    assert follower["requests"] == 0 < loader["requests"]
    assert follower["records"] == loader["records"] == len(connected.portal.ids("contacts"))


def test_a_portal_that_is_not_connected_is_a_sentence(connected):
    assert run("--portal", 99, **connected.environ) == (
        3,
        None,
        "Portal 99 is not connected here. Connect it in the dashboard first.\n",
    )


def test_the_sample_portal_is_left_to_the_dashboard(tmp_path):
    status, _, said = run("--portal", 99, DASHBOARD_HOME=str(tmp_path / "home"))

    assert status == 2
    assert "from inside the dashboard only" in said
