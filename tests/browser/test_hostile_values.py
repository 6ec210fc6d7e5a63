"""A portal whose every text attacks: two hundred values as names, labels, options and owners, on every page."""

import re

import pytest

from hubspot.ui import elements
from tests import running
from tests.browser.hostile import COUNT, VALUES, WORST, Portal, rewriting

pytestmark = pytest.mark.browser
FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"-?\d+([.,]\d+)*")
# What a page must never be made to hold, whatever stands in a record.
FOREIGN = ", ".join(
    [
        *("iframe", "object", "embed", "base", "form[action]", "svg[onload]", ".katex", "details[ontoggle]"),
        *(f"[{name}]" for name in ("onerror", "onload", "onfocus", "onbegin", "ontoggle", "srcdoc")),
        *(f"[{name}*='evil.example']" for name in ("src", "*|href", "data", "action", "style")),
        *(f"[{name}^='{kind}:' i]" for name in ("*|href", "src") for kind in ("javascript", "vbscript")),
        # No chart of ours has links, or letters that are bold, slanted or raised.
        *(
            f".js-plotly-plot {each}"
            for each in ("a", "tspan[style*=weight]", "tspan[style*=italic]", "tspan[dy*='-0.']")
        ),
        *("a[href^='data:']", "main table:not([role=grid])", "main h1 ~ h1"),
    ]
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    # A few of a sandbox's records are in the recycle bin.
    options = ("--contacts", COUNT + 20, "--companies", COUNT + 20, "--no-limits")
    with running.sandbox(folder / "sandbox.log", *options) as hubspot, rewriting(hubspot.url, Portal()) as api_url:
        settings = {
            **running.settings_of(hubspot),
            "HUBSPOT_API_URL": api_url,
        }
        with running.dashboard(folder / "home", folder / "dashboard.log", **settings) as dashboard:
            dashboard.host = hubspot.url.removeprefix("http://")
            yield dashboard


def shown(text):
    """Return how a text reads in Markdown: an address has a letter without width inside."""
    return elements.plain(text).replace("\\", "")


class Watched:
    """A visitor whose pages tell when a value of a record did anything."""

    def __init__(self, visitor, server):
        self.visitor, self.server = visitor, server
        self.called, self.dialogs = [], []
        visitor.context.expose_binding("canary", lambda _source, *given: self.called.append(given))
        visitor.context.on("dialog", self._dismiss)

    def _dismiss(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    @property
    def page(self):
        return self.visitor.page

    def is_unharmed(self):
        """Assert that nothing ran, nothing was asked of another host, and that no element was made of a value."""
        assert self.called == []
        assert self.dialogs == []
        assert self.page.locator(FOREIGN).evaluate_all("found => found.map(each => each.outerHTML.slice(0, 200))") == []
        assert self.page.get_by_test_id("stException").count() == 0
        self.visitor.check(self.server.host)

    def turn_to(self, page):
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=page).click()
        self.visitor.sees_heading(page)
        self.visitor.settles()

    def hover_charts(self):
        """Move over every chart, and look at what it then shows; it must show something."""
        shown = set()
        for chart in self.page.get_by_test_id("stPlotlyChart").all():
            chart.scroll_into_view_if_needed()
            box = chart.bounding_box()
            for across in (0.04, 0.2, 0.5, 0.95):
                for down in (0.15, 0.5, 0.85):
                    self.page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
                    shown |= set(chart.locator(".hoverlayer .hovertext").all_text_contents())
                    assert chart.locator(FOREIGN).count() == 0
        self.page.mouse.move(0, 0)
        assert any("canary" in text for text in shown), shown

    def _choose_cell(self, grid):
        """Click the first cell; the table learns where it is while the mouse moves, and may be about to move itself."""
        box = grid.bounding_box()
        for y in (90, 50):
            self.page.mouse.move(box["x"] + 60, box["y"] + y, steps=4)
        self.page.mouse.click(box["x"] + 60, box["y"] + 50)
        self.page.keyboard.press("Shift+Enter")  # Enter alone opens the row
        self.page.wait_for_timeout(200)
        is_open = self.page.locator("#portal > div").count() > 0
        self.page.keyboard.press("Escape")
        return is_open

    def open_cells(self):
        """Open the cells of the first and of the last row as a person does to read them, and go through all between."""
        grid = self.page.get_by_test_id("stDataFrame").last
        grid.scroll_into_view_if_needed()
        running.wait_until(lambda: self._choose_cell(grid), what="a chosen cell")
        opened = self.page.locator("#portal > div")
        for ahead, way in (("ArrowRight", "Control+End"), ("ArrowLeft", "PageUp")):
            for _ in range(4):
                self.page.keyboard.press("Shift+Enter")
                opened.first.wait_for(state="attached")
                assert self.page.locator(FOREIGN).count() == 0
                self.page.keyboard.press("Escape")
                opened.first.wait_for(state="detached")
                self.page.keyboard.press(ahead)
            for _ in range(12):
                self.page.keyboard.press(way)


@pytest.fixture(scope="module")
def watched(chromium_browser, server):
    from tests.browser.conftest import Visitor  # noqa: PLC0415 (beside the other fixtures of a browser)

    visitor = Visitor(chromium_browser, server.url)
    watched = Watched(visitor, server)
    visitor.connect("/")
    visitor.wait_until_loaded()
    yield watched
    visitor.context.close()


def test_there_are_two_hundred_values_and_each_attacks_in_its_own_way():
    assert len(VALUES) == COUNT
    assert len(set(VALUES)) > COUNT * 0.95
    assert sum("canary" in value for value in VALUES) > COUNT / 4
    assert sum("evil.example" in value for value in VALUES) > COUNT / 6


def test_the_overview_shows_hostile_texts_letter_by_letter(watched):
    watched.turn_to("Overview")
    watched.visitor.sees_charts(8)

    watched.hover_charts()
    for help_icon in watched.page.get_by_test_id("stMetric").get_by_test_id("stTooltipHoverTarget").all():
        help_icon.hover()
        watched.page.get_by_test_id("stTooltipContent").first.wait_for()

    assert watched.page.get_by_test_id("stSidebar").get_by_text(shown(WORST), exact=True).count() >= 1
    watched.is_unharmed()


@pytest.mark.parametrize("page", ["Contacts", "Companies"])
def test_tables_charts_and_filters_of_hostile_records_are_whole_and_harmless(watched, page):
    watched.turn_to(page)
    watched.visitor.sees_charts(3)
    rows, count = watched.visitor.rows()
    assert count >= COUNT
    assert len(rows) >= 10

    watched.hover_charts()
    watched.open_cells()
    watched.visitor.settles()
    # A download of the table's own would hold formulas.
    assert watched.page.get_by_test_id("stElementToolbarButton").get_by_label("Search").count() == 1
    assert watched.page.get_by_test_id("stElementToolbarButton").get_by_label("Download").count() == 0
    for name in ("Owner", "Country"):
        watched.visitor.options(name).last.click()
        watched.page.keyboard.press("Escape")
        watched.visitor.settles()
    watched.page.get_by_placeholder("Search name").fill(WORST)
    watched.visitor.sees(f"“{shown(WORST)}”")
    watched.visitor.settles()
    watched.is_unharmed()

    watched.page.get_by_test_id("stMain").get_by_role("button", name="Clear all").first.click()
    watched.visitor.sees(f"{count} of {count} {page.lower()}")
    assert watched.visitor.rows()[1] == count
    watched.is_unharmed()


@pytest.mark.parametrize("page", ["Contacts", "Companies"])
def test_the_file_of_hostile_records_is_whole_and_holds_no_formula(watched, page):
    watched.turn_to(page)
    _, count = watched.visitor.rows()

    rows, name = watched.visitor.download()

    assert len(rows) == count >= COUNT
    assert re.fullmatch(rf"{page.lower()}-[a-z0-9-]+\.csv", name)
    cells = [cell for row in rows for cell in (*row, *row.values())]
    assert len(cells) == count * 2 * len(rows[0])
    assert [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)] == []
    assert {bare(value) for value in VALUES if bare(value)} <= {bare(row["Name"]) for row in rows}
    watched.is_unharmed()


def bare(text):
    """Return the letters of a text: without apostrophes, controls and spaces, which the file may add or leave out."""
    return re.sub(r"['\s\x00-\x1f\x7f\ufeff]", "", text)


def test_the_connection_page_the_menu_and_the_dialog_show_hostile_names_as_text(watched):
    watched.turn_to("Connection and privacy")
    assert watched.page.get_by_test_id("stMain").get_by_text(shown(WORST)).count() >= 3

    watched.page.get_by_test_id("stMain").get_by_role("button", name="Disconnect").click()
    dialog = watched.page.get_by_role("dialog")
    dialog.get_by_text(shown(WORST)).wait_for()
    watched.is_unharmed()

    dialog.get_by_role("button", name="Disconnect").click()
    watched.visitor.sees("is disconnected: the connection was revoked")
    watched.visitor.settles()
    assert watched.page.get_by_test_id("stMain").get_by_text(shown(WORST)).count() == 1
    watched.is_unharmed()
