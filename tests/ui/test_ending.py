"""Real processes of the dashboard that get SIGTERM, with what they are doing just then."""

import base64
import contextlib
import json
import os
import re
import signal
import socket
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from hubspot.sync.schema import BASE
from tests.running import dashboard, redis_server, sandbox, settings_of, wait_until
from tests.visits import Person

CONTACTS, COMPANIES = (100_000, 20_000) if os.environ.get("SOAK") else (6_000, 600)
LATENCY_MS = 150
# What a load asks beside pages of records, and the answers that are on their way when it ends.
BESIDE, ON_THE_WAY = 25, 32
LONGEST = 10
FILE = re.compile(r'href="(/download/[^"]+)"')


@pytest.fixture
def slow_portal(tmp_path):
    sizes = ("--contacts", CONTACTS, "--companies", COMPANIES, "--latency-ms", LATENCY_MS)
    with sandbox(tmp_path / "sandbox.log", *sizes) as server:
        yield server


def pages_asked(portal):
    requests = httpx.get(f"{portal.url}/sandbox/stats", trust_env=False).json()["requests"]
    return sum(sum(requests.get(name, {}).values()) for name in ("list", "search"))


def begins_to_load(server, portal):
    """Return somebody who looks at the portal while a third of it is there."""
    person = Person(server.url)
    person.connect_hubspot(portal.ready["hub_id"])
    person.open("contacts")
    wait_until(lambda: pages_asked(portal) > 20, what="some pages")
    return person


def end(server):
    """Send SIGTERM; return the exit status and the seconds it took."""
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(timeout=30)
    return server.process.returncode, time.monotonic() - began


def records_of(portal):
    answer = httpx.get(f"{portal.url}/sandbox/truth?kinds=record&properties=hs_object_id", trust_env=False, timeout=60)
    live = Counter(each["object_type"] for each in map(json.loads, answer.text.splitlines()) if not each["archived"])
    return live["contacts"], live["companies"]


def has_whole_copy(server):
    found = re.search(r"loaded (\d+) contacts, (\d+) companies", server.text())
    return found and tuple(map(int, found.groups()))


def test_a_load_ends_at_sigterm_and_the_next_start_goes_on_with_it(tmp_path, slow_portal):
    settings = settings_of(slow_portal)
    with dashboard(tmp_path / "home", tmp_path / "first.log", **settings) as first:
        person = begins_to_load(first, slow_portal)

        status, seconds = end(first)
        person.leave()

    assert status == -signal.SIGTERM, "uvicorn ends by the signal it was sent, which shells call 143"
    assert seconds < LONGEST
    assert "the load was stopped" in first.text()
    assert "ending: done" in first.text()
    assert "Traceback" not in first.text()
    # Nobody opens a page: the portal was looked at within a day.
    with dashboard(tmp_path / "home", tmp_path / "second.log", **settings) as second:
        assert wait_until(lambda: has_whole_copy(second), seconds=180) == records_of(slow_portal)
        assert "going on with the load of" in second.text()
        assert pages_asked(slow_portal) <= (CONTACTS + COMPANIES) / 100 + 2 * BESIDE + ON_THE_WAY


def test_another_replica_takes_a_load_over_at_once(tmp_path, slow_portal):
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(redis_server(tmp_path))
        settings = {
            **settings_of(slow_portal),
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            "SNAPSHOT_URI": (tmp_path / "copies").as_uri(),
        }
        first, second = (
            stack.enter_context(dashboard(tmp_path / name, tmp_path / f"{name}.log", **settings))
            for name in ("first", "second")
        )
        person = begins_to_load(first, slow_portal)

        status, seconds = end(first)
        ended = time.monotonic()
        person.leave()
        wait_until(lambda: "going on with a load in the background" in second.text(), what="the other replica")
        waited = time.monotonic() - ended

        assert (status, seconds < LONGEST) == (-signal.SIGTERM, True)
        assert waited < 4
        assert wait_until(lambda: has_whole_copy(second), seconds=180) == records_of(slow_portal)
        assert pages_asked(slow_portal) <= (CONTACTS + COMPANIES) / 100 + 2 * BESIDE + ON_THE_WAY


def test_a_download_that_takes_too_long_is_cut_so_that_nobody_takes_it_for_the_whole(tmp_path):
    with (
        sandbox(tmp_path / "sandbox.log", "--contacts", 12_000, "--companies", 10, "--no-limits") as portal,
        dashboard(tmp_path / "home", tmp_path / "log", **settings_of(portal)) as server,
    ):
        person = Person(server.url)
        person.connect_hubspot(portal.ready["hub_id"])
        person.open("contacts")
        wait_until(lambda: has_whole_copy(server))
        shown = person.open("contacts", f"columns={'~'.join(BASE['contacts'][1:])}").texts
        address = next(found[1] for text in shown if (found := FILE.search(text)))
        with taken_slowly(person, address) as taking:
            assert taking.recv(100).startswith(b"HTTP/1.1 200")

            status, seconds = end(server)
            answer = rest_of(taking)
        person.leave()

    assert len(answer) > 100_000
    assert not answer.endswith(b"0\r\n\r\n"), f"the end of a whole answer of {len(answer):,} bytes"
    assert status == -signal.SIGTERM
    assert 1 < seconds < LONGEST, "it had some seconds"


def taken_slowly(person, address):
    """Ask for a file as a browser that takes almost nothing at a time; return its socket."""
    taking = socket.socket()
    # Before it connects, as afterwards the window is agreed on.
    taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    url = httpx.URL(person.base)
    taking.connect(("127.0.0.1", url.port))
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    taking.sendall(f"GET {address} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nCookie: {cookies}\r\n\r\n".encode())
    return taking


def rest_of(taking):
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := taking.recv(65536):
            answer += part
    return answer


def test_the_embedded_store_ends_after_the_dashboard_and_in_order(tmp_path):
    with dashboard(tmp_path / "home", tmp_path / "log") as server:
        person = Person(server.url)
        person.open("")
        processes = started_with(tmp_path / "home")

        status, seconds = end(server)
        person.leave()

        assert (status, seconds < 3) == (-signal.SIGTERM, True)
        assert len(processes) >= 1
        wait_until(lambda: not started_with(tmp_path / "home"), seconds=5, what="the end of every process")
        said = (tmp_path / "home" / "state" / "redis" / "valkey.log").read_text(encoding="utf-8")
        assert "ready to exit, bye bye" in said


def started_with(home):
    """Return the processes that were started for this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(home) in line or (entry / "environ").read_bytes().find(str(home).encode()) >= 0:
                found.append(int(entry.name))
    return found
