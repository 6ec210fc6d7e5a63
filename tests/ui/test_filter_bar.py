from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hubspot.analysis.filters import Between, Days, Filters, OneOf, Place, Within, Words
from hubspot.analysis.filters.conditions import days_of
from hubspot.analysis.filters.quick import CHOICES
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import filter_bar, filter_bar_held
from hubspot.ui.filter_bar_operators import OPERATORS, question_of
from tests.analysis.factories import portal
from tests.ui.tabs import commonest, count_line, rows
from tests.ui.views import view

SANDBOX = ("--contacts", 300, "--companies", 60)
BERLIN = ZoneInfo("Europe/Berlin")


def said(condition, object_type=CONTACTS):
    return filter_bar.in_words(view(portal=portal()), object_type, Filters((condition,)), Place(None, 0))


def one_of(column, *values):
    return OneOf(column, frozenset(values))


def test_a_chip_names_two_values_and_counts_the_rest():
    assert said(one_of("hubspot_owner_id", "100", "101", "102")) == r"Owner\: Maya Ortiz, Tom Reed and 1 more"
    assert said(one_of("hubspot_owner_id", NO_VALUE)) == r"Owner\: No owner"
    assert said(Days("createdate", date(2026, 11, 1))) == r"Created\: since 1 Nov 2026"


def test_what_people_typed_is_said_letter_by_letter():
    assert said(Words(" :red[x] ")) == r"“\:red\[x\]”"
    assert said(one_of("country", "*Chile*")) == r"Country\: \*Chile\*"


def test_every_filter_of_the_sidebar_has_a_title_and_a_short_name():
    assert set(filter_bar.TITLES) == {"search", "created", *CHOICES}
    for object_type in (CONTACTS, COMPANIES):
        assert set(filter_bar_held.OFFERED[object_type]) <= set(CHOICES)


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("span", "first"),
    [
        ("Last 7 days", date(2026, 11, 17)),
        ("Last 30 days", date(2026, 10, 25)),
        ("This week", date(2026, 11, 23)),
        ("This month", date(2026, 11, 1)),
        ("This year", date(2026, 1, 1)),
        ("Yesterday", date(2026, 11, 22)),
        ("Last week", date(2026, 11, 16)),
        ("Last month", date(2026, 10, 1)),
        ("Last quarter", date(2026, 7, 1)),
        ("Last year", date(2025, 1, 1)),
    ],
)
def test_spans_begin_on_their_day(span, first):
    assert days_of(filter_bar_held.SPANS[span], TODAY)[0] == first


def created_between(records, first, last):
    """Count records by the day they were created in the portal's time zone."""
    instants = (datetime.fromisoformat(record["createdate"]) for record in records if record["createdate"])
    return sum(first <= instant.astimezone(BERLIN).date() <= last for instant in instants)


def test_days_in_the_address_are_days_of_the_portal(mara, truth):
    first, last = date(2025, 3, 1), date(2026, 2, 28)

    tab = mara.open("contacts", created=f"{first}..{last}")

    assert rows(tab) == created_between(truth["contacts"], first, last) > 0
    assert tab.at.selectbox(key="contacts.created").value == filter_bar_held.CHOSEN_DAYS
    assert tab.at.date_input(key="contacts.days").value == (first, last)
    assert tab.address == {"created": f"{first}..{last}"}


@pytest.mark.parametrize(("told", "span"), [("last-30-days", "Last 30 days"), ("this-year", "This year")])
def test_a_span_in_the_address_stays_a_span(mara, truth, told, span):
    today = datetime.now(UTC).astimezone(BERLIN).date()

    tab = mara.open("contacts", created=told)

    assert tab.at.selectbox(key="contacts.created").value == span
    assert tab.address == {"created": told}
    assert rf"Created\: {span.lower()}" in "".join(tab.at.get("button_group")[0].formatted_values)
    assert rows(tab) == created_between(truth["contacts"], days_of(filter_bar_held.SPANS[span], today)[0], today) > 0


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

    tab.at.selectbox(key="contacts.created").set_value(filter_bar_held.CHOSEN_DAYS)
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
    assert offered == {f"{page}.{name}" for name in filter_bar_held.OFFERED[page]}


def test_every_option_says_how_many_records_it_would_show(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)
    there = [record for record in truth["contacts"] if record["lifecyclestage"] == stage]

    sources = Counter(record["hs_analytics_source"] or "" for record in there)
    shown = [int(option.rpartition(" · ")[2].replace(",", "")) for option in options(tab, "contacts.source")]
    assert sorted(shown, reverse=True)[: len(sources)] == sorted(sources.values(), reverse=True)
    assert sum(shown) == len(there)
    assert sum(int(each.rpartition(" · ")[2]) for each in options(tab, "contacts.stage")) == len(truth["contacts"])


def options(tab, key):
    return tab.at.multiselect(key=key).options


def test_a_choice_outlives_that_its_number_changes(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    source, _ = commonest(truth["contacts"], "hs_analytics_source")
    tab = mara.open("contacts")
    tab.at.multiselect(key="contacts.source").set_value([source])
    tab.run()
    before = options(tab, "contacts.source")

    tab.at.multiselect(key="contacts.stage").set_value([stage])
    tab.run()

    assert options(tab, "contacts.source") != before
    assert tab.at.multiselect(key="contacts.source").value == [source]
    assert tab.address == {"source": source, "stage": stage}


def test_a_link_with_groups_shows_its_rows_and_a_chip_for_each_group(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    where = f"1~~lifecyclestage.in.{stage}-email.k~firstname.nk"
    wanted = [
        record
        for record in truth["contacts"]
        if (record["lifecyclestage"] == stage and record["email"]) or not record["firstname"]
    ]

    tab = mara.open("contacts", where=where)

    assert 0 < rows(tab) == len(wanted)
    assert tab.address == {"where": where}
    chips = tab.at.get("button_group")[0].formatted_values
    assert [chip.split()[0] for chip in chips] == ["either", "or"]


def test_what_a_link_says_in_vain_is_told_until_the_filters_change(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")

    tab = mara.open("contacts", owner="nobody", where="1~unheard_of.k")
    assert len(tab.alerts) == 2
    assert tab.address == {}
    assert len(tab.run().alerts) == 2

    tab.at.multiselect(key="contacts.stage").set_value([stage])
    assert tab.run().alerts == []


def test_a_chip_takes_its_filter_off_wherever_it_comes_from(mara, truth):
    tab = mara.open("contacts", created="last-14-days", owner="-", where="1~email.k~firstname.k-lastname.k")
    chips = tab.at.get("button_group")[0]
    assert len(chips.formatted_values) == 5

    for left in (4, 3, 2, 1, 0):
        chips = tab.at.get("button_group")[0]
        chips.set_value(chips.value[1:])
        tab.run()
        assert len(tab.at.get("button_group")[0].value if left else []) == left

    assert rows(tab) == len(truth["contacts"])
    assert tab.address == {}


def test_clear_all_takes_every_filter_off(mara, truth):
    tab = mara.open("contacts", created="this-year", owner="-", where="1~email.k~firstname.k~lastname.k")

    tab.press("contacts.clear")

    assert rows(tab) == len(truth["contacts"])
    assert tab.address == {}


def test_going_back_keeps_what_the_address_can_not_say(mara, truth):
    stage, _ = commonest(truth["contacts"], "lifecyclestage")
    tab = mara.open("contacts", stage=stage)
    tab.at.text_input(key="contacts.search").set_value("a")
    tab.run()

    del tab.at.query_params["stage"]
    tab.run()

    assert tab.at.multiselect(key="contacts.stage").value == []
    assert tab.at.text_input(key="contacts.search").value == "a"


def test_a_relief_of_any_kind_can_be_taken(mara, truth):
    tab = mara.open("contacts", where="1~~hs_object_id.n._.0~email.k-hs_object_id.n._.0")
    assert "No contacts match these 3 filters" in tab.text

    tab.press("contacts.relief")

    assert 0 < rows(tab) <= len(truth["contacts"])


def test_the_dialog_shows_how_many_records_there_would_be_and_applies(mara, truth):
    tab = mara.open("contacts")
    tab.press("contacts.open")
    assert f"Show {len(truth['contacts'])} contacts" in [button.label for button in tab.at.button]

    tab.at.selectbox(key="contacts.draft.0.property").set_value("email")
    tab.run(tab.newest_fragment)
    tab.at.selectbox(key="contacts.draft.0.email.operator").set_value("unknown")
    tab.run(tab.newest_fragment)
    count = sum(not record["email"] for record in truth["contacts"])
    assert f"Show {count} contacts" in [button.label for button in tab.at.button]
    tab.press_in_fragment("contacts.draft_apply")

    assert tab.run().address == {"where": "1~~email.nk"}
    assert count_line(tab).startswith(f"{count} of ")


def test_a_question_that_denies_says_that_empty_values_are_left_out_and_can_include_them(mara, truth):
    tab = mara.open("contacts")
    tab.press("contacts.open")
    tab.at.selectbox(key="contacts.draft.0.property").set_value("country")
    tab.run(tab.newest_fragment)
    assert not tab.at.checkbox, "what affirms asks for a value anyway"

    tab.at.selectbox(key="contacts.draft.0.country.operator").set_value("lacks")
    tab.run(tab.newest_fragment)
    tab.at.text_input(key="contacts.draft.0.country.text").set_value("germany")
    tab.run(tab.newest_fragment)
    others = [each["country"] for each in truth["contacts"] if "germany" not in (each["country"] or "").lower()]
    filled = sum(map(bool, others))
    assert f"Show {filled} contacts" in [button.label for button in tab.at.button]
    box = tab.at.checkbox(key="contacts.draft.0.country.or_unknown")
    assert box.label == "or unknown"
    assert "are left out" in box.help

    box.check()
    tab.run(tab.newest_fragment)
    assert f"Show {len(others)} contacts" in [button.label for button in tab.at.button]
    tab.press_in_fragment("contacts.draft_apply")
    assert count_line(tab.run()).startswith(f"{len(others)} of ")
    assert filled < len(others)


EVERY_QUESTION = {
    f"{column}.{name}": (column, name, kind)
    for column, kind in {
        "hubspot_owner_id": "choice",
        "hs_buying_role": "multiple",
        "num_notes": "number",
        "closedate": "date",
        "createdate": "instant",
        "jobtitle": "text",
    }.items()
    for name in OPERATORS[kind]
}
GIVEN = {
    "values": frozenset({"7", NO_VALUE}),
    "text": "x",
    "number": 3.0,
    "numbers": (1.0, 2.5),
    "day": TODAY,
    "days": (TODAY - timedelta(days=3), TODAY),
    "span": "last-45-days",
    "none": True,
}


@pytest.mark.parametrize(("column", "name", "kind"), EVERY_QUESTION.values(), ids=EVERY_QUESTION)
def test_every_question_makes_a_condition_that_is_shown_as_that_question(column, name, kind):
    operator = OPERATORS[kind][name]

    condition = operator.make(column, GIVEN[operator.editor])

    assert question_of(kind, condition) == (name, GIVEN[operator.editor])


def test_a_question_of_another_kind_is_none():
    with pytest.raises(ValueError, match="question"):
        question_of("text", Between("jobtitle", 1))
    with pytest.raises(ValueError, match="question"):
        question_of("number", Within("num_notes", "this-year"))


def test_the_dialog_shows_again_what_was_applied(mara):
    where = (
        "1~~hubspot_owner_id.in._-num_notes.n.1.9-createdate.d.20200101.20261123-createdate.w.last_45_days"
        "~jobtitle.nk-num_notes.nn._.5-num_notes.unn.1.9"
    )
    tab = mara.open("contacts", where=where)

    tab.press("contacts.open")
    tab.press_in_fragment("contacts.draft_apply")

    assert tab.run().address == {"where": where}
