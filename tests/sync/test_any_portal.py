"""Any small portal, edited while it is loaded, from a HubSpot that fails in any way: the truth, or a clear error.

Time passes fifty times as fast for whoever waits, so that limits and pauses are all there but short.
"""

import json
import os
import time
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import Phase as Search
from hypothesis import strategies as st

from hubspot.api.client import HubSpot
from hubspot.sync import refresh as refreshing
from hubspot.sync.frames import to_frame
from hubspot.sync.jobs import Jobs
from hubspot.sync.progress import Phase
from hubspot.sync.snapshots import Snapshots
from tests.sync.haste import hasty

BOTH = ("contacts", "companies")
EXAMPLES = int(os.environ.get("EXAMPLES", "300")) if os.environ.get("SOAK") else 8
MOST_REQUESTS, MOST_SECONDS = 2_500, 60
COMPARED = {"contacts": ("email", "lifecyclestage", "jobtitle"), "companies": ("name", "lifecyclestage", "domain")}

LAG_MS = 150
PORTALS = (
    ("--contacts", 0, "--companies", 0),
    ("--contacts", 1, "--companies", 3),
    ("--contacts", 130, "--companies", 30, "--cursor", "opaque"),
    ("--contacts", 900, "--companies", 260, "--index-lag-ms", LAG_MS),
    ("--contacts", 1_500, "--companies", 120),
)
KINDS = (
    *("burst", "secondly", "daily", "expired", "unauthenticated", "missing_scopes", "locked", "migration"),
    *("delay", "drop", "slow", "truncated", "empty", "html", "text"),
)
ROUTES = ("list", "search", "batch_read", "associations", "properties", "owners", "account", "*")
STATUSES = (400, 401, 403, 404, 414, 423, 429, 477, 500, 502, 503, 504, 521, 524, 530)

edits = st.fixed_dictionaries(
    {"object_type": st.sampled_from(BOTH)},
    optional={
        kind: st.integers(1, 12) for kind in ("create", "update", "bulk_update", "archive", "merge", "link", "unlink")
    },
)
faults = st.fixed_dictionaries(
    {
        "route": st.sampled_from(ROUTES),
        "times": st.sampled_from([1, 1, 2, 5, 60]),
        "after": st.integers(0, 12),
        "seconds": st.sampled_from([0.02, 0.2]),
        "retry_after": st.sampled_from([None, None, 0, 2]),
    },
    optional={"kind": st.sampled_from(KINDS)},
)


@st.composite
def broken(draw):
    """Draw a fault: a kind, or a status where it has none."""
    fault = draw(faults)
    return fault if "kind" in fault else {**fault, "status": draw(st.sampled_from(STATUSES))}


class World:
    """One portal, one dashboard that keeps a copy of it, and what happens between requests."""

    def __init__(self, server, folder, keyring, store):
        self.control = httpx.Client(base_url=server.url, trust_env=False, timeout=60)
        self.hubspot, self.hub_id = HubSpot(server.url), server.ready["hub_id"]
        self.snapshots = Snapshots(folder, keyring, "abcd1234")
        self.jobs = Jobs(self.snapshots, store, self.open, lambda _hub_id: 0)
        self.access_token, self.requests, self.meanwhile = "", 0, {}

    def __enter__(self):
        self.break_down()
        return self

    def __exit__(self, *_):
        self.break_down()
        self.jobs.forget(self.hub_id)
        self.control.close()
        self.hubspot.close()

    def open(self, hub_id, token, **fields):
        return hasty(self.hubspot.client(hub_id, token, **fields))

    def token(self, rejected):
        """Give a token, as is asked before every request: where it is that request's turn, edit the portal first."""
        self.requests += 1
        assert self.requests < MOST_REQUESTS, "an endless loop"
        for each in self.meanwhile.pop(self.requests, ()):
            self.edit(each)
        if not self.access_token or rejected == self.access_token:
            self.access_token = self.control.post("/sandbox/token", json={}).json()["access_token"]
        return self.access_token

    def edit(self, numbers):
        self.control.post("/sandbox/edit", json=numbers).raise_for_status()

    def break_down(self, *entries):
        self.control.post("/sandbox/faults", json=list(entries)).raise_for_status()

    def load(self, *, meanwhile=(), is_full=False):
        """Load, while edits are made before the requests of these numbers; return how it went."""
        self.meanwhile, self.requests = {}, 0
        for number, numbers in meanwhile:
            self.meanwhile.setdefault(number, []).append(numbers)
        self.jobs.start(self.hub_id, self.token, BOTH, 0, is_full=is_full)
        deadline = time.monotonic() + MOST_SECONDS
        while (progress := self.jobs.progress(self.hub_id)).is_running:
            assert time.monotonic() < deadline, "an endless load"
            time.sleep(0.01)
        self.meanwhile = {}
        return progress

    def assert_is_truth(self):
        records, links = {name: {} for name in BOTH}, []
        names = ",".join(name for each in COMPARED.values() for name in each)
        lines = self.control.get(f"/sandbox/truth?kinds=record,link&properties={names}").text.splitlines()
        for line in map(json.loads, lines):
            if line["kind"] == "link":
                links.append((int(line["contact"]), int(line["company"]), line["primary"]))
            elif line["object_type"] in BOTH and not line["archived"]:
                records[line["object_type"]][int(line["id"])] = line["properties"]
        snapshot = self.snapshots.latest(self.hub_id)
        for name in BOTH:
            frame, truth = to_frame(self.snapshots.read(snapshot, name)), records[name]
            assert frame["hs_object_id"].tolist() == sorted(truth), name
            for column in COMPARED[name]:
                values = frame[column].astype(object).where(frame[column].notna(), None).tolist()
                assert values == [truth[each][column] or None for each in frame["hs_object_id"]], column
        found = self.snapshots.read(snapshot, "links")
        assert [tuple(each.values()) for each in found.to_pylist()] == sorted(links)


@pytest.fixture
def world(run_sandbox, tmp_path, keyring, store, monkeypatch):
    """Make worlds: `world(options)`, each with an empty place for its copy."""
    # Otherwise every edit of a test is within the overlap, and nobody would notice a watermark that runs ahead.
    monkeypatch.setattr(refreshing, "OVERLAP", timedelta(seconds=1))
    made = []

    def make(options):
        store.client.flushall()
        made.append(options)
        return World(run_sandbox(*options, "--no-limits"), tmp_path / str(len(made)), keyring, store)

    return make


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    # An example takes a second: a small one is not worth minutes of looking for it.
    phases=(Search.explicit, Search.reuse, Search.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    options=st.sampled_from(PORTALS),
    has_copy=st.booleans(),
    is_full=st.booleans(),
    before=st.lists(edits, max_size=2),
    meanwhile=st.lists(st.tuples(st.integers(1, 40), edits), max_size=3),
    trouble=st.lists(broken(), max_size=3),
)
def test_any_load_ends_in_the_truth_or_in_a_clear_error(world, options, has_copy, is_full, before, meanwhile, trouble):
    with world(options) as here:
        if has_copy:
            assert here.load().phase is Phase.DONE
        good = here.snapshots.latest(here.hub_id)
        for each in before:
            here.edit(each)

        here.break_down(*trouble)
        ended = here.load(meanwhile=meanwhile, is_full=is_full)
        here.break_down()

        if ended.phase is not Phase.DONE:
            assert ended.phase is Phase.FAILED
            assert ended.error
            assert "error in this dashboard" not in ended.error
            assert here.snapshots.latest(here.hub_id) == good
        time.sleep(1.5 * LAG_MS / 1000)
        healed = here.load()
        assert healed.phase is Phase.DONE, healed.error
        if not (has_copy or ended.phase is Phase.DONE):
            # It went on with what the first one had read, before the edits.
            assert here.load().phase is Phase.DONE
        here.assert_is_truth()
