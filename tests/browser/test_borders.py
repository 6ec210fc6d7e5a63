"""Borders in a real browser: between portals, between browsers, between pages of one machine."""

import http.server
import threading

import httpx
import pytest

from hubspot.sandbox.portals import ALDER, NORTHWIND
from hubspot.ui import words
from tests import running

pytestmark = pytest.mark.browser
# A page of some other program on this machine, which knows our address.
FOREIGN_PAGE = """<!doctype html><title>waiting</title><iframe src="{url}/contacts"></iframe><script>
const told = text => {{ document.title = document.title === "waiting" ? text : document.title; }};
const socket = new WebSocket("{socket}/_stcore/stream", ["streamlit"]);
socket.onopen = () => told("heard");
socket.onerror = () => told("refused");
</script>"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("borders")
    with running.sandbox(folder / "sandbox.log", "--contacts", 300, "--companies", 60, "--no-limits") as hubspot:
        settings = running.settings_of(hubspot)
        with running.dashboard(folder / "home", folder / "dashboard.log", **settings) as dashboard:
            dashboard.host = hubspot.url.removeprefix("http://")
            yield dashboard


def download_address(visitor):
    with visitor.page.expect_download() as started:
        visitor.page.get_by_role("link", name="Download CSV").click()
    return started.value.url


def fetched(visitor, file):
    return visitor.context.request.get(file, max_redirects=0)


def test_no_address_of_one_browser_opens_anything_in_another(visitors, server):
    mine, other = visitors(server.url), visitors(server.url)
    mine.connect("/contacts", NORTHWIND.name)
    mine.wait_until_loaded()
    other.connect("/contacts", ALDER.name)
    file = download_address(mine)

    assert fetched(mine, file).status == 200
    assert fetched(mine, file).headers["cache-control"] == "no-store"
    assert fetched(other, file).status == 303
    assert httpx.get(file, trust_env=False).status_code == 303
    for page in ("", "contacts", "companies", "connection"):
        other.open(f"/{page}?portal={NORTHWIND.hub_id}&owner={NORTHWIND.owners[0].id}")
        other.sees(f"{ALDER.time_zone} · {ALDER.currency}")
        other.settles()
        assert NORTHWIND.name not in other.page.locator("body").inner_text()
    other.open(file.removeprefix(server.url))
    other.sees(words.FILES["file_of_another"])
    other.check(server.host)

    mine.menu("Sign out")
    mine.sees_heading("See your HubSpot")
    assert fetched(mine, file).status == 303


def test_a_page_that_stays_open_empties_by_itself_after_disconnecting_elsewhere(visitors, server):
    visitor = visitors(server.url)
    visitor.connect("/contacts", NORTHWIND.name)
    visitor.wait_until_loaded()
    left_open = visitor.page
    visitor.rows()
    visitor.tab()
    visitor.open("/connection")
    visitor.page.get_by_test_id("stMain").get_by_role("button", name="Disconnect").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    visitor.sees_heading("See your HubSpot")

    visitor.page = left_open

    visitor.sees_heading("See your HubSpot")
    assert left_open.get_by_test_id("stDataFrame").count() == 0
    assert NORTHWIND.name not in left_open.get_by_test_id("stSidebar").inner_text()


@pytest.fixture
def elsewhere(server):
    """Another web server of this machine; a browser sends it, and it sends us, the cookies of localhost."""
    page = FOREIGN_PAGE.format(url=server.url, socket=server.url.replace("http", "ws")).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            """Stay silent."""

    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=foreign.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{foreign.server_port}"
    foreign.shutdown()
    foreign.server_close()
    thread.join()


def test_a_page_of_another_program_on_this_machine_neither_speaks_for_a_person_nor_frames_us(
    visitors, server, elsewhere
):
    visitor = visitors(server.url)
    visitor.connect("/contacts", NORTHWIND.name)

    visitor.page.goto(elsewhere)

    visitor.page.wait_for_function("document.title !== 'waiting'")
    assert visitor.page.title() == "refused"
    framed = visitor.page.frames[1]
    assert framed.get_by_role("heading").filter(has_text="Contacts").count() == 0
    assert any("frame-ancestors" in text for _, text in visitor.console)


def test_no_step_of_connecting_and_looking_asks_for_what_the_policy_forbids(visitors, sample):
    visitor = visitors(sample.url)
    visitor.open()
    visitor.page.get_by_test_id("stMain").get_by_role("button", name="Connect HubSpot").click()
    visitor.page.get_by_role("dialog").get_by_text("Make an app in HubSpot").wait_for()
    visitor.page.keyboard.press("Escape")
    visitor.start_connecting()
    visitor.allow()
    visitor.sees_charts(2)

    for page in ("Contacts", "Companies", "Connection and privacy", "Overview"):
        visitor.page.get_by_test_id("stSidebar").get_by_role("link", name=page).click()
        visitor.sees_heading(page)
        visitor.settles()
    visitor.menu("Disconnect")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    visitor.sees_heading("See your HubSpot")

    visitor.check()
