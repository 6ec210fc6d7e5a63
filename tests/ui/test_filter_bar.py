from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hubspot.analysis import filters as filtering
from hubspot.analysis.filters import Filters
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import filter_bar
from tests.analysis.factories import portal
from tests.ui.tabs import commonest, count_line, rows
from tests.ui.views import view

SANDBOX = ("--contacts", 300, "--companies", 60)
BERLIN = ZoneInfo("Europe/Berlin")


def said(filters, name, object_type=CONTACTS):
    return filter_bar.in_words(view(portal=portal()), object_type, filters, name)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"100"}, "Owner: Maya Ortiz"),
        ({"100", "101"}, "Owner: Maya Ortiz, Tom Reed"),
        ({"100", "101", "102"}, "Owner: Maya Ortiz, Tom Reed and 1 more"),
        ({NO_VALUE}, "Owner: No owner"),
    ],
)
def test_a_filter_is_said_in_the_portals_labels(chosen, expected):
    assert said(Filters(owner=frozenset(chosen)), "owner") == expected


def test_what_people_typed_is_said_letter_by_letter():
    assert said(Filters(search=" :red[x] "), "search") == r"“\:red\[x\]”"
    assert said(Filters(country=frozenset({"*Chile*"})), "country") == r"Country: \*Chile\*"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 1), date(2026, 11, 22), "Created: 1 Nov 2026 to 22 Nov 2026"),
        (date(2026, 11, 1), None, "Created: since 1 Nov 2026"),
    ],
)
def test_days_are_said_with_their_year(first, last, expected):
    assert said(Filters(created_from=first, created_to=last), "created") == expected


def test_every_filter_has_a_title_and_a_kind_the_analysis_knows():
    assert set(filter_bar.TITLES) == set(filtering.NAMES)
    for object_type in (CONTACTS, COMPANIES):
        assert set(filter_bar.OFFERED[object_type]) <= set(filtering.CHOICES)


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("span", "first"),
    [
        ("Last 7 days", date(2026, 11, 17)),
        ("Last 30 days", date(2026, 10, 25)),
        ("This month", date(2026, 11, 1)),
        ("This year", date(2026, 1, 1)),
    ],
)
def test_spans_count_today(span, first):
    assert filter_bar.SPANS[span](TODAY) == first


def created_between(records, first, last):
    """Count records by the day they were created in the portal's time zone."""
    instants = (datetime.fromisoformat(record["createdate"]) for record in records if record["createdate"])
    return sum(first <= instant.astimezone(BERLIN).date() <= last for instant in instants)


def test_days_in_the_address_are_days_of_the_portal(mara, truth):
    first, last = date(2025, 3, 1), date(2026, 2, 28)

    tab = mara.open("contacts", created=f"{first}..{last}")

    assert rows(tab) == created_between(truth["contacts"], first, last) > 0
    assert tab.at.selectbox(key="contacts.created").value == filter_bar.CHOSEN_DAYS
    assert tab.at.date_input(key="contacts.days").value == (first, last)
    assert tab.address == {"created": f"{first}..{last}"}


@pytest.mark.parametrize(("told", "span"), [("last-30-days", "Last 30 days"), ("this-year", "This year")])
def test_a_span_in_the_address_stays_a_span(mara, truth, told, span):
    today = datetime.now(UTC).astimezone(BERLIN).date()

    tab = mara.open("contacts", created=told)

    assert tab.at.selectbox(key="contacts.created").value == span
    assert tab.address == {"created": told}
    assert f"Created: {span.lower()}" in "".join(tab.at.get("button_group")[0].formatted_values)
    assert rows(tab) == created_between(truth["contacts"], filter_bar.SPANS[span](today), today) > 0


def test_an_open_end_in_the_address_stays_open(mara, truth):
    first = date(2026, 1, 1)

    tab = mara.open("contacts", created=f"{first}..")

    assert rows(tab) == created_between(truth["contacts"], first, date.max)
    assert tab.address == {"created": f"{first}.."}


@pytest.mark.parametrize(
    "told",
    ["2026-06-30..2026-01-01", "1999-01-01..1999-12-31", "0001-01-01..9999-12-31", "..2026-01-01", "9999-12-31.."],
)
def test_days_that_nobody_would_choose_break_nothing(mara, told):
    tab = mara.open("contacts", created=told)

    assert tab.titles == ["Contacts"]
    assert tab.run().titles == ["Contacts"]


def test_choosing_days_begins_with_the_last_thirty(mara, truth):
    today = datetime.now(UTC).astimezone(BERLIN).date()
    tab = mara.open("contacts")

    tab.at.selectbox(key="contacts.created").set_value(filter_bar.CHOSEN_DAYS)
    tab.run()

    first = today - timedelta(days=29)
    assert tab.address == {"created": f"{first}..{today}"}
    assert created_between(truth["contacts"], first, today) > 0


def test_going_back_in_the_browser_sets_the_widgets_too(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)
    tab.at.multiselect(key="contacts.stage").set_value([])
    tab.run()
    assert tab.address == {}

    tab.at.query_params["stage"] = stage
    tab.run()

    assert tab.at.multiselect(key="contacts.stage").value == [stage]
    assert count_line(tab).startswith(f"{count} of ")


def test_filters_of_the_two_lists_do_not_mix(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)

    tab.turn_to("companies")

    assert rows(tab) == len(truth["companies"])
    assert tab.at.multiselect(key="companies.stage").value == []


def test_other_parameters_of_the_address_stay(mara, running, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", portal=str(running.hub_id))

    tab.at.multiselect(key="contacts.stage").set_value([stage])
    tab.run()

    assert tab.address == {"portal": str(running.hub_id), "stage": stage}


@pytest.mark.parametrize("page", ["contacts", "companies"])
def test_every_offered_filter_is_in_the_sidebar(mara, page):
    tab = mara.open(page)

    offered = {each.key for each in tab.at.sidebar.multiselect}
    assert offered == {f"{page}.{name}" for name in filter_bar.OFFERED[page]}
