"""One sandbox and one dashboard for each test file that asks for them, with an empty token store for each test.

A file's SANDBOX are options of the sandbox, its SETTINGS are added to the dashboard's.
"""

import json
import logging
import threading
from functools import cache

import httpx
import pytest
import streamlit.logger
from streamlit.components.v2 import manifest_scanner

from hubspot.ui import logs, services
from tests.running import sandbox, wait_until
from tests.ui.tabs import APP, HTTPS, Browser, Wire, dashboard, end_loads


@pytest.fixture(scope="session", autouse=True)
def installed_packages():
    """Read once which packages hold components of Streamlit, not anew for every tab: a third of these tests' time."""
    with pytest.MonkeyPatch.context() as change:
        change.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="module")
def running(request, tmp_path_factory):
    options = getattr(request.module, "SANDBOX", ("--contacts", 20, "--companies", 5))
    with (
        sandbox(tmp_path_factory.mktemp("sandbox") / "log", "--no-limits", *options) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Wire(server, http)


@pytest.fixture
def wire(running):
    """The sandbox, without the faults that a test sets."""
    yield running
    running.faults()


@pytest.fixture(scope="module")
def home(request, tmp_path_factory, running):
    """The dashboard's folder; while it is there, this process is the dashboard."""
    folder = tmp_path_factory.mktemp("home")
    with dashboard(folder, **running.settings, **getattr(request.module, "SETTINGS", {})):
        yield folder


@pytest.fixture
def house(home):
    """The shared objects, with nothing in the token store and no copy of a portal."""
    built = services.services()
    end_loads()
    built.store.client.flushall()
    for hub_id in built.snapshots.hub_ids():
        built.snapshots.delete(hub_id)
    return built


@pytest.fixture
def someone(house):
    return Browser()


@pytest.fixture(scope="module")
def mara(home, running):
    """A browser whose portal is loaded."""
    # The test before may have left a load running, whose grant is gone.
    end_loads()
    browser = Browser()
    hub_id = browser.connect(running).account.hub_id
    browser.open()
    wait_until(lambda: services.services().snapshots.latest(hub_id))
    wait_until(lambda: not services.services().jobs.progress(hub_id).is_running)
    return browser


@pytest.fixture(scope="module")
def truth(running):
    """The portal's records as the sandbox has them, by object type."""
    lines = map(json.loads, running.http.get("/sandbox/truth").text.splitlines())
    live = [line for line in lines if line["kind"] == "record" and not line["archived"]]
    return {
        kind: [line["properties"] for line in live if line["object_type"] == kind] for kind in ("contacts", "companies")
    }


@pytest.fixture
def own_logging(monkeypatch):
    """The logger of this product, which a test may configure; afterwards all lines go where they went before."""
    server = [logging.getLogger(name) for name in logs._OF_THE_SERVER]
    touched = [*server, *map(logging.getLogger, ("", "hubspot", "httpx", *streamlit.logger._loggers))]
    before = [(each, each.handlers[:], each.level, each.propagate) for each in touched]
    for each in server:
        each.setLevel(logging.NOTSET)  # another test's server may have silenced it
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(streamlit.logger, "setup_formatter", streamlit.logger.setup_formatter)
    yield logging.getLogger("hubspot")
    logging.captureWarnings(capture=False)
    for each, handlers, level, propagate in before:
        each.handlers[:], each.propagate = handlers, propagate
        each.setLevel(level)
    for each in server:
        each.filters.clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def sample(folder):
    """The dashboard without a HubSpot app."""
    with dashboard(folder):
        yield


@pytest.fixture
def app(folder):
    """The dashboard with a HubSpot app, on this machine."""
    with dashboard(folder, **APP):
        yield


@pytest.fixture
def deployed(folder):
    """The dashboard with a HubSpot app, behind https."""
    with dashboard(folder, **APP, HUBSPOT_REDIRECT_URI=HTTPS):
        yield


@pytest.fixture
def northwind(wire):
    return wire.hub_id


@pytest.fixture
def connect(wire, house):
    """Connect a portal in a browser and load it; returns the browser."""

    def connected(person=None, **asked):
        person = person or Browser()
        hub_id = person.connect(wire, **asked).account.hub_id
        person.open(portal=str(hub_id))
        wait_until(lambda: house.snapshots.latest(hub_id) and not house.jobs.progress(hub_id).is_running)
        return person

    return connected
