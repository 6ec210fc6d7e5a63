"""Every way back from HubSpot: each ends in the right place, with the right sentence and a clean address."""

import contextlib
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Error as BrowserError

from hubspot import keyring
from hubspot.connections.handshake import Handshake
from hubspot.ui import browser
from hubspot.ui.destinations import PAGES
from tests import running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("returns")
    with running.dashboard(folder / "home", folder / "dashboard.log") as dashboard:
        yield dashboard


def assert_clean(visitor):
    """Neither the address bar nor any page of ours that Back can reach holds a code or a state.

    The consent page, whose address HubSpot wants a state in, is HubSpot's own, here as there.
    """
    ours = [url for url in visitor.history() if "/oauth/authorize" not in url]
    assert not [url for url in ours if {"code", "state", "error"} & set(parse_qs(urlsplit(url).query))]


def returned_address(visitor):
    """Allow on the consent page, and return the address that HubSpot sent the browser back to."""
    with visitor.page.expect_request(re.compile(r"[?&]code=")) as request:
        visitor.page.get_by_role("button", name="Allow").click()
    return request.value.url


def test_refusing_leads_back_with_a_sentence(visitors, server):
    visitor = visitors(server.url)
    visitor.open("/contacts")
    visitor.start_connecting()
    visitor.page.get_by_role("button", name="Deny").click()

    visitor.sees("You did not allow access")
    assert urlsplit(visitor.page.url).path == "/contacts"
    assert_clean(visitor)
    visitor.check()


@pytest.mark.parametrize("state", ["", "forged", "A" * 600, "%00%ff"])
def test_a_forged_state_connects_nothing(visitors, server, state):
    visitor = visitors(server.url)
    visitor.open(f"/?code=na1-stolen&state={state}")

    visitor.sees("This sign-in link can't be read")
    visitor.sees_heading("See your HubSpot")
    assert_clean(visitor)


def test_a_link_that_was_meant_for_another_browser_connects_nothing(visitors, server):
    attacker, victim = visitors(server.url), visitors(server.url)
    attacker.open()
    attacker.start_connecting()
    attacker.context.route(re.compile(r"[?&]code="), lambda route: route.abort())
    address = returned_address(attacker)

    victim.open()
    victim.sees_heading("See your HubSpot")
    victim.page.goto(address)

    victim.sees("started in another browser")
    assert_clean(victim)


def test_back_after_connecting_leads_to_no_old_return(visitors, server):
    visitor = visitors(server.url)
    visitor.connect("/contacts")
    visitor.sees_heading("Contacts")
    assert_clean(visitor)

    visitor.page.go_back()
    visitor.page.go_forward()

    visitor.sees_heading("Contacts")
    assert_clean(visitor)


def test_a_return_opened_again_goes_where_the_first_one_went(visitors, server):
    visitor = visitors(server.url)
    visitor.open("/companies")
    visitor.start_connecting()
    address = returned_address(visitor)
    visitor.sees_heading("Companies")

    visitor.page.goto(address)

    visitor.sees_heading("Companies")
    assert visitor.page.get_by_text("already used").count() == 0
    assert_clean(visitor)


def test_reloading_during_the_exchange_still_connects(visitors, tmp_path):
    with (
        running.sandbox(tmp_path / "sandbox.log", "--contacts", 50, "--companies", 10, "--latency-ms", 1500) as hubspot,
        running.dashboard(
            tmp_path / "home",
            tmp_path / "dashboard.log",
            HUBSPOT_API_URL=hubspot.ready["api_url"],
            HUBSPOT_AUTHORIZE_URL=hubspot.ready["authorize_url"],
            HUBSPOT_CLIENT_ID=hubspot.ready["client_id"],
            HUBSPOT_CLIENT_SECRET=hubspot.ready["client_secret"],
        ) as slow,
    ):
        visitor = visitors(slow.url)
        visitor.open("/contacts")
        visitor.start_connecting()
        address = returned_address(visitor)
        visitor.page.wait_for_timeout(700)
        visitor.page.goto(address)

        visitor.sees_heading("Contacts")
        visitor.sees("Connected to northwind.example")
        assert_clean(visitor)


def test_two_tabs_that_connect_at_once_both_arrive(visitors, server):
    visitor = visitors(server.url)
    visitor.open("/contacts")
    first = visitor.page
    visitor.start_connecting()
    visitor.tab()
    visitor.open("/companies")
    visitor.start_connecting()

    first.get_by_role("button", name="Allow").click()
    visitor.page.get_by_role("button", name="Allow").click()

    visitor.sees_heading("Companies")
    visitor.page = first
    visitor.sees_heading("Contacts")
    assert_clean(visitor)


def test_the_second_account_stands_beside_the_first(visitors, server):
    visitor = visitors(server.url)
    visitor.connect()
    visitor.sees("Northwind Trading")
    visitor.menu("Connect another portal")
    visitor.allow("Alder & Finch")
    visitor.sees("US/Eastern · USD")

    visitor.menu("Switch to Northwind Trading")

    visitor.sees("Europe/Berlin · EUR")
    assert "portal=26107341" in visitor.page.url
    visitor.page.reload()
    visitor.sees("Europe/Berlin · EUR")
    visitor.check()


def test_signing_out_here_keeps_the_other_browsers_connection(visitors, server):
    here, there = visitors(server.url), visitors(server.url)
    here.connect()
    there.connect()
    here.menu("Sign out")
    here.sees_heading("See your HubSpot")

    there.page.reload()

    there.sees_heading("Contacts")


def test_disconnecting_in_one_tab_empties_the_other_one_at_its_next_run(visitors, server):
    visitor = visitors(server.url)
    visitor.connect("/contacts")
    visitor.wait_until_loaded()
    other = visitor.page
    visitor.tab()
    visitor.open()
    visitor.sees_heading("Overview")
    visitor.menu("Disconnect")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    visitor.sees_heading("See your HubSpot")

    visitor.page = other
    with contextlib.suppress(BrowserError):  # it may have emptied by itself just before
        other.get_by_placeholder("Search name, email, company").fill("a", timeout=3000)

    visitor.sees_heading("See your HubSpot")


def test_an_expired_state_asks_to_start_again(visitors, server):
    visitor = visitors(server.url)
    visitor.open()
    visitor.sees_heading("See your HubSpot")
    cookie = next(each["value"] for each in visitor.context.cookies() if each["name"] == "hd_sid")
    # A true state of this browser, begun eleven minutes ago; beginning asks no store.
    ring = keyring.load({}, server.log.parent / "home" / "config")
    eleven_minutes_ago = Handshake(None, ring, pages=tuple(PAGES), now=lambda: time.time() - 660)
    state = eleven_minutes_ago.begin(browser.hashed(cookie), "contacts").state

    visitor.open(f"/?code=na1-late&state={state}")

    visitor.sees("older than 10 minutes")
    assert_clean(visitor)
