"""Forged returns in a real browser: a sentence, a clean address, no connection, and nothing of them in any log."""

import os
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import redis

from hubspot import keyring
from hubspot.ui import words
from hubspot.ui.destinations import PAGES
from tests import running
from tests.forgeries import Forger

pytestmark = pytest.mark.browser
OPENED, AT_ONCE = 20 if os.environ.get("SOAK") else 15, 5
# A refusal may come without a state, so who forges one is told that nothing happened.
SENTENCES = [
    told.split(",")[0]
    for told in map(words.RETURNS.get, ("malformed", "expired", "other_browser", "refused", *words.REFUSALS))
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The dashboard with a key ring of its own in a file, and a redis-server that can be looked into."""
    folder = tmp_path_factory.mktemp("forgeries")
    with running.redis_server(folder) as store, running.sandbox(folder / "sandbox.log") as hubspot:
        settings = {
            **running.settings_of(hubspot),
            "REDIS_URL": store.url,
            "DASHBOARD_KEYS": "k1:" + "MTEx" * 10 + "MTE=",
        }
        with running.dashboard(folder / "home", folder / "dashboard.log", **settings) as dashboard:
            dashboard.store = store
            yield dashboard


def keys(server):
    with redis.Redis.from_url(server.store.url) as client:
        return {key: client.ttl(key) for key in client.scan_iter(count=1000)}


def test_forged_returns_connect_nothing_and_leave_nothing(visitors, server):
    visitor = visitors(server.url)
    visitor.open()
    visitor.sees_heading(words.HEADLINE)
    before = keys(server)
    forger = Forger(keyring.KeyRing({"k1": b"1" * 32}), tuple(PAGES), now=time.time(), seed=11)
    (forger.cookie,) = [each["value"] for each in visitor.context.cookies() if each["name"] == "hd_sid"]

    made = [forged for _ in range(4 * OPENED) if is_carried_by(forger.cookie, forged := forger.make())][:OPENED]
    assert len({forged.how for forged in made}) >= 6
    for start in range(0, OPENED, AT_ONCE):
        tabs = [open_return(visitor, forged) for forged in made[start : start + AT_ONCE]]
        for tab in tabs:
            tab.wait_for_url(f"{server.url}/?said=*")
            tab.get_by_role("heading", name=words.HEADLINE).wait_for()
            assert tab.get_by_test_id("stAlert").count() == 1
            assert any(tab.get_by_text(sentence).count() for sentence in SENTENCES)
            assert tab.get_by_test_id("stException").count() == 0
            addresses = [parse_qs(urlsplit(url).query) for url in visitor.history(tab)]
            assert not [query for query in addresses if {"code", "state", "error"} & set(query)]
            tab.close()

    assert keys(server) == before
    log = server.text()
    assert log.count("return refused") >= OPENED
    assert not [text for forged in made for text in forged.query.values() if len(text) >= 12 and text in log]
    visitor.check()


def is_carried_by(cookie, forged):
    """Return whether a real browser can bring it: with its own cookie, in an address that it can hold."""
    return forged.cookie == cookie and len(str(forged.query)) < 8000


def open_return(visitor, forged):
    tab = visitor.context.new_page()
    tab.goto(f"{visitor.base}/contacts?{urlencode(forged.query)}", wait_until="commit")
    return tab
