"""A process with open tabs: `python -m tests.sync.tabs_of API_URL HUB_ID REDIS_URL FOLDER TABS [ASK_AFTER]`.

Each tab asks for the portal and watches it until it is loaded. The last line says how each saw it go:
{"versions": [...], "watched": [...], "phases": [...]}, one entry a tab.
"""

import json
import sys
import threading
import time

import httpx

from hubspot.api.client import HubSpot
from hubspot.connections.engine import open_store
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from hubspot.sync.jobs import Jobs
from hubspot.sync.snapshots import Snapshots

BOTH = ("contacts", "companies")
KEYS = {"k1": b"1" * 32}


class Tab(threading.Thread):
    """Asks for the portal as it looks to it, and looks until a copy is there."""

    def __init__(self, jobs, snapshots, hub_id, token):
        super().__init__(daemon=True)
        self.jobs, self.snapshots, self.hub_id, self.token = jobs, snapshots, hub_id, token
        self.watched, self.version, self.phase = 0, "", ""

    def run(self):
        seen = set()
        self.jobs.start(self.hub_id, self.token, BOTH, 0, replacing="")
        while not (snapshot := self.snapshots.latest(self.hub_id)):
            progress = self.jobs.progress(self.hub_id)
            if progress is None or not progress.is_running:
                # What a page does that finds neither a copy nor a load.
                self.jobs.start(self.hub_id, self.token, BOTH, 0, replacing="")
            else:
                seen.add(sum(each.loaded for each in progress.objects.values()))
            time.sleep(0.1)
        while (progress := self.jobs.progress(self.hub_id)) and progress.is_running:
            time.sleep(0.05)
        self.watched, self.version = len(seen), snapshot.version
        self.phase = progress.phase if progress else ""


def main(api_url, hub_id, redis_url, folder, tabs):
    store = open_store(Settings(redis_url=redis_url, keys=KEYS, client_id="id", client_secret="secret"))
    snapshots = Snapshots(folder, KeyRing(KEYS), "abcd1234")
    hubspot = HubSpot(api_url)
    access_token = httpx.post(f"{api_url}/sandbox/token", json={}, trust_env=False).json()["access_token"]
    jobs = Jobs(snapshots, store, hubspot.client, lambda _hub_id: 0)
    opened = [Tab(jobs, snapshots, int(hub_id), lambda _rejected: access_token) for _ in range(int(tabs))]
    print("ready", flush=True)  # noqa: T201 - for the test that started this
    sys.stdin.readline()
    for each in opened:
        each.start()
    for each in opened:
        each.join()
    told = {name: [getattr(each, name[:-1] if name != "watched" else name) for each in opened]
            for name in ("versions", "watched", "phases")}  # fmt: skip
    print(json.dumps(told), flush=True)  # noqa: T201 - likewise
    hubspot.close()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
