"""A full load at HubSpot's limits, against a plain loop over the list endpoint in the same run; decoding; memory.

The ceiling is what the documented limits allow: 1,100 records a second by list and 1,000 by search.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace

import httpx
import orjson

from hubspot.api.client import HubSpot
from hubspot.api.limits import Limiter, Permit
from hubspot.api.protocol import read_raw_page
from hubspot.portal import Property
from hubspot.sync import memory
from hubspot.sync.frames import TableBuilder
from hubspot.sync.load import load
from hubspot.sync.pages import Piece
from hubspot.sync.schema import BASE, arrow_schema, wanted
from tests import running
from tests.sync.notebook import Notebook, Nowhere

CEILING = 2_100
BOTH = ("contacts", "companies")
SMALL, LARGE = (10_000, 2_000), (100_000, 20_000)
# Sizes, latency in milliseconds, cursor, and how often.
RUNS = [
    (SMALL, 50, "id", 5),
    (SMALL, 300, "id", 5),
    (SMALL, 800, "id", 1),
    (LARGE, 50, "id", 1),
    (LARGE, 300, "id", 3),
    (LARGE, 800, "id", 1),
    (LARGE, 300, "opaque", 1),
]
PLAIN_LOOPS = {(SMALL, 50), (SMALL, 300), (SMALL, 800), (LARGE, 300)}


def figures(folder):
    """Yield pairs of a name and a figure."""
    yield "wire bytes to typed columns, 20 properties, one core", f"{decoding():,.0f} records/s"
    for sizes, latency_ms, cursor, times in RUNS:
        options = ["--contacts", sizes[0], "--companies", sizes[1], "--latency-ms", latency_ms, "--cursor", cursor]
        name = f"{sizes[0]:,} + {sizes[1]:,} at {latency_ms} ms, {cursor} cursors"
        told = []
        for _ in range(times):
            with running.sandbox(folder / "sandbox.log", *options) as hubspot:
                told.append(in_a_process_of_its_own(hubspot))
        yield from summary(name, told)
        if cursor == "id" and (sizes, latency_ms) in PLAIN_LOOPS:
            with running.sandbox(folder / "sandbox.log", *options) as hubspot:
                seconds = plain_loop(hubspot)
            ratio = seconds / statistics.median(each["seconds"] for each in told)
            yield f"{name}: plain loop over the list", f"{seconds:.1f} s, {ratio:.1f} times as long"
    for contacts in (LARGE[0], 1_000_000):
        with running.sandbox(
            folder / "sandbox.log", "--contacts", contacts, "--companies", 0, "--no-limits"
        ) as hubspot:
            told = in_a_process_of_its_own(hubspot, "--for-memory")
        yield f"memory of loading {contacts:,} contacts x 20 properties, peak", f"{told['megabytes']} MB"


def summary(name, told):
    seconds = statistics.median(each["seconds"] for each in told)
    throttled, requests = sum(each["throttled"] for each in told), sum(each["requests"] for each in told)
    rate = told[0]["records"] / seconds
    yield f"{name}: totals", f"{statistics.median(each['totals'] for each in told):.2f} s"
    yield f"{name}: first rows", f"{statistics.median(each['first'] for each in told):.2f} s"
    spread = f" ({min(each['seconds'] for each in told):.1f} to {max(each['seconds'] for each in told):.1f})"
    yield f"{name}: all", f"{seconds:.1f} s{spread}, {rate:,.0f} records/s, {rate / CEILING:.0%} of the ceiling"
    yield f"{name}: requests", f"{requests // len(told)}, {throttled / requests:.1%} answered 429"


def in_a_process_of_its_own(hubspot, *options):
    command = [sys.executable, "-m", "tests.benchmarks.loading", hubspot.url, str(hubspot.ready["hub_id"]), *options]
    told = subprocess.run(command, cwd=running.ROOT, capture_output=True, check=True)
    return json.loads(told.stdout)


def token_of(url):
    return httpx.post(f"{url}/sandbox/token", json={}, trust_env=False).json()["access_token"]


class Stopwatch(Notebook):
    """A report that notes when something came first."""

    def __init__(self):
        super().__init__()
        self.began, self.at = time.monotonic(), {}

    def total(self, object_type, total):
        super().total(object_type, total)
        self.at["totals"] = time.monotonic() - self.began

    def arrived(self, object_type, records):
        super().arrived(object_type, records)
        self.at.setdefault("first", time.monotonic() - self.began)


class Unlimited(Limiter):
    """Permits for everyone."""

    def wait(self, lane, _stop=None):
        return Permit(lane, 0.0, 1)


def one_load(url, hub_id, *options):
    """Load a portal and print what it took."""
    token, report = token_of(url), Stopwatch()
    client = HubSpot(url).client(int(hub_id), lambda _rejected: token)
    if "--for-memory" in options:
        memory.be_frugal()
        client = replace(client, limiter=Unlimited())
        loaded = load(client, BOTH[:1], report, Nowhere(), choose=lambda *asked: wanted(*asked)[:20])
    else:
        loaded = load(client, BOTH, report, Nowhere())
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - report.began,
                "records": sum(loaded.tables[name].num_rows for name in BOTH if name in loaded.tables),
                "requests": client.tally.requests,
                "throttled": client.tally.throttled,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                **report.at,
            }
        )
    )


def plain_loop(hubspot):
    """Read both object types one page after another, as a first script would."""
    headers = {"Authorization": f"Bearer {token_of(hubspot.url)}"}
    asked = {name: {"limit": 100, "properties": ",".join(BASE[name][:20])} for name in BOTH}
    began = time.monotonic()
    with httpx.Client(base_url=hubspot.url, headers=headers, trust_env=False) as http:
        for name in BOTH:
            after = {}
            while after is not None:
                page = http.get(f"/crm/objects/2026-09/{name}", params=asked[name] | after)
                if page.status_code == 429:
                    time.sleep(1)
                    continue
                following = page.json().get("paging")
                after = {"after": following["next"]["after"]} if following else None
    return time.monotonic() - began


def decoding(records=100_000):
    """Return how many records a second become typed columns: the best of three, by CPU time."""
    definitions, pages = sample(records)
    schema = arrow_schema(definitions, ("hs_object_id", *(each.name for each in definitions)))
    return max(records / cpu_seconds(lambda: decode(pages, schema)) for _ in range(3))


def decode(pages, schema):
    builder = TableBuilder(schema)
    for content in pages:
        builder.add(Piece(content), len(read_raw_page(content).ids))
    builder.flush()
    assert builder.table().num_rows == len(pages) * 100


def cpu_seconds(work):
    began = time.process_time()
    work()
    return time.process_time() - began


def sample(records):
    """Return the definitions of 19 properties and pages of records that have them, as they come over the wire."""
    kinds = [("string", "text")] * 6 + [("enumeration", "select")] * 6 + [("datetime", "date")] * 3
    kinds += [("number", "number")] * 3 + [("bool", "booleancheckbox")]
    definitions = [Property(f"property_{at}", "Label", *kind) for at, kind in enumerate(kinds)]
    pages = [
        orjson.dumps({"results": [record(at, definitions) for at in range(start, start + 100)]})
        for start in range(0, records, 100)
    ]
    return definitions, pages


def record(at, definitions):
    written = {
        "string": f"value {at * 7919 % 1_000_003}",
        "enumeration": f"OPTION_{at % 11}",
        "datetime": f"2024-0{at % 9 + 1}-1{at % 9}T10:11:12.{at % 1000:03}Z",
        "number": str(at % 5000),
        "bool": "true",
    }
    values = {
        each.name: None if (at + place) % 6 == 0 else written[each.type] for place, each in enumerate(definitions)
    }
    return {"id": str(10**10 + at), "properties": values, "createdAt": written["datetime"], "archived": False}


if __name__ == "__main__":
    one_load(*sys.argv[1:])
