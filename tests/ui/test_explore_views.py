"""Views: what everybody has, what a person keeps, and what a link shows to whom."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from hubspot.analysis.filters import Between, Contains, Filters, Known, OneOf, Words, to_json
from hubspot.ui import services
from tests.ui.tabs import Browser, commonest, count_line, rows, stored

SANDBOX = ("--contacts", 300, "--companies", 60)
COLLEAGUE = 50_113_876


def copied(tab, page="contacts"):
    """The link that Copy link shows, as page and query."""
    tab.press(f"{page}.view.link")
    address = urlsplit(tab.at.get("code")[0].value)
    return address.path.strip("/"), dict(parse_qsl(address.query))


def keep(tab, name):
    tab.at.text_input(key="contacts.view.name").set_value(name)
    return tab.press("contacts.view.save")


def arranged(tab, stage):
    """Filter, search and order the contacts, and choose their columns."""
    tab.at.multiselect(key="contacts.stage").set_value([stage])
    tab.run()
    tab.at.selectbox(key="contacts.sort.column").set_value("email")
    return tab.run()


@pytest.mark.parametrize(
    ("page", "name", "is_in"),
    [
        ("contacts", "No owner", lambda each: not each["hubspot_owner_id"]),
        (
            "contacts",
            "Customers without a company",
            lambda each: each["lifecyclestage"] == "customer" and not each["associatedcompanyid"],
        ),
        ("companies", "Missing industry", lambda each: not each["industry"]),
        ("companies", "No owner", lambda each: not each["hubspot_owner_id"]),
    ],
)
def test_a_built_in_view_shows_what_it_says(mara, truth, page, name, is_in):
    tab = mara.open(page)

    tab.press(f"{page}.view.built_in.{name}")

    expected = sum(map(is_in, truth[page]))
    assert f"No {page} match" in tab.text if expected == 0 else rows(tab) == expected


@pytest.mark.parametrize("name", ["New this week", "Silent 90 days"])
def test_a_built_in_view_of_days_enters_the_address(mara, name):
    tab = mara.open("contacts")

    tab.press(f"contacts.view.built_in.{name}")

    assert set(tab.address) == ({"created"} if name == "New this week" else {"where"})


@pytest.mark.parametrize("view_id", ["", "x", "A" * 22, "../" * 9])
def test_a_view_that_is_not_there_shows_everything_and_says_so(mara, truth, view_id):
    tab = mara.open("contacts", view=view_id)

    assert rows(tab) == len(truth["contacts"])
    assert [alert for alert in tab.alerts if "not one of this portal" in alert]
    assert tab.address == {}


def test_a_view_of_companies_opens_no_page_of_contacts(mara, wire, truth):
    kept = {"object_type": "companies", "filters": {}, "columns": []}
    view_id = services.services().preferences.keep_view(wire.hub_id, kept)

    tab = mara.open("contacts", view=view_id)

    assert rows(tab) == len(truth["contacts"])
    assert tab.alerts


def test_a_view_that_a_person_kept_is_there_again_and_nobody_else_has_it(connect, wire, house, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    person = connect()
    keep(arranged(person.open("contacts"), stage), "Mine, by mail")

    tab = person.open("contacts")
    tab.press("contacts.view.own.Mine, by mail")

    assert tab.address == {"stage": stage, "sort": "-email"}
    assert count_line(tab).startswith(f"{count} of ")
    assert not any(b"by mail" in str(value).encode() for value in stored(house).values())
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)
    assert "Mine, by mail" not in colleague.open("contacts").text


def test_a_view_can_be_deleted(connect, truth):
    person = connect()
    tab = keep(person.open("contacts"), "Everything")
    assert "Everything" in tab.text

    tab.press("contacts.view.delete.Everything")

    assert "Everything" not in tab.text
    assert "Everything" not in person.open("contacts").text


def test_a_copied_link_shows_a_colleague_the_same(connect, wire, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = arranged(connect().open("contacts", columns="email~phone"), stage)
    page, query = copied(tab)
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)

    theirs = colleague.open(page, **query)

    assert query == {"portal": str(wire.hub_id), "stage": stage, "sort": "-email", "columns": "email~phone"}
    assert theirs.at.dataframe[0].value.equals(tab.at.dataframe[0].value)


def test_a_link_of_a_search_holds_none_of_its_words_and_shows_the_same(connect, wire, truth):
    word = next(record["email"] for record in truth["contacts"] if record["email"])
    tab = arranged(connect().open("contacts"), commonest(truth["contacts"], "lifecyclestage")[0])
    tab.at.multiselect(key="contacts.stage").set_value([])
    tab.at.text_input(key="contacts.search").set_value(word)
    tab.run()
    page, query = copied(tab)
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)

    theirs = colleague.open(page, **query)

    assert set(query) == {"portal", "sort", "view"}
    assert theirs.at.text_input(key="contacts.search").value == word
    assert theirs.at.dataframe[0].value.equals(tab.at.dataframe[0].value)
    assert theirs.address == query


def test_a_link_of_an_earlier_version_holds_a_whole_view(connect, wire, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    asked = Filters((Words("a"), OneOf("lifecyclestage", frozenset({stage}))))
    kept = {"object_type": "contacts", "filters": to_json(asked), "columns": ["email"], "sort": "email"}
    view_id = services.services().preferences.keep_view(wire.hub_id, kept)

    tab = connect().open("contacts", view=view_id)

    assert tab.at.text_input(key="contacts.search").value == "a"
    assert 0 < rows(tab) <= count
    assert {name: tab.address[name] for name in ("stage", "sort", "columns")} == {
        "stage": stage,
        "sort": "email",
        "columns": "email",
    }
    assert tab.address["view"] != view_id
    assert tab.run().alerts == []


def views_of(house):
    return [name for name in stored(house) if ":view:" in name]


@pytest.mark.parametrize(
    "private",
    [
        Filters((Words("a"),)),
        Filters((Words("a"), Contains("email", "a"), Contains("email", "q", negated=True))),
        Filters((), ((Contains("email", "a"),), (Known("phone"),))),
        Filters((Known("email"), Words("a")), ((Contains("email", "a"), Known("phone")),)),
        Filters((OneOf("jobtitle", frozenset({"CEO"}), negated=True), Between("hs_object_id", 5, None))),
    ],
)
def test_a_reload_shows_what_the_address_may_not_say(connect, house, private):
    person = connect()
    tab = person.open("contacts", stage="lead")
    tab.at.session_state["contacts.more"] = private
    tab.run()
    before = count_line(tab)
    address = tab.address

    again = person.open("contacts", **address)

    assert count_line(again) == before
    assert again.address == address
    assert "view" in address
    assert len(views_of(house)) == 1
    again.press("contacts.clear")
    assert again.address == {}


def test_a_word_that_is_typed_before_the_browser_knows_the_address_is_not_lost(connect):
    person = connect()
    tab = person.open("contacts")
    tab.at.text_input(key="contacts.search").set_value("a")
    tab.run()
    tab.at.query_params.clear()
    tab.at.text_input(key="contacts.search").set_value("an")

    tab.run()

    assert tab.at.text_input(key="contacts.search").value == "an"
    assert count_line(tab) == count_line(person.open("contacts", **tab.address))
