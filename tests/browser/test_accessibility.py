"""Every page as axe-core sees it, light and dark; and the way through it by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from hubspot.ui.destinations import PAGES
from tests import running
from tests.browser.conftest import Visitor

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
() => ({CONTROLS})().filter(each => !each.dataset.reached && each.textContent !== "Stop"
    && !each.closest("[role=radiogroup], [role=group], [role=tablist]")?.querySelector("[data-reached]"))
    .map(each => each.outerHTML.slice(0, 160))
"""
MARK = "each => { each.dataset.reached = 1 }"
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


@pytest.fixture(scope="module")
def person(chromium_browser, server):
    """One person for all: what is looked at is the pages, and connecting takes its time."""
    visitor = Visitor(chromium_browser, server.url)
    visitor.connect()
    visitor.wait_until_loaded()
    yield visitor
    visitor.context.close()


def turned_to(visitor, page):
    visitor.open(page.path)
    visitor.sees_heading(page.title)
    visitor.settles()
    return page.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(visitors, person, server, scheme):
    stranger = visitors(server.url, color_scheme=scheme)
    stranger.open("/")
    stranger.sees_heading()
    stranger.settles()
    person.page.emulate_media(color_scheme=scheme)

    found = {"connect": grave(stranger.page)}
    found |= {turned_to(person, page): grave(person.page) for page in PAGES.values()}

    assert {name: violations for name, violations in found.items() if violations} == {}


@pytest.mark.parametrize("page", ["overview", "contacts", "companies", "connection"])
def test_every_control_is_reached_by_the_tab_key(person, page):
    turned_to(person, PAGES[page])
    for _ in range(steady(person) + 20):
        person.page.keyboard.press("Tab")
        person.page.evaluate(REACH)

    assert person.page.evaluate(UNREACHED) == []


@pytest.mark.parametrize("page", ["lifecycle", "data_health"])
def test_every_control_is_in_the_order_of_the_tab_key(person, page):
    """Coming to a table here chooses its first cell and shows more below, so that there is no end to press on to."""
    turned_to(person, PAGES[page])
    steady(person)

    person.page.evaluate(
        f"() => ({CONTROLS})().forEach(each => {{ if (each.tabIndex >= 0) each.dataset.reached = 1 }})"
    )
    assert person.page.evaluate(UNREACHED) == []


def steady(visitor):
    """Return how many controls the page has once all of its parts are there."""
    known = -1
    while (count := visitor.page.evaluate(f"() => ({CONTROLS})().length")) != known:
        known = count
        visitor.settles()
        visitor.page.wait_for_timeout(1000)
    return count


def test_a_narrow_screen_scrolls_down_only(person):
    person.page.set_viewport_size(NARROW)
    for page in PAGES.values():
        turned_to(person, page)

        wide = person.page.get_by_test_id("stMain").evaluate("each => each.scrollWidth - each.clientWidth")
        assert (wide, person.page.evaluate("document.documentElement.scrollWidth")) == (0, NARROW["width"]), page.name
