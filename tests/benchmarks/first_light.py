"""From starting the server to all rows of a portal of 10,000 contacts, as a person in a browser sees it."""

import re
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import running
from tests.browser.conftest import ARGUMENTS, Visitor
from tests.conftest import CHROMIUM

CONTACTS, COMPANIES, LATENCY_MS = 10_000, 2_000, 150


def figures(folder):
    """Yield pairs of a name and a figure."""
    sizes = ["--contacts", CONTACTS, "--companies", COMPANIES, "--latency-ms", LATENCY_MS]
    with sync_playwright() as playwright, running.sandbox(folder / "sandbox.log", *sizes) as hubspot:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        settings = running.settings_of(hubspot)
        for start in ("first", "second"):
            began = time.monotonic()
            server = running.start_dashboard(folder / "home", folder / "dashboard.log", **settings)
            yield f"server start to healthy, {start} time", seconds(began)
            visitor = Visitor(browser, server.url)
            visitor.open()
            visitor.sees_heading("See your HubSpot")
            yield f"server start to first page, {start} time", seconds(began)
            if start == "second":
                yield from connecting(visitor, server)
            visitor.context.close()
            server.stop()
        browser.close()


def connecting(visitor, server):
    yield "memory of the dashboard before connecting", memory(server)
    visitor.start_connecting()
    began = time.monotonic()
    visitor.allow()
    visitor.page.get_by_text("loaded so far").wait_for()
    name = f"{CONTACTS:,} contacts at {LATENCY_MS} ms latency: Allow to first numbers"
    yield name, seconds(began)
    visitor.page.get_by_role("button", name=re.compile("Updated")).wait_for()
    yield name.replace("first numbers", "all records"), seconds(began)
    visitor.page.goto(f"{visitor.base}/contacts")
    opened = time.monotonic()
    visitor.rows()
    yield "contacts page opened, warm, to its table", seconds(opened)
    yield "memory of the dashboard with the portal on screen", memory(server)


def seconds(began):
    return f"{time.monotonic() - began:.2f} s"


def memory(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    kilobytes = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])
    return f"{kilobytes / 1024:.0f} MB"
