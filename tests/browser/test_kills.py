"""The server process is killed at random moments, and started again, while somebody uses it in Chromium.

What the person saw decides: who saw a connection has it afterwards, who saw it gone finds nothing left of it. Between
the two, while a click is under way, either is right.
"""

import base64
import contextlib
import itertools
import os
import random
import re
import sys
import threading
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Error as BrowserError

from hubspot.connections import embedded
from tests import running
from tests.browser.conftest import stored_files

pytestmark = pytest.mark.browser
MOMENTS = 100 if os.environ.get("SOAK") else 4
# What is done, and how many seconds after its click the server is killed at the latest.
DEEDS = {"connect": 1.5, "load": 2.5, "refresh": 0.8, "disconnect": 1.0}
HUB_ID = "26107341"
ORPHANS_END_WITHIN = 2
# A page whose server is gone may never become one that can be clicked.
CLICKED_WITHIN_MS = 5000


class Life:
    """One person, one browser, and a server that is killed again and again."""

    def __init__(self, visitors, home, log, hubspot, chance):
        self.home, self.log, self.chance = home, log, chance
        self.settings = {
            **running.settings_of(hubspot),
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
        }
        self.port = running.free_port()
        self.visitor = visitors(f"http://localhost:{self.port}")
        self.server = None

    @property
    def page(self):
        return self.visitor.page

    def start(self):
        self.server = running.start_dashboard(self.home, self.log, port=self.port, **self.settings)

    def look(self):
        """Open the page; return whether it shows a connection."""
        self.visitor.open("/contacts")
        running.wait_until(lambda: self.sees_connected() or self.sees_disconnected(), what="a page")
        return self.sees_connected()

    def sees_connected(self):
        return self.page.get_by_test_id("stSidebar").get_by_test_id("stMenuButton").count() > 0

    def sees_disconnected(self):
        return self.page.get_by_role("heading", name="See your HubSpot").count() > 0

    def prepare(self, deed):
        """Come to where the deed is one click away; return the click."""
        is_connected = self.look()
        if deed == "connect":
            if is_connected:
                self.ask_to_disconnect().click()
                self.visitor.sees_heading("See your HubSpot")
            self.visitor.start_connecting()
            return self.page.get_by_role("button", name="Allow").click
        if not is_connected:
            self.visitor.start_connecting()
            self.visitor.allow()
        self.visitor.wait_until_loaded()
        if deed == "disconnect":
            return self.ask_to_disconnect().click
        if deed == "refresh":
            self.lose_access_tokens()
        return self.page.get_by_role("button", name=re.compile("Updated")).click

    def ask_to_disconnect(self):
        self.visitor.menu("Disconnect")
        return self.page.get_by_role("dialog").get_by_role("button", name="Disconnect")

    def kill_after(self, click, seconds):
        """Click, and kill the server so many seconds later; return what the person saw last."""
        killing = threading.Timer(seconds, self.server.kill)
        killing.start()
        with contextlib.suppress(BrowserError):
            click(no_wait_after=True, timeout=CLICKED_WITHIN_MS)
        killing.join()
        with contextlib.suppress(BrowserError):
            self.page.wait_for_timeout(200)  # what was sent may not be drawn yet
            return "connected" if self.sees_connected() else "disconnected" if self.sees_disconnected() else "neither"
        return "neither"

    def lose_access_tokens(self):
        with self.store() as client:
            for key in client.scan_iter("*:at"):
                client.delete(key)

    def left_of_the_portal(self):
        with self.store() as client:
            keys = [key for key in client.scan_iter(count=1000) if HUB_ID.encode() in key]
        return keys + [file for file in stored_files(self.home) if HUB_ID in file]

    def store(self):
        return redis.Redis(unix_socket_path=embedded._socket_path(self.home / "state" / "redis"))

    def processes(self):
        """Return the pids that were started with this folder as theirs, children of children included."""
        mark, found = f"DASHBOARD_HOME={self.home}".encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def no_process_is_left(self):
        running.wait_until(lambda: not self.processes(), seconds=ORPHANS_END_WITHIN, what="the end of every process")


@pytest.fixture
def life(visitors, home, log, tmp_path):
    with running.sandbox(tmp_path / "sandbox.log", "--contacts", 400, "--companies", 80) as hubspot:
        life = Life(visitors, home, log, hubspot, random.Random(20261123))
        life.start()
        yield life
        life.server.kill()
        life.no_process_is_left()


def test_no_moment_of_death_loses_a_connection_or_keeps_one_that_was_ended(life):
    deeds = list(itertools.islice(itertools.cycle(DEEDS), MOMENTS))

    for deed in deeds:
        sys.stdout.write(f"{deed}, killed after {moment(life, deed)}\n")

    assert set(deeds) == set(DEEDS)


def moment(life, deed):
    """Do the deed, die in its course and come back; return when that was and what was seen."""
    click = life.prepare(deed)
    seconds = life.chance.uniform(0, DEEDS[deed])
    before = life.kill_after(click, seconds)
    with contextlib.suppress(BrowserError):
        life.page.goto("about:blank")
    if life.chance.random() < 0.5:
        # Else the next server comes while the store of this one is ending.
        life.no_process_is_left()
    life.start()
    is_connected = life.look()
    when = f"{seconds:.3f} s with {before} on the screen: {life.page.get_by_test_id('stApp').inner_text()}"
    if deed in {"load", "refresh"} or (deed == "connect" and before == "connected"):
        assert is_connected, when
        life.visitor.wait_until_loaded()
    if deed == "disconnect" and before == "disconnected":
        assert not is_connected, when
        assert life.left_of_the_portal() == [], when
    return f"{seconds:.3f} s with {before} on the screen, then {'connected' if is_connected else 'disconnected'}"
