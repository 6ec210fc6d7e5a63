"""What the sandbox can serve at its largest, so that it never is what another figure measures.

A process of its own serves 1,000,000 contacts and 200,000 companies; wrk walks pages of 100 records with 15 properties
in eight chains. Everything that runs on a request is on: the token is checked, requests are counted in windows (which
are wide enough to refuse none), a fault waits for another route, and statistics are kept.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx

from tests import running

CONTACTS, COMPANIES = 1_000_000, 200_000
CHAINS, SECONDS, WARM_UP = 8, 8, 3
PROPERTIES = (
    "firstname,lastname,email,phone,jobtitle,company,city,country,lifecyclestage,hs_lead_status,hubspot_owner_id,"
    "hs_analytics_source,num_notes,closedate,total_revenue"
)
LIST = "/crm/objects/2026-09/contacts"
WIDEST_URL = 60  # names a request, well within 8 kB
INSTALL = "wrk is not installed: sudo apt install wrk (Debian, Ubuntu) or brew install wrk (macOS)"
WALK = """
local chains = 0
function setup(thread)
  thread:set("after", math.floor({first} + chains * ({last} - {first}) / {chains}))
  chains = chains + 1
end
function request()
  return wrk.format("GET", "{path}&after=" .. after)
end
function response(status, headers, body)
  after = string.match(body, '"after":"(%d+)"', -600) or {first}
end
"""


def figures(folder):
    """Yield pairs of a name and a figure."""
    if shutil.which("wrk") is None:
        yield "pages a second of the sandbox", INSTALL
        return
    began = time.monotonic()
    sizes = ["--contacts", CONTACTS, "--companies", COMPANIES, "--burst", 1_000_000_000]
    with running.sandbox(folder / "sandbox.log", *sizes) as hubspot:
        size = f"sandbox of {CONTACTS:,} contacts and {COMPANIES:,} companies"
        yield f"{size}: start to ready", seconds(began)
        with httpx.Client(base_url=hubspot.url, trust_env=False, timeout=60) as http:
            token = http.post("/sandbox/token").json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            for path in (LIST, LIST.replace("contacts", "companies")):
                http.get(path, params={"limit": 100, "properties": PROPERTIES}).raise_for_status()
            yield f"{size}: start to a page of each", seconds(began)
            yield f"{size}: memory then", memory(hubspot.process.pid)
            http.post("/sandbox/faults", json=[{"route": "token", "status": 502, "times": 1000}]).raise_for_status()
            yield from walking(http, hubspot.process.pid, token, folder)
            every_property(http)
            yield f"{size}: memory after every property was asked for", memory(hubspot.process.pid)


def walking(http, pid, token, folder):
    script = folder / "walk.lua"
    script.write_text(walk(http), encoding="ascii")
    run_wrk(http, script, token, WARM_UP)
    pages, spent, began = served(http), processor_seconds(pid), time.monotonic()
    run_wrk(http, script, token, SECONDS)
    pages, spent, took = served(http) - pages, processor_seconds(pid) - spent, time.monotonic() - began
    name = "pages of 100 records and 15 properties, all checks on"
    yield f"{name}: a second", f"{pages / took:,.0f}"
    yield f"{name}: a second of the server's processor time", f"{pages / spent:,.0f} ({spent:.1f} s in {took:.1f} s)"


def walk(http):
    """The script of the chains, which begin evenly spread over the ids."""
    first = http.get(LIST, params={"limit": 1}).json()["results"][0]["id"]
    newest = {"limit": 1, "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]}
    last = http.post(f"{LIST}/search", json=newest).json()["results"][0]["id"]
    path = f"{LIST}?limit=100&properties={PROPERTIES}"
    return WALK.format(first=first, last=last, chains=CHAINS, path=path)


def run_wrk(http, script, token, duration):
    chains = ["-t", str(CHAINS), "-c", str(CHAINS), "-d", f"{duration}s", "-s", str(script)]
    command = ["wrk", *chains, "-H", f"Authorization: Bearer {token}", str(http.base_url)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Non-2xx" not in done.stdout, done.stdout


def every_property(http):
    for object_type in ("contacts", "companies"):
        defined = http.get(f"/crm/properties/2026-09/{object_type}").json()["results"]
        names = [each["name"] for each in defined]
        for start in range(0, len(names), WIDEST_URL):
            asked = {"limit": 100, "properties": ",".join(names[start : start + WIDEST_URL])}
            http.get(f"/crm/objects/2026-09/{object_type}", params=asked).raise_for_status()


def served(http):
    return http.get("/sandbox/stats").json()["requests"]["list"]["200"]


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    now, most = (int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))
    return f"{now:.0f} MB, {most:.0f} MB at its highest"


def seconds(began):
    return f"{time.monotonic() - began:.2f} s"
