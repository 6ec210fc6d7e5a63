"""A fresh process, whatever is asked of it first and whatever stands in its environment."""

import socket

import pytest

from tests import running

pytestmark = pytest.mark.browser


def test_a_deep_link_as_the_very_first_request_shows_the_frame_and_comes_back(visitors, sample):
    visitor = visitors(sample.url)
    visitor.open("/contacts")
    visitor.sees_heading("See your HubSpot")
    assert visitor.page.get_by_test_id("stSidebar").get_by_text("No portal connected").count() == 1
    assert visitor.page.get_by_test_id("stSidebarNav").count() == 0

    visitor.start_connecting()
    visitor.allow()

    visitor.sees_heading("Contacts")
    visitor.check()


def test_the_sample_portal_needs_no_proxy_and_no_particular_port(visitors, home, log):
    with socket.socket() as deaf:
        # A proxy that nobody answers at: whoever asked it would wait for ever.
        deaf.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with running.dashboard(home, log, HTTP_PROXY=proxy, HTTPS_PROXY=proxy, http_proxy=proxy) as server:
            visitor = visitors(server.url)
            visitor.connect("/companies")
            visitor.sees_heading("Companies")
            visitor.wait_until_loaded()
            visitor.check()


def test_the_address_by_number_leads_to_a_connection_as_well(visitors, sample):
    visitor = visitors(sample.url.replace("localhost", "127.0.0.1"))
    visitor.connect("/contacts")

    visitor.sees_heading("Contacts")
    visitor.check()


def test_a_wrong_setting_is_one_sentence_and_no_server(tmp_path):
    log = tmp_path / "dashboard.log"
    with pytest.raises(AssertionError, match="HUBSPOT_CLIENT_SECRET is not set"):
        running.start_dashboard(tmp_path / "home", log, HUBSPOT_CLIENT_ID="only")

    assert "Traceback" not in log.read_text()
