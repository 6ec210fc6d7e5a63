"""What the token store costs: per rerun, in a stampede, at a start, in memory. On the embedded server."""

import os
import re
import signal
import statistics
import time
from pathlib import Path

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.connections.grants import Account, Grants
from hubspot.connections.sessions import Sessions
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from tests.connections.replicas import Herd
from tests.connections.servers import KEYS, Server, is_running, opened, until
from tests.connections.token_endpoint import TokenEndpoint

ANNA = Account(1001, 11)
BROWSER = "a" * 64
RERUNS, PORTALS = 5000, 1000
PROCESSES, THREADS = 8, 25


def figures(folder):
    """Yield pairs of a name and a figure."""
    hubspot = TokenEndpoint()
    with open_http(hubspot.url) as http:
        oauth = OAuth(http, hubspot.url, "id", "secret")
        yield from starting(folder / "home")
        store = open_store(Settings(home=folder / "home"))
        grants, sessions = Grants(store, KeyRing(KEYS), oauth), Sessions(store, KeyRing(KEYS))
        sessions.add(BROWSER, grants.save(hubspot.issue()))
        yield from a_rerun(grants, sessions)
        yield from memory(store, grants, sessions, hubspot)
        store.close()
        embedded.leave(folder / "home" / "state" / "redis")
        yield from stampedes(folder, hubspot, oauth)
    hubspot.close()


def starting(home):
    state_dir = home / "state" / "redis"
    yield "embedded server: first start", milliseconds(lambda: embedded.ensure(state_dir))
    yield "embedded server: found running", milliseconds(lambda: embedded.ensure(state_dir))
    store = open_store(Settings(home=home))
    pid = store.client.info("server")["process_id"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(pid))
    yield "embedded server: killed (-9), to the next answer", milliseconds(store.ping)
    store.close()


def a_rerun(grants, sessions):
    times = []
    cpu = time.process_time()
    for _ in range(RERUNS):
        began = time.perf_counter()
        sessions.visible(BROWSER)
        grants.access(ANNA)
        times.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / RERUNS
    cuts = statistics.quantiles(times, n=100)
    yield "access check of a rerun (who sees what, and the token): median", f"{cuts[49]:.2f} ms"
    yield "access check of a rerun: 99th percentile", f"{cuts[98]:.2f} ms"
    yield "access check of a rerun: CPU of our process", f"{cpu:.2f} ms"


def memory(store, grants, sessions, hubspot):
    pid = store.client.info("server")["process_id"]
    yield "embedded server: memory with 1 portal", resident(pid)
    for number in range(PORTALS):
        sessions.add(f"{number:064x}", grants.save(hubspot.issue(hub_id=2000 + number)))
    yield f"embedded server: memory with {PORTALS:,} portals and sessions", resident(pid)
    yield f"embedded server: data of {PORTALS:,} portals", f"{store.client.info('memory')['used_memory'] / 1e6:.1f} MB"


def stampedes(folder, hubspot, oauth):
    server = Server(embedded.find_server(), folder).start()
    store = opened(server.url)
    Grants(store, KeyRing(KEYS), oauth).save(hubspot.issue())
    for delay in (0.0, 0.4):
        hubspot.delay = delay
        store.client.delete(store.key("{1001}", "11", "at"))
        calls = len(hubspot.refreshes)
        herd = Herd(server.url, hubspot.url, processes=PROCESSES, threads=THREADS)
        herd.go()
        spent = milliseconds(herd.answers)
        herd.end()
        calls = len(hubspot.refreshes) - calls
        name = f"{PROCESSES} processes x {THREADS} threads, expired token, HubSpot answers in {delay:.1f} s: all served"
        yield name, f"{spent} ({calls} call)"
    hubspot.delay = 0.0
    store.close()
    server.stop()


def milliseconds(work):
    began = time.perf_counter()
    work()
    return f"{(time.perf_counter() - began) * 1000:.1f} ms"


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
    return f"{kilobytes / 1024:.1f} MB"
