"""Two processes with five tabs each, one Redis and one place for copies: one load, also when its process is killed."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time

import httpx
import pytest

from hubspot.keyring import KeyRing
from hubspot.sync.snapshots import Snapshots
from tests.running import ROOT, redis_server, sandbox
from tests.sync.tabs_of import KEYS

SOAK = bool(os.environ.get("SOAK"))
CONTACTS, COMPANIES = (100_000, 20_000) if SOAK else (9_000, 1_500)
KILLS = 4 if SOAK else 1
TABS = 5
# What a load asks beside pages of records: facts, glances, counts, and the ends of what it reads.
BESIDE = 25
# What a killed process takes with it: answers on their way, and pages that wait to become a part.
ON_THE_WAY = 32 + 20


class World:
    """A portal behind a socket, a Redis, and a folder for copies."""

    def __init__(self, server, redis, folder):
        self.server, self.redis, self.folder = server, redis, folder
        self.hub_id = server.ready["hub_id"]
        self.snapshots = Snapshots(folder, KeyRing(KEYS), "abcd1234")
        self.processes = []

    def end(self):
        """End the processes that a failed test has left."""
        for each in self.processes:
            each.kill()
            each.communicate()

    def process(self, tabs=TABS):
        """Start a process whose tabs open at the first line it reads."""
        command = [sys.executable, "-m", "tests.sync.tabs_of", self.server.url, self.hub_id, self.redis.url]
        process = subprocess.Popen(
            [str(each) for each in (*command, self.folder, tabs)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    def requests(self):
        """Return how many calls for records, links and facts the portal has answered, by route."""
        stats = httpx.get(f"{self.server.url}/sandbox/stats", trust_env=False).json()["requests"]
        routes = ("list", "search", "associations", "account", "owners", "properties", "batch_read")
        return {name: sum(stats.get(name, {}).values()) for name in routes}

    def truth(self):
        answer = httpx.get(
            f"{self.server.url}/sandbox/truth?kinds=record&properties=hs_object_id", trust_env=False, timeout=60
        )
        ids = {"contacts": [], "companies": []}
        for each in map(json.loads, answer.text.splitlines()):
            if not each["archived"] and each["object_type"] in ids:
                ids[each["object_type"]].append(int(each["id"]))
        return {name: sorted(each) for name, each in ids.items()}

    def assert_complete(self):
        snapshot = self.snapshots.latest(self.hub_id)
        stored = {name: self.snapshots.read(snapshot, name) for name in ("contacts", "companies")}
        assert {name: table["hs_object_id"].to_pylist() for name, table in stored.items()} == self.truth()


@pytest.fixture
def world(tmp_path):
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(opened(tmp_path))


@contextlib.contextmanager
def opened(folder, *, latency_ms=300 if SOAK else 60):
    folder.mkdir(exist_ok=True)
    sizes = ("--contacts", CONTACTS, "--companies", COMPANIES, "--latency-ms", latency_ms)
    with redis_server(folder) as redis, sandbox(folder / "sandbox.log", *sizes) as server:
        world = World(server, redis, folder / "copies")
        try:
            yield world
        finally:
            world.end()


@pytest.fixture(scope="module")
def needed(tmp_path_factory):
    """How many requests a load takes that nobody kills."""
    with opened(tmp_path_factory.mktemp("whole")) as whole:
        alone = whole.process(1)
        go(alone)
        finish(alone)
        return sum(whole.requests().values())


def go(*processes):
    for each in processes:
        each.stdin.write("\n")
        each.stdin.flush()


def finish(process):
    told, _ = process.communicate(timeout=240)
    assert process.returncode == 0
    return json.loads(told.splitlines()[-1])


def test_two_processes_with_five_tabs_each_cause_one_load_that_all_of_them_see(world):
    processes = [world.process(), world.process()]

    go(*processes)
    told = [finish(each) for each in processes]

    requests = world.requests()
    assert requests["account"] == 1
    assert sum(requests.values()) <= CONTACTS / 100 + COMPANIES / 100 + COMPANIES / 1000 + BESIDE + 10
    versions = {version for each in told for version in each["versions"]}
    assert versions == {world.snapshots.latest(world.hub_id).version}
    assert {phase for each in told for phase in each["phases"]} <= {"done", ""}
    assert all(watched >= 2 for each in told for watched in each["watched"]), "each saw it grow"
    world.assert_complete()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_load_that_is_killed_goes_on_in_the_other_process(tmp_path, needed, seed, capsys):
    numbers = random.Random(seed)
    with opened(tmp_path / "killed") as world:
        first, second = world.process(), world.process()
        go(first)
        kill_after = numbers.uniform(0.15, 0.85) * needed
        while sum(world.requests().values()) < kill_after:
            assert first.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        first.kill()
        first.communicate()
        if numbers.random() < 0.5:
            go(second)
            finish(second)
        else:
            second.kill()
            second.communicate()
            later = world.process()
            go(later)
            finish(later)
        spent = sum(world.requests().values())
        with capsys.disabled():
            print(f"\nkilled after {kill_after:.0f} of {needed} requests: {spent - needed} spent twice")  # noqa: T201
        world.assert_complete()
        assert spent - needed <= (0.05 * needed if SOAK else BESIDE + ON_THE_WAY)
