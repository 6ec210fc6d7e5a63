"""A team at work, behind nginx: a replica is killed, then Redis, then HubSpot fails; they go on by themselves."""

import base64
import contextlib
import os
import re
import time
from dataclasses import dataclass

import httpx
import pytest
import redis

from tests.benchmarks.exploring import whole
from tests.benchmarks.team import Team, truth_of
from tests.reverse_proxy import nginx
from tests.running import (
    dashboard,
    free_port,
    redis_server,
    sandbox,
    settings_of,
    start_dashboard,
    start_redis,
    wait_until,
)
from tests.visits import Person

pytestmark = pytest.mark.nginx
SOAK = bool(os.environ.get("SOAK"))
CONTACTS, PEOPLE, EVERY, PHASE, OUTAGE = (100_000, 150, 30.0, 60, 60) if SOAK else (1_500, 6, 2.0, 3, 4)


@dataclass
class World:
    """Everything that a test may kill."""

    portal: object
    store: object
    proxy: object
    replicas: list
    settings: list
    folder: object

    @property
    def hub_id(self):
        return self.portal.ready["hub_id"]

    def kill_and_restart(self, number):
        """Kill a replica with SIGKILL, and start it again at its port."""
        server = self.replicas[number]
        server.kill()
        settings = self.settings[number]
        self.replicas[number] = start_dashboard(self.folder / f"home-{number}", server.log, **settings)

    def busiest(self):
        """Return the number of the replica with most tabs: no fewer than half of all."""
        return max(range(2), key=lambda number: tabs_of(self.settings[number]["DASHBOARD_METRICS_PORT"]))

    def fail(self, *entries):
        httpx.post(f"{self.portal.url}/sandbox/faults", json=list(entries), trust_env=False).raise_for_status()

    def loads(self):
        return sum(each.text().count(": loaded ") for each in self.replicas)

    def grants(self):
        with redis.Redis.from_url(self.store.url) as client:
            (name,) = client.scan_iter(f"*{{{self.hub_id}}}:accounts")
            return {*client.hvals(name)}


def tabs_of(metrics_port):
    told = httpx.get(f"http://127.0.0.1:{metrics_port}/metrics", trust_env=False).text
    return float(re.search(r"^hubspot_dashboard_sessions (\S+)$", told, re.MULTILINE)[1])


@pytest.fixture
def world(tmp_path):
    with contextlib.ExitStack() as stack:
        portal = stack.enter_context(
            sandbox(tmp_path / "sandbox.log", "--contacts", CONTACTS, "--companies", CONTACTS // 5, "--no-limits")
        )
        store = stack.enter_context(redis_server(tmp_path))
        ports = [free_port(), free_port()]
        proxy = stack.enter_context(nginx(tmp_path / "nginx", ports))
        shared = {
            **settings_of(portal),
            "HUBSPOT_REDIRECT_URI": proxy.url,
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            "SNAPSHOT_URI": (tmp_path / "copies").as_uri(),
            "DASHBOARD_REFRESH_MINUTES": "1" if SOAK else "0.1",
        }
        settings = [{**shared, "port": port, "DASHBOARD_METRICS_PORT": str(free_port())} for port in ports]
        replicas = [
            stack.enter_context(dashboard(tmp_path / f"home-{number}", tmp_path / f"{number}.log", **each))
            for number, each in enumerate(settings)
        ]
        world = World(portal, store, proxy, replicas, settings, tmp_path)
        try:
            yield world
        finally:
            for each in world.replicas:
                each.stop()


def test_a_killed_replica_a_killed_redis_and_a_hubspot_that_fails_cost_nobody_anything(world):
    first = Person(world.proxy.url)
    first.connect_hubspot(world.hub_id)
    run = wait_until(lambda: whole(first.open("contacts"), CONTACTS), seconds=600, what="the whole portal")
    truth = truth_of(first, run)
    first.leave()
    team = Team(world.proxy.url, world.hub_id, truth, every=EVERY, patience=60.0)
    team.grow(PEOPLE)

    calm = team.work(PHASE)
    killed = while_working(team, lambda: world.kill_and_restart(world.busiest()))
    redis_killed = while_working(team, lambda: kill_redis(world))
    failing = while_working(team, lambda: fail_for_a_while(world))
    before = world.loads()
    wait_until(lambda: world.loads() > before, seconds=120, what="a refresh after all that")
    after = team.work(PHASE)
    team.go_home()

    told = (calm, killed, redis_killed, failing, after)
    assert [each.errors for each in told] == [[]] * 5
    assert [each.wrong for each in told] == [[]] * 5
    reruns = [len(each.reruns) for each in told]
    assert sum(count > 0 for count in reruns) >= 4, f"they worked while it happened: {reruns}"
    assert sum(reruns) > 3 * PEOPLE
    assert killed.recovered >= PEOPLE // 2, "those whose replica was killed went to the other"
    assert (calm.recovered, failing.recovered, after.recovered) == (0, 0, 0)
    assert world.grants() == {b"active"}


def while_working(team, happens):
    """Let something happen to a team at work, and go on for a while; return what it met."""
    before = team.work(0)
    happens()
    time.sleep(PHASE)
    return before


def kill_redis(world):
    # What was written before its last second is in the file.
    time.sleep(1.5)
    world.store.kill()
    time.sleep(1)
    start_redis(world.store, world.folder)


def fail_for_a_while(world):
    world.fail({"route": "*", "status": 503, "times": 1_000_000})
    time.sleep(OUTAGE)
    world.fail()
