"""The main job from beginning to end: with nothing on the machine, then with a HubSpot and a Redis of their own."""

import base64
import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from hubspot.connections import embedded
from hubspot.ui.numbers import EMPTY
from tests import running
from tests.browser.conftest import stored_files

pytestmark = pytest.mark.browser
COMPARED = ("Lifecycle Stage", "Contact owner", "Original Traffic Source")
HUB_ID = "26107341"


@dataclass
class Place:
    """Where a dashboard is started: its folder and settings, who else is asked, and where its keys lie."""

    folder: Path
    stored_keys: Callable[[], list[bytes]]
    settings: dict[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()

    def start(self, **options):
        return running.dashboard(self.folder / "home", self.folder / "dashboard.log", **self.settings, **options)


@pytest.fixture
def alone(tmp_path):
    """No setting at all: the sample portal and the embedded store."""
    state_dir = tmp_path / "home" / "state" / "redis"

    def keys():
        with redis.Redis(unix_socket_path=embedded._socket_path(state_dir)) as client:
            return list(client.scan_iter(count=1000))

    return Place(tmp_path, keys)


@pytest.fixture
def apart(tmp_path):
    """A sandbox and a redis-server of their own, known by settings only."""
    with ExitStack() as stack:
        hubspot = stack.enter_context(running.sandbox(tmp_path / "sandbox.log", "--contacts", 2500, "--companies", 400))
        store = stack.enter_context(running.redis_server(tmp_path))
        settings = {
            **running.settings_of(hubspot),
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        }

        def keys():
            with redis.Redis.from_url(store.url) as client:
                return list(client.scan_iter(count=1000))

        yield Place(tmp_path, keys, settings, (hubspot.url.removeprefix("http://"),))


@pytest.fixture(params=["alone", "apart"])
def place(request):
    return request.getfixturevalue(request.param)


def test_from_the_connect_screen_to_a_file_and_back_to_nothing(visitors, place):
    with place.start() as server:
        visitor = visitors(server.url)
        connect_and_look_around(visitor)
        total = visitor.rows()[1]
        count = filter_and_download(visitor, total)
        reload_and_open_a_second_tab(visitor, count)
        assert visitor.page.get_by_text("Sample data").count() == (0 if place.settings else 1)
        visitor.check(*place.hosts)
        visitor.close_tabs()
        port = int(server.url.rpartition(":")[2])

    with place.start(port=port):
        visitor.tab()
        visitor.open("/contacts")
        visitor.sees_heading("Contacts")
        assert visitor.rows()[1] == total
        disconnect(visitor)
        assert [key for key in place.stored_keys() if HUB_ID.encode() in key] == []
        assert [file for file in stored_files(place.folder / "home") if HUB_ID in file] == []
        visitor.check(*place.hosts)


def connect_and_look_around(visitor):
    visitor.connect("/")
    visitor.sees_heading("Overview")
    visitor.wait_until_loaded()
    visitor.sees("Recently created")
    visitor.sees_charts(8)
    for page in ("Companies", "Contacts"):
        visitor.page.get_by_test_id("stSidebar").get_by_role("link", name=page).click()
        visitor.sees_heading(page)
        visitor.page.get_by_role("link", name="Download CSV").wait_for()
        visitor.sees_charts(3)


def filter_and_download(visitor, total):
    visitor.options("Lifecycle stage").filter(has_text=re.compile(r"^Customer · [\d,]+$")).click()
    visitor.page.keyboard.press("Escape")
    visitor.sees("Lifecycle stage: Customer")
    visitor.sees(f"of {total:,} contacts")
    shown, count = visitor.rows()
    assert 0 < count < total
    assert {row["Lifecycle Stage"] for row in shown} == {"Customer"}

    downloaded, name = visitor.download()
    assert re.fullmatch(r"contacts-northwind-trading-\d{4}-\d\d-\d\d-\d{4}\.csv", name)
    assert len(downloaded) == count
    for screen, file in zip(shown, downloaded, strict=False):
        assert [file[column] for column in COMPARED] == [screen[column].replace(EMPTY, "") for column in COMPARED]
        # A name that a spreadsheet would take for a formula has an apostrophe in front.
        assert file["Name"].removeprefix("'") == screen["Name"]
    return count


def reload_and_open_a_second_tab(visitor, count):
    visitor.page.reload()
    visitor.sees_heading("Contacts")
    assert visitor.rows()[1] == count
    visitor.tab()
    visitor.open()
    visitor.sees_heading("Overview")


def disconnect(visitor):
    visitor.menu("Disconnect")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    visitor.sees_heading("See your HubSpot")
