import re
from unittest.mock import patch

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from hubspot.connections.handshake import Notice
from hubspot.ui import services, words
from hubspot.ui.destinations import PAGES
from tests.ui.tabs import ROOT, Browser, commonest, count_line, rows

SANDBOX = ("--contacts", 300, "--companies", 60)
TITLES = {
    "overview": "Overview",
    "contacts": "Contacts",
    "companies": "Companies",
    "lifecycle": "Lifecycle",
    "data_health": "Data health",
    "connection": PAGES["connection"].title,
}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_its_title_and_the_portal(mara, truth, page):
    tab = mara.open(page)

    assert tab.titles == [TITLES[page]]
    assert tab.alerts == []
    assert "Northwind Trading" in tab.text
    assert f"{len(truth['contacts'])} contacts · {len(truth['companies'])} companies" in tab.text
    assert "Updated just now" in tab.text
    assert "Europe/Berlin · EUR" in tab.text
    assert not tab.has_script


def test_the_overview_counts_what_the_portal_holds(mara, truth):
    tab = mara.open()

    numbers = {each.label: each.value for each in tab.at.metric}
    customers = sum(record["lifecyclestage"] in {"customer", "evangelist"} for record in truth["contacts"])
    assert numbers["Contacts"] == str(len(truth["contacts"]))
    assert numbers["Companies"] == str(len(truth["companies"]))
    assert len(numbers) == 6
    assert customers
    assert rows(tab) == 8
    assert len(tab.at.get("plotly_chart")) >= 4


def test_the_numbers_are_compared_with_last_year_on_request(mara):
    tab = mara.open("overview", compare="Compare: last year")

    told = {each.label: each.proto.delta_description for each in tab.at.metric if each.proto.delta_description}
    assert set(told) >= {"Contacts", "New contacts", "Companies"}
    assert all(re.search(r" 20\d\d$", words) for words in told.values())


@pytest.mark.parametrize(
    ("grain", "heading"),
    [
        ("Days", "per day"),
        ("Weeks", "per week"),
        ("Months", "per month"),
        ("Quarters", "per quarter"),
        ("Years", "per week"),
        ("", "per week"),
    ],
)
def test_the_overviews_grain_comes_from_the_address(mara, grain, heading):
    tab = mara.open(grain=grain)

    assert f"New contacts {heading}, by source" in tab.text


@pytest.mark.parametrize("page", ["contacts", "companies"])
def test_a_list_shows_every_record_and_its_download(mara, truth, page):
    tab = mara.open(page)

    total = len(truth[page])
    assert count_line(tab) == f"{total} of {total} {page}"
    assert rows(tab) == total
    assert "Download CSV" in tab.text
    assert len(tab.at.get("plotly_chart")) == 3
    assert tab.address == {}


@pytest.mark.parametrize("page", ["contacts", "companies"])
def test_a_chosen_owner_filters_the_list_and_enters_the_address(mara, truth, page):
    owner, count = commonest(truth[page], "hubspot_owner_id")
    tab = mara.open(page)

    tab.at.multiselect(key=f"{page}.owner").set_value([owner])
    tab.run()

    assert count_line(tab) == f"{count} of {len(truth[page])} {page}"
    assert rows(tab) == count
    assert tab.address == {"owner": owner}


@pytest.mark.parametrize(("page", "name"), [("contacts", "lifecyclestage"), ("companies", "lifecyclestage")])
def test_a_link_with_a_filter_opens_the_same_list(mara, truth, page, name):
    stage, count = commonest(truth[page], name)

    tab = mara.open(page, stage=stage)

    assert count_line(tab) == f"{count} of {len(truth[page])} {page}"
    assert tab.at.multiselect(key=f"{page}.stage").value == [stage]
    assert tab.address == {"stage": stage}


def test_records_without_an_owner_can_be_chosen_by_link(mara, truth):
    count = sum(not record["hubspot_owner_id"] for record in truth["contacts"])

    tab = mara.open("contacts", owner="-")

    assert count_line(tab) == f"{count} of {len(truth['contacts'])} contacts"


def test_a_search_finds_and_never_enters_the_address(mara, truth):
    email = next(record["email"] for record in truth["contacts"] if record["email"])
    tab = mara.open("contacts")

    tab.at.text_input(key="contacts.search").set_value(email)
    tab.run()

    assert rows(tab) >= 1
    assert rows(tab) < len(truth["contacts"])
    assert set(tab.address) == {"view"}
    assert email not in tab.address["view"]


def test_a_country_filters_and_never_enters_the_address(mara, truth):
    country, count = commonest(truth["contacts"], "country")
    tab = mara.open("contacts")

    tab.at.multiselect(key="contacts.country").set_value([country])
    tab.run()

    assert count_line(tab).startswith(f"{count} of ")
    assert set(tab.address) == {"view"}
    assert country not in tab.address["view"]


def test_a_country_in_the_address_is_not_taken_and_leaves_it(mara, truth):
    country, _ = commonest(truth["contacts"], "country")

    tab = mara.open("contacts", country=country)

    assert rows(tab) == len(truth["contacts"])
    assert tab.address == {}


@pytest.mark.parametrize(
    "query",
    [
        {"owner": "nobody.000"},
        {"stage": "no-such-stage"},
        {"created": "tomorrow"},
        {"created": "2026-13-45..2026-02-30"},
        {"created": ".."},
        {"source": "%", "industry": "%zz"},
        {"owner": "x." * 500 + "x"},
        {"search": "a name that somebody put into a link"},
    ],
)
def test_what_an_address_says_wrongly_filters_nothing_and_leaves_it(mara, truth, query):
    tab = mara.open("contacts", **query)

    assert rows(tab) == len(truth["contacts"])
    assert tab.address == {}


@pytest.mark.parametrize("portal", ["1", "x", "-5", "٣", "9" * 5000, ""])
def test_a_portal_that_the_browser_may_not_see_is_not_shown(mara, portal):
    tab = mara.open("contacts", portal=portal)

    assert "Northwind Trading" in tab.text
    assert tab.alerts == []


def test_an_empty_filter_offers_the_one_whose_removal_helps(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)
    tab.at.text_input(key="contacts.search").set_value("nobody is called this")
    tab.run()

    assert "No contacts match these 2 filters" in tab.text
    assert f"Removing *“nobody is called this”* brings back {count} contacts." in tab.text
    tab.press("contacts.relief")

    assert count_line(tab).startswith(f"{count} of ")
    assert tab.address == {"stage": stage}


def test_an_empty_filter_can_be_cleared_as_a_whole(mara, truth):
    tab = mara.open("companies")
    tab.at.text_input(key="companies.search").set_value("no company is called this")
    tab.run()
    assert "No companies match this filter" in tab.text

    tab.press("companies.clear.empty")

    assert rows(tab) == len(truth["companies"])


def test_chips_name_the_filters_and_taking_one_off_removes_it(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage, created="last-12-months")
    chips = tab.at.get("button_group")[0]
    assert [
        chip.startswith(begin) for chip, begin in zip(chips.formatted_values, ["Created: ", "Lifecycle"], strict=True)
    ]

    chips.set_value(["created"])
    tab.run()

    assert tab.address == {"created": "last-12-months"}


def test_clear_all_takes_every_filter_off(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage, created="this-year")

    tab.press("contacts.clear")

    assert rows(tab) == len(truth["contacts"])
    assert tab.address == {}


def test_filters_are_still_set_after_a_visit_to_another_page(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)

    tab.turn_to("overview")
    tab.turn_to("contacts")

    assert count_line(tab).startswith(f"{count} of ")
    assert tab.address == {"stage": stage}


def test_the_connection_page_says_what_is_kept_and_where(mara, running):
    tab = mara.open("connection")

    for words_on_it in (
        ":gray[Portal ID:] 26107341",
        ":gray[Time zone:] Europe/Berlin",
        ":gray[Where:] inside this dashboard",
        ":gray[Kept on disk:] append-only file",
        ":gray[When full:] keeps everything",
        ":gray[Sealed with:] AES-256-GCM, key k1",
        "after 30 days without a visit",
        "It only reads. Nothing in HubSpot can be changed from here.",
    ):
        assert words_on_it in tab.text
    assert tab.at.get("warning") == []


def test_the_connection_page_warns_of_a_store_that_the_operator_should_mend(mara, monkeypatch):
    monkeypatch.setattr(services.services().store, "where", "redis://redis.example:6379/0")

    tab = mara.open("connection")

    assert ":gray[Where:] redis" in tab.text
    assert [alert for alert in tab.alerts if "without TLS" in alert]


def test_no_page_shows_a_token_or_the_address_of_the_person_who_connected(mara):
    house = services.services()
    (grant,) = house.sessions.visible(mara.person).grants.values()
    secrets = [
        house.grants.access(grant.account),
        house.grants._renewal.record(grant.account).refresh_token,
        grant.user,
    ]

    shown = "".join(mara.open(page).text for page in PAGES)

    assert not [secret for secret in [*secrets, mara.cookie, mara.person] if secret in shown]


def test_a_notice_stays_until_the_page_is_turned(mara):
    services.services().handshake.leave_notice(mara.person, Notice("info", "Connected to Northwind."))
    tab = mara.open("contacts")
    assert tab.alerts == ["Connected to Northwind."]

    assert tab.run().alerts == ["Connected to Northwind."]
    assert tab.turn_to("companies").alerts == []
    assert tab.turn_to("contacts").alerts == []


def test_a_notice_is_for_the_browser_it_was_left_for(mara):
    services.services().handshake.leave_notice(Browser().person, Notice("info", "Connected."))

    assert mara.open().alerts == []


@pytest.mark.parametrize("verdict", words.RETURNS)
def test_a_verdict_in_the_address_is_said_in_its_fixed_words(mara, verdict):
    assert mara.open(said=verdict).alerts == [words.RETURNS[verdict]]


@pytest.mark.parametrize("verdict", ["", "nothing", "<b>hello</b>"])
def test_nothing_else_in_the_address_is_said(mara, verdict):
    assert mara.open(said=verdict).alerts == []


@pytest.mark.parametrize("page", PAGES)
def test_the_sidebar_leads_to_every_page_and_marks_this_one(mara, page):
    tab = mara.open(page)

    labels = [each.label for each in tab.at.sidebar.get("page_link")]
    assert labels == [f"**{each.title}**" if name == page else each.title for name, each in PAGES.items()]


def alone(person, page, **query):
    """Run a page as Streamlit does before st.navigation was called: without app.py."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    at.query_params.update(query)
    at.switch_page(f"pages/{page}.py")
    with patch.object(ContextProxy, "cookies", person.cookies):
        at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("page", ["contacts", "companies", "connection"])
def test_a_page_that_runs_outside_the_frame_goes_into_it(mara, page):
    at = alone(mara, page)

    assert [each.value for each in at.title] == [TITLES[page]]
    assert at.get("menu_button")
    assert "next" not in at.query_params


def test_a_page_that_runs_outside_the_frame_shows_a_stranger_nothing(mara):
    at = alone(Browser(), "contacts")

    assert [each.value for each in at.title] == [words.HEADLINE]
    assert not at.dataframe


def test_a_page_that_runs_outside_the_frame_keeps_the_filters_of_its_link(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")

    at = alone(mara, "contacts", stage=stage)

    assert len(at.dataframe[0].value) == min(count, 100)
    assert at.query_params == {"stage": stage}


@pytest.mark.parametrize("asked", ["https://evil.example", "x", "Overview"])
def test_a_destination_that_is_no_page_is_home(mara, asked):
    assert mara.open("contacts", next=asked).titles == ["Overview"]


@pytest.mark.parametrize("page", list(PAGES))
def test_an_address_that_names_choices_without_a_value_shows_the_usual_ones(mara, page):
    names = (
        "grain",
        "object",
        "mode",
        "by",
        "properties",
        "tab",
        "duplicates_of",
        "days",
        "finding",
        "sort",
        "columns",
        "compare",
    )
    tab = mara.open(page, **dict.fromkeys(names, ""))

    assert not tab.at.exception
    assert tab.at.title[0].value == PAGES[page].title
