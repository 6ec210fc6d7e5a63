import pytest

from hubspot.portal import OBJECT_TYPES
from hubspot.ui import destinations
from hubspot.ui.destinations import PAGES
from tests.ui.tabs import ROOT


def test_every_page_is_a_script_and_every_script_a_page():
    assert {page.file for page in PAGES.values()} == {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}


def test_home_is_the_first_page_and_the_root():
    assert next(iter(PAGES)) == destinations.HOME
    assert PAGES[destinations.HOME].path == "/"


@pytest.mark.parametrize("name", [name for name in PAGES if name != destinations.HOME])
def test_every_other_page_is_found_under_its_name(name):
    assert PAGES[name].path == f"/{name}"


def test_a_page_needs_an_object_type_or_none():
    assert {page.needs for page in PAGES.values()} == {"", *OBJECT_TYPES}


@pytest.mark.parametrize("name", [None, "", "/contacts", "CONTACTS", "https://evil.example", "contacts "])
def test_what_is_no_page_is_home(name):
    assert destinations.known(name) == destinations.HOME


def test_a_jump_stays_on_this_origin():
    assert all(jump.startswith("/") and not jump.startswith("//") for jump in destinations.jumps())


def test_each_jump_is_listed_once():
    assert len(set(destinations.jumps())) == len(destinations.jumps())
