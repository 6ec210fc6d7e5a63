"""What a filter click costs on the Contacts page: server time, bytes and memory, beside the plain way.

The plain way is a Streamlit script that shows the filtered frame with `st.dataframe` and filters with pandas masks.
Times are those of the whole run, as a client on the same machine sees it.
"""

import os
import re
import statistics
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import httpx

from tests import running
from tests.benchmarks.first_light import memory
from tests.visits import Person

SIZES = (100_000, 1_000_000)
CLICKS, PEOPLE = 40, 10
PLAIN = """
import sys
import pandas as pd
import streamlit as st

@st.cache_resource
def contacts():
    return pd.read_parquet(sys.argv[1])

frame = contacts()
stages = sorted(frame["lifecyclestage"].dropna().astype(str).unique())
chosen = st.multiselect("Stage", stages, key="stage")
found = frame[frame["lifecyclestage"].isin(chosen)] if chosen else frame
st.write(f"**{len(found):,}** of {len(frame):,}")
for column in ("hs_analytics_source", "lifecyclestage", "hubspot_owner_id"):
    st.bar_chart(found[column].astype(str).value_counts())
st.dataframe(found)
"""


def figures(folder):
    """Yield pairs of a name and a figure; the environment may name one size, in CONTACTS."""
    asked = os.environ.get("CONTACTS")
    for contacts in (int(asked),) if asked else SIZES:
        sizes = ("--contacts", contacts, "--companies", contacts // 5, "--no-limits")
        with running.sandbox(folder / "sandbox.log", *sizes) as hubspot:
            yield from ours(folder / f"home.{contacts}", hubspot, contacts)
            yield from plain(folder, hubspot, contacts)


def ours(home, hubspot, contacts):
    settings = {**running.settings_of(hubspot), "DASHBOARD_REFRESH_MINUTES": "0"}
    with running.dashboard(home, home.with_suffix(".log"), **settings) as server:
        first = Person(server.url)
        first.connect_hubspot(hubspot.ready["hub_id"])
        run = running.wait_until(lambda: whole(first.open("contacts"), contacts), seconds=3600, what="the whole portal")
        opened = first.open("contacts")
        yield f"{contacts:,} contacts: the page opened warm, all sent", f"{opened.seconds * 1000:,.0f} ms"
        yield from clicks(f"{contacts:,} contacts: filter click", server, first, run, "contacts.stage")
        yield from people(f"{contacts:,} contacts", server, hubspot)


def whole(run, contacts):
    """Return a run that shows every record of a finished load, or None."""
    time.sleep(0.5)
    counted = [int(found[1].replace(",", "")) for text in run.texts if (found := re.match(r"\*\*([\d,]+)\*\* ", text))]
    is_there = (
        counted and counted[0] > 0.9 * contacts and not any("rrived" in text or "%" in text for text in run.texts)
    )
    return run if is_there and any("Updated" in text for text in run.texts) else None


def clicks(name, server, person, run, key):
    options = list(run.widget(key).options)
    values, sizes = [], []
    before = processor_seconds(server)
    for option in [each for each, _ in zip(cycle(options[:4]), range(CLICKS), strict=False)]:
        after = person.set(run, key, "string_array_value", [option])
        assert not after.failed
        values.append(after.seconds * 1000)
        sizes.append(after.received)
    spent = (processor_seconds(server) - before) / CLICKS * 1000
    # The first click on each option counts it; afterwards its answers are kept.
    ninety_fifth = statistics.quantiles(values, n=20)[-1]
    yield (
        name,
        (
            f"median {statistics.median(values):,.0f} ms, 95th percentile {ninety_fifth:,.0f} ms, "
            f"{spent:,.0f} ms of processor time, {max(sizes) / 1000:,.0f} kB sent"
        ),
    )


def people(name, server, hubspot):
    """Yield what the second to tenth person of the portal add, each with a tab that stays open."""
    before, others = resident(server), []
    for number in range(2, PEOPLE + 1):
        person = Person(server.url)
        person.connect_hubspot(hubspot.ready["hub_id"])
        assert not person.open("contacts").failed
        others.append(person)
        if number in {2, PEOPLE}:
            yield f"{name}: memory added up to person {number}", f"{(resident(server) - before) / 1e6:,.1f} MB"
    for person in others:
        person.close()


def plain(folder, hubspot, contacts):
    script, data = folder / "plain.py", folder / "out"
    script.write_text(PLAIN)
    told = hubspot_load(hubspot, data / str(contacts))
    port = running.free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port), "--", told]
    with (folder / "plain.log").open("ab") as output:
        process = subprocess.Popen(command, cwd=running.ROOT, stdout=output, stderr=output)
    server = running.Server(process, f"http://localhost:{port}", folder / "plain.log")
    try:
        running.wait_until(lambda: running._is_healthy(server), what="the plain script")
        person = Person(server.url)
        run = person.open("")
        yield f"{contacts:,} contacts, the plain way: the page opened warm", f"{person.open('').seconds * 1000:,.0f} ms"
        yield from clicks(f"{contacts:,} contacts, the plain way: filter click", server, person, run, "stage")
        yield f"{contacts:,} contacts, the plain way: memory", memory(server)
    finally:
        server.stop()


def hubspot_load(hubspot, out):
    """Load the portal with the command line; return the file of its contacts."""
    token = httpx.post(f"{hubspot.url}/sandbox/token", json={}, trust_env=False).json()["access_token"]
    command = [sys.executable, "-m", "hubspot.sync", "--api-url", hubspot.url, "--out", str(out)]
    environ = {**os.environ, "HUBSPOT_ACCESS_TOKEN": token}
    subprocess.run(command, cwd=running.ROOT, env=environ, check=True, capture_output=True)
    return str(out / "contacts.parquet")


def resident(server):
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor_seconds(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
