"""A real Chromium that watches itself: every visitor records what it asked for and what its console said."""

import csv
import io
import re
from urllib.parse import urlsplit

import pytest

from tests import running

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine's longest wait, and some.
PATIENCE = 60_000
# Streamlit's frontend looks for its server below a deep link's path first; two 404s that nobody can switch off.
INHERENT = re.compile(r"/[a-z_]+/_stcore/(health|host-config)$")
WATCH = """
document.addEventListener("securitypolicyviolation",
    event => window.violated(event.effectiveDirective, event.blockedURI, location.pathname));
"""
# Streamlit's bundle asks once whether it may use WebAssembly for long numbers, and goes on without.
INHERENT_VIOLATION = ("script-src", "wasm-eval")


@pytest.fixture(scope="module")
def chromium_browser(chromium):
    """A browser for each file: while one is driven, this thread has an event loop that other tests would meet."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only where a browser is there to drive)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """One person in one browser profile; `page` is the tab in front."""

    def __init__(self, browser, base, **options):
        self.base = base
        self.requests, self.failures, self.console, self.violations = [], [], [], []
        self.context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **options})
        self.context.set_default_timeout(PATIENCE)
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("response", self._note_failure)
        self.context.on("console", lambda message: self.console.append((message.type, message.text)))
        self.context.on("weberror", lambda error: self.console.append(("error", str(error.error))))
        self.context.expose_binding("violated", lambda _source, *told: self.violations.append(told))
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()

    def _note_failure(self, response):
        if response.status >= 400:
            self.failures.append((response.status, response.url))

    def tab(self):
        """Open another tab of the same browser and go on in it."""
        self.page = self.context.new_page()
        return self.page

    def close_tabs(self):
        """Close every tab, so that none asks for a server that is about to stop."""
        for page in self.context.pages:
            page.close()

    def open(self, path="/"):
        self.page.goto(self.base + path)

    def start_connecting(self):
        """Use the filled link of the connect screen."""
        label = re.compile("Connect HubSpot|Explore the sample portal")
        self.page.get_by_test_id("stMain").get_by_role("link", name=label).click()
        self.page.get_by_role("button", name="Allow").wait_for()

    def allow(self, account=None):
        if account:
            self.page.get_by_text(account).click()
        self.page.get_by_role("button", name="Allow").click()
        self.sees_heading()

    def connect(self, path="/contacts", account=None):
        """Connect and come to a page; to one that draws quickly, where any will do."""
        self.open(path)
        self.start_connecting()
        self.allow(account)

    def sees_heading(self, name=None):
        heading = self.page.get_by_role("heading", level=1)
        (heading.filter(has_text=name) if name else heading).first.wait_for()

    def sees(self, text):
        self.page.get_by_text(text).first.wait_for()

    def sees_charts(self, count):
        self.page.get_by_test_id("stPlotlyChart").nth(count - 1).wait_for()

    def settles(self):
        """Wait until no run is under way."""
        self.page.locator('[data-test-script-state="notRunning"]').wait_for()

    def options(self, label):
        """Open the list of a choice and return its options; where a run closed it just then, click again."""
        options = self.page.get_by_role("option").filter(visible=True)

        def are_open():
            self.page.get_by_role("combobox", name=label).click()
            self.page.wait_for_timeout(500)
            return options.count()

        running.wait_until(are_open, what=f"the options of {label}")
        return options

    def choose(self, label, option):
        """Type an option into a choice and take the first that begins so; where a run emptied it, type again."""
        found = self.page.get_by_role("option", name=re.compile(f"^{re.escape(option)}")).filter(visible=True)

        def is_listed():
            self.page.get_by_role("combobox", name=label).fill(option)
            self.page.wait_for_timeout(500)
            return found.count()

        running.wait_until(is_listed, what=f"the option {option}")
        found.first.click()

    def wait_until_loaded(self):
        """Wait for the whole copy: the stamp in the sidebar stands only beside one."""
        self.page.get_by_role("button", name=re.compile("Updated")).wait_for(timeout=2 * PATIENCE)

    def menu(self, label):
        self.page.get_by_test_id("stSidebar").get_by_test_id("stMenuButton").get_by_role("button").click()
        self.page.get_by_role("menuitem", name=label).or_(self.page.get_by_role("option", name=label)).click()

    def rows(self):
        """Return the rows of the table that are drawn, each as a dictionary by header, and how many there are in all.

        The line above the table says how many there are; the table follows it a moment later.
        """
        self.settles()
        grid = self.page.get_by_test_id("data-grid-canvas").locator("table").first
        line = self.page.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ (contacts|companies)$")).inner_text()
        count = int(line.split(" of ")[0].replace(",", ""))
        running.wait_until(
            lambda: grid.get_attribute("aria-rowcount") == str(min(count, 100) + 1), what=f"a table of {count} rows"
        )
        headers = grid.locator("thead th").all_text_contents()
        grid.locator("tbody tr").first.wait_for(state="attached")
        rows = [row.locator("td").all_text_contents() for row in grid.locator("tbody tr").all()]
        return [dict(zip(headers, row, strict=True)) for row in rows], count

    def download(self):
        with self.page.expect_download() as started:
            self.page.get_by_role("link", name="Download CSV").click()
        text = started.value.path().read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(text))), started.value.suggested_filename

    def history(self, page=None):
        """Return every address that Back can reach from here, this one first."""
        session = self.context.new_cdp_session(page or self.page)
        entries = session.send("Page.getNavigationHistory")
        return [entry["url"] for entry in entries["entries"]]

    def check(self, *hosts):
        """Assert that only these hosts were asked, that no policy was hurt, and that the console stayed silent."""
        asked = {urlsplit(url).netloc for url in self.requests if not url.startswith(("data:", "blob:"))}
        assert asked <= {urlsplit(self.base).netloc, *hosts}
        unexpected = [each for each in self.failures if not INHERENT.search(urlsplit(each[1]).path)]
        assert unexpected == []
        assert [each for each in self.violations if each[:2] != INHERENT_VIOLATION] == []
        loud = [text for kind, text in self.console if kind == "error" and "status of 404" not in text]
        assert loud == []
        assert len([text for kind, text in self.console if "status of 404" in text]) <= len(self.failures)


@pytest.fixture
def visitors(chromium_browser):
    """Make visitors of a dashboard; their browsers close with the test."""
    made = []

    def make(base, **options):
        made.append(Visitor(chromium_browser, base, **options))
        return made[-1]

    yield make
    for visitor in made:
        visitor.context.close()


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def log(tmp_path):
    return tmp_path / "dashboard.log"


@pytest.fixture
def sample(home, log):
    """A dashboard without any setting: the sample portal, the embedded store."""
    with running.dashboard(home, log) as server:
        yield server


def stored_files(home):
    """Return every file of the state directory but the store's own, as paths below it."""
    state = home / "state"
    files = [path.relative_to(state) for path in state.rglob("*") if path.is_file()]
    return [path.as_posix() for path in files if path.parts[0] != "redis"]
