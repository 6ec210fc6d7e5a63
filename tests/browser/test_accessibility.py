"""Every page as axe-core sees it, light and dark; and the way through it by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from hubspot.ui.destinations import PAGES
from tests import running

pytestmark = pytest.mark.browser
GRAVE = {"serious", "critical"}
NARROW = {"width": 420, "height": 900}
# What a person can use, as far as it is seen; of a group that the arrow keys move in, one member is enough.
CONTROLS = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")].filter(each =>
    !each.disabled && each.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && each.getBoundingClientRect().width > 1 && !each.closest("[aria-hidden=true], [inert]"))
"""
UNREACHED = f"""
() => ({CONTROLS})().filter(each => !each.dataset.reached
    && !each.closest("[role=radiogroup], [role=group], [role=tablist]")?.querySelector("[data-reached]"))
    .map(each => each.outerHTML.slice(0, 160))
"""
REACH = "() => { const at = document.activeElement; at.dataset.reached = 1; return at.outerHTML.slice(0, 200) }"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accessible")
    with (
        running.sandbox(folder / "sandbox.log", "--contacts", 400, "--companies", 80, "--no-limits") as hubspot,
        running.dashboard(folder / "home", folder / "log", **running.settings_of(hubspot)) as server,
    ):
        yield server


def grave(page):
    """Return what axe-core finds serious or critical: the rule, and the place of each violation."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], node["html"][:160]) for each in found if each["impact"] in GRAVE for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(visitors, server, scheme):
    visitor = visitors(server.url, color_scheme=scheme)
    visitor.open("/")
    visitor.sees_heading()
    visitor.settles()
    found = {"connect": grave(visitor.page)}
    visitor.start_connecting()
    visitor.allow()
    visitor.wait_until_loaded()
    for page in PAGES.values():
        visitor.open(page.path)
        visitor.sees_heading(page.title)
        visitor.settles()
        found[page.name] = grave(visitor.page)

    assert {name: violations for name, violations in found.items() if violations} == {}


@pytest.fixture
def connected(visitors, server):
    def connect(**options):
        visitor = visitors(server.url, **options)
        visitor.connect()
        visitor.wait_until_loaded()
        return visitor

    return connect


def test_every_control_of_every_page_is_reached_by_the_tab_key(connected):
    visitor = connected()
    for page in PAGES.values():
        visitor.open(page.path)
        visitor.sees_heading(page.title)
        for _ in range(steady(visitor) + 20):
            visitor.page.keyboard.press("Tab")
            visitor.page.evaluate(REACH)

        assert visitor.page.evaluate(UNREACHED) == [], page.name


def steady(visitor):
    """Return how many controls the page has once all of its parts are there."""
    known = -1
    while (count := visitor.page.evaluate(f"() => ({CONTROLS})().length")) != known:
        known = count
        visitor.settles()
        visitor.page.wait_for_timeout(1000)
    return count


def test_a_narrow_screen_scrolls_down_only(connected):
    visitor = connected(viewport=NARROW)
    for page in PAGES.values():
        visitor.open(page.path)
        visitor.sees_heading(page.title)
        visitor.settles()

        wide = visitor.page.get_by_test_id("stMain").evaluate("each => each.scrollWidth - each.clientWidth")
        assert (wide, visitor.page.evaluate("document.documentElement.scrollWidth")) == (0, NARROW["width"]), page.name
