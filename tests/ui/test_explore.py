"""Every number opens its rows: what a click or a menu does, pages of a table, its order, and the way back."""

from datetime import UTC, datetime

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from hubspot.analysis.calendar import ONE_DAY, Calendar, first_day
from hubspot.analysis.metrics import kpis
from hubspot.analysis.records import NAME
from hubspot.ui.numbers import EMPTY as DASH
from tests.analysis.factories import BERLIN, companies, contacts, portal
from tests.ui.tabs import commonest, count_line, rows

SANDBOX = ("--contacts", 700, "--companies", 120)
NUMBERS = kpis(contacts({}), companies({}), portal(), BERLIN)


def number_of(text):
    return int(text.replace(",", "").split(" ")[0])


def opened(tab):
    """How many records the page that was opened lists."""
    return number_of(count_line(tab))


@pytest.mark.parametrize("kpi", [each for each in NUMBERS if each.kind == "count"], ids=lambda each: each.name)
def test_a_number_of_the_overview_opens_exactly_the_records_it_counts(mara, kpi):
    tab = mara.open()
    counted = {each.label: each.value for each in tab.at.metric}[kpi.label]

    tab.press(f"open.{kpi.name}")

    assert tab.titles == ["Companies" if "companies" in kpi.name else "Contacts"]
    assert opened(tab) == number_of(counted)


@pytest.mark.parametrize("kpi", [each for each in NUMBERS if each.kind == "rate"], ids=lambda each: each.name)
def test_a_rate_opens_the_records_it_is_a_rate_of(mara, kpi):
    tab = mara.open()
    offered = tab.at.button(key=f"open.{kpi.name}").label

    tab.press(f"open.{kpi.name}")

    assert f"Open {opened(tab)} contacts" in offered


def test_a_number_opens_its_records_whatever_was_filtered_there_before(mara, truth):
    tab = mara.open("contacts", stage="lead")
    tab.at.text_input(key="contacts.search").set_value("nobody is called this")
    tab.run()
    tab.turn_to("overview")

    tab.press("open.contacts")

    assert opened(tab) == len(truth["contacts"])
    assert tab.address == {}


def menus(tab):
    return {each.key: each for each in tab.at.get("menu_button") if each.key.startswith("rows.")}


@pytest.mark.parametrize(
    "title", ["New contacts per week, by source", "How far contacts got", "Contacts by owner", "Companies by industry"]
)
def test_every_part_of_a_chart_opens_as_many_records_as_it_says(mara, title):
    options = menus(mara.open())[f"rows.{title}"].options

    assert len(options) >= 5
    for option in (options[1], options[-1]):
        tab = mara.open()
        menus(tab)[f"rows.{title}"].click(option)
        tab.run()

        count = number_of(option.rpartition(" · ")[2])
        assert (f"No {tab.titles[0].lower()} match" in tab.text) if count == 0 else (count == opened(tab)), option


def click(tab, key, *mark):
    """Click a mark of a chart, of which AppTest knows nothing: tell what the browser would send."""
    chart = next(each for each in tab.at.get("plotly_chart") if each.proto.id.endswith(f"-{key}"))
    told = f'{{"selection": {{"points": [{{"customdata": {list(mark)!r}}}]}}}}'.replace("'", '"')
    state = WidgetState(id=chart.proto.id, string_value=told)
    before = tab.at._tree.get_widget_states
    tab.at._tree.get_widget_states = lambda: _with(before(), state)
    return tab.run()


def _with(states, state):
    states.widgets.append(state)
    return states


def test_a_click_on_a_bar_filters_by_its_value_and_a_second_one_takes_it_off(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts")

    click(tab, "contacts.stage.bars.0", stage)

    assert tab.address == {"stage": stage}
    assert opened(tab) == count
    assert "Lifecycle stage" in tab.text

    click(tab, "contacts.stage.bars.1", stage)

    assert tab.address == {}
    assert opened(tab) == len(truth["contacts"])


def test_a_second_bar_widens_the_choice(mara, truth):
    tab = mara.open("contacts", stage="lead")

    click(tab, "contacts.stage.bars.0", "customer")

    both = sum(record["lifecyclestage"] in {"lead", "customer"} for record in truth["contacts"])
    assert opened(tab) == both


def test_a_segment_opens_its_source_in_its_period(mara):
    tab = mara.open(grain="Months")
    option = menus(tab)["rows.New contacts per month, by source"].options[1]

    last = first_day(Calendar(datetime.now(UTC), "Europe/Berlin").today, "month") - ONE_DAY
    first = first_day(last, "month")
    click(tab, "over_time.0", "OFFLINE", first.isoformat())

    assert option
    assert tab.titles == ["Contacts"]
    assert tab.address == {"source": "OFFLINE", "created": f"{first}..{last}"}


def shown(tab):
    return tab.at.dataframe[0].value


def test_a_table_shows_a_hundred_records_of_all_and_turns_its_pages(mara, truth):
    total = len(truth["contacts"])
    tab = mara.open("contacts")
    assert len(shown(tab)) == 100
    assert f"1{DASH}100 of {total}" in tab.text

    tab.at.get("pagination")[0].set_value(7)
    tab.run()

    assert f"601{DASH}{total} of {total}" in tab.text
    assert len(shown(tab)) == total - 600
    assert count_line(tab) == f"{total} of {total} contacts"


def test_all_pages_together_hold_every_record_once_in_one_order(mara, truth):
    tab = mara.open("contacts")
    tab.at.selectbox(key="contacts.page_size").set_value(500)
    tab.run()
    first = shown(tab)["Email"].tolist()

    tab.at.get("pagination")[0].set_value(2)
    tab.run()

    both = [*first, *shown(tab)["Email"].tolist()]
    assert len(both) == len(truth["contacts"])
    told = sorted(record["email"] for record in truth["contacts"] if record["email"])
    assert sorted(email for email in both if isinstance(email, str)) == told


def test_the_pages_begin_again_when_the_filters_change(mara, truth):
    tab = mara.open("contacts")
    tab.at.get("pagination")[0].set_value(3)
    tab.run()
    assert f"201{DASH}300 of {len(truth['contacts'])}" in tab.text

    tab.at.multiselect(key="contacts.stage").set_value(["lead"])
    tab.run()

    assert f"1{DASH}{min(100, rows(tab))} of" in tab.text


def test_the_order_covers_all_records_and_stands_in_the_address(mara, truth):
    tab = mara.open("contacts")

    tab.at.selectbox(key="contacts.sort.column").set_value("email")
    tab.run()

    emails = sorted((record["email"] for record in truth["contacts"] if record["email"]), key=str.lower)
    assert tab.address == {"sort": "-email"}
    assert shown(tab)["Email"].tolist() == emails[::-1][:100]

    tab.press("contacts.sort.direction")

    assert tab.address == {"sort": "email"}
    assert shown(tab)["Email"].tolist() == emails[:100]


def test_a_link_opens_its_order_and_one_that_means_nothing_here_the_newest_first(mara):
    assert mara.open("contacts", sort=NAME).address == {"sort": NAME}
    newest = shown(mara.open("contacts"))["Email"].tolist()

    for said in ("-", "no_such_property", "record.search", "-createdate"):
        tab = mara.open("contacts", sort=said)

        assert tab.address == {}
        assert shown(tab)["Email"].tolist() == newest


def test_the_order_is_still_there_after_a_visit_to_another_page(mara):
    tab = mara.open("contacts", sort="email")

    tab.turn_to("overview")
    tab.turn_to("contacts")

    assert tab.address == {"sort": "email"}


def test_a_link_with_filters_is_followed_though_the_page_had_others(mara):
    tab = mara.open("contacts", stage="lead")
    tab.turn_to("overview")

    tab.at.query_params["stage"] = "customer"
    tab.at.switch_page("pages/contacts.py")
    tab.run()

    assert tab.address == {"stage": "customer"}
