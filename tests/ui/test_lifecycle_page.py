"""The lifecycle page on a portal of the sandbox: its figures, the records behind each, their files, and its states."""

import csv
import io
import re

import pytest

from hubspot.analysis.lifecycle import Generation
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import lifecycle, lifecycle_answers, services, state
from tests.running import wait_until
from tests.ui.tabs import Browser, dashboard

SANDBOX = ("--contacts", 600, "--companies", 120, "--seed", 5)
V2 = "hs_v2_date_entered_{}"
STEPS = "lifecycle.contacts.steps.any-stage.9.0"


def view_of(someone):
    seen = services.services().sessions.visible(someone.person)
    return state.view(seen, next(iter(seen.grants)))


def choose_cell(tab, key, row, column):
    """Choose a cell, as a click does."""
    tab.at.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, column)]}}
    return tab.run()


def file_of(someone, tab):
    answer = someone.fetch(tab.file)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def headings(tab):
    return [each.value for each in tab.at.subheader]


def reached(truth, object_type, stage):
    return {
        record["hs_object_id"]
        for record in truth[object_type]
        if record.get(V2.format(stage)) or record["lifecyclestage"] == stage
    }


def records_shown(tab):
    """How many records the page says are behind the chosen figure."""
    (count,) = re.findall(r"\*\*([\d,]+) (?:contacts?|companies|company)\*\*", tab.text)
    return int(count.replace(",", ""))


@pytest.mark.parametrize("object_type", [CONTACTS, COMPANIES])
def test_the_page_shows_every_section_of_an_object_type(mara, object_type):
    tab = mara.open("lifecycle", object=object_type.capitalize())

    assert headings(tab) == [
        f"How far {object_type} got",
        "Time in the current stage",
        f"{object_type.capitalize()} by the month they were created",
        "Went back",
        "Skipped stages",
        "Rate and speed, by source and owner",
    ]
    assert len(tab.at.dataframe) == 7
    assert len(tab.at.get("plotly_chart")) == 1
    assert tab.alerts == []
    assert tab.at.warning == []


def test_the_page_says_which_generation_of_dates_it_uses(mara, truth):
    dates = sum(
        bool(record[name]) for record in truth["contacts"] for name in record if name.startswith("hs_v2_date_en")
    )

    text = mara.open("lifecycle").text

    assert f"`hs_v2_date_entered_…` ({dates:,} dates, 9 stages)" in text
    assert "days of the portal's calendar, in Europe/Berlin" in text


def test_older_generations_are_named_beside_the_newer_ones():
    told = lifecycle.sources((Generation(V2, 9, 1200), Generation("hs_lifecyclestage_{}_date", 2, 3)))

    assert "`hs_v2_date_entered_…` (1,200 dates, 9 stages) and `hs_lifecyclestage_…_date` (3 dates, 2 stages)" in told
    assert "newer" in told


def test_a_figure_of_the_funnel_opens_its_records_and_their_file(mara, truth):
    tab = mara.open("lifecycle")
    leads = reached(truth, CONTACTS, "lead")
    assert tab.at.dataframe[0].value["Reached"].tolist()[1] == len(leads)

    choose_cell(tab, STEPS, 1, "Reached")

    assert "**Reached Lead**" in tab.text
    assert records_shown(tab) == len(leads)
    assert {row["Record ID"] for row in file_of(mara, tab)} == leads
    assert "Entered stage" in file_of(mara, tab)[0]
    assert tab.at.button(key="lifecycle.contacts.steps.rows.open")


def test_those_that_skipped_a_stage_are_opened_by_their_figure(mara, truth):
    skipped = reached(truth, CONTACTS, "lead") - reached(truth, CONTACTS, "subscriber")

    tab = choose_cell(mara.open("lifecycle"), STEPS, 1, "Skipped")

    assert "**Lead without Subscriber**" in tab.text
    assert {row["Record ID"] for row in file_of(mara, tab)} == skipped


def test_all_stages_is_a_part_of_the_address_and_counts_those_that_were_in_every_stage(mara, truth):
    tab = mara.open("lifecycle", mode="All stages")

    through = reached(truth, CONTACTS, "subscriber") & reached(truth, CONTACTS, "lead")
    assert tab.at.dataframe[0].value["Reached"].tolist()[1] == len(through)
    choose_cell(tab, STEPS.replace("any-stage", "all-stages"), 1, "Reached")
    assert {row["Record ID"] for row in file_of(mara, tab)} == through


def test_a_click_on_a_bar_opens_its_records(mara, truth):
    tab = mara.open("lifecycle")
    tab.at.session_state["lifecycle.contacts.bar"] = (1, "opportunity")
    tab.run()

    assert records_shown(tab) == len(reached(truth, CONTACTS, "opportunity"))


def test_a_funnel_over_chosen_stages_steps_from_one_to_the_next(mara):
    tab = mara.open("lifecycle")
    tab.at.multiselect(key="lifecycle.contacts.stages").set_value(["lead", "customer"])
    tab.run()

    steps = tab.at.dataframe[0].value
    assert steps["Stage"].tolist() == ["Lead", "Customer"]
    found = lifecycle_answers.funnel(view_of(mara), CONTACTS, "any-stage", ("lead", "customer"))
    assert steps["Of those above"].tolist()[1] == pytest.approx(found.rows["share"].tolist()[1])


def test_every_figure_of_the_steps_opens_as_many_records_as_it_says(mara):
    tab = mara.open("lifecycle")
    figures = tab.at.dataframe[0].value

    for column in ("Timed", "Other order"):
        choose_cell(tab, STEPS, 2, column)
        assert records_shown(tab) == figures[column].tolist()[2]


def test_days_in_a_stage_and_who_is_stuck_open_their_records(mara):
    tab = mara.open("lifecycle")
    stays = tab.at.dataframe[1].value
    found = lifecycle_answers.figures(view_of(mara), CONTACTS).stays

    choose_cell(tab, "lifecycle.contacts.stays", 1, "over 365")
    assert records_shown(tab) == stays["over 365"].tolist()[1]
    choose_cell(tab, "lifecycle.contacts.stays", 1, "Stuck")
    rows = file_of(mara, tab)
    assert len(rows) == stays["Stuck"].tolist()[1] == found.rows["stuck"].tolist()[1]
    assert all(float(row["Days"]) > 2 * float(row["Usual days"]) for row in rows)
    assert [float(row["Days"]) for row in rows] == sorted((float(row["Days"]) for row in rows), reverse=True)


def test_everybody_who_is_stuck_is_listed_on_request(mara):
    tab = mara.open("lifecycle")
    tab.at.toggle(key="lifecycle.contacts.stuck").set_value(True)
    tab.run()

    assert records_shown(tab) == lifecycle_answers.figures(view_of(mara), CONTACTS).stays.stuck > 0


def test_records_without_a_stage_have_their_own_row(mara, truth):
    tab = mara.open("lifecycle")
    without = {record["hs_object_id"] for record in truth["contacts"] if not record["lifecyclestage"]}
    last = len(tab.at.dataframe[1].value) - 1
    assert tab.at.dataframe[1].value["Stage"].tolist()[last] == "No stage"

    choose_cell(tab, "lifecycle.contacts.stays", last, "Now")

    assert {row["Record ID"] for row in file_of(mara, tab)} == without


def test_a_cell_of_the_cohorts_opens_the_records_it_counts(mara):
    tab = mara.open("lifecycle")
    found = lifecycle_answers.figures(view_of(mara), CONTACTS).cohorts
    customer = found.stages.index("customer")

    choose_cell(tab, "lifecycle.contacts.cohorts.customer", 3, "6")
    count = int(found.entered[customer, 3, 6])
    assert "entered Customer by the end of calendar month 6 after creation" in tab.text
    assert (records_shown(tab) if count else 0) == count
    choose_cell(tab, "lifecycle.contacts.cohorts.customer", 12, "Created")
    assert records_shown(tab) == found.sizes[12]


def test_a_cell_of_the_cohorts_in_the_future_opens_nothing(mara):
    tab = choose_cell(mara.open("lifecycle"), "lifecycle.contacts.cohorts.customer", 12, "5")

    assert "reached Customer within" not in tab.text
    assert not tab.files


def test_the_cohorts_are_for_the_stage_that_is_chosen(mara):
    tab = mara.open("lifecycle")
    tab.at.selectbox(key="lifecycle.contacts.cohort").set_value("lead")
    tab.run()

    found = lifecycle_answers.figures(view_of(mara), CONTACTS).cohorts
    shown = tab.at.dataframe[2].value["0"].tolist()
    assert shown == pytest.approx(found.shares(found.stages.index("lead"))[:, 0].tolist(), nan_ok=True)


def test_moves_back_and_skipped_stages_open_their_records(mara):
    tab = mara.open("lifecycle")
    moves = tab.at.dataframe[3].value
    skips = tab.at.dataframe[4].value

    choose_cell(tab, "lifecycle.contacts.back", 0, "Records")
    assert records_shown(tab) == moves["Records"].tolist()[0] > 0
    tab = choose_cell(mara.open("lifecycle"), "lifecycle.contacts.skipped", 0, "Skipped it")
    assert records_shown(tab) == skips["Skipped it"].tolist()[0] > 0


@pytest.mark.parametrize(("place", "name"), [(5, "Source"), (6, "Owner")])
def test_sources_and_owners_open_their_records(mara, place, name):
    tab = mara.open("lifecycle")
    figures = tab.at.dataframe[place].value
    key = f"lifecycle.contacts.{name}.lead.customer"

    choose_cell(tab, key, 0, "Reached both")
    assert records_shown(tab) == figures["Reached both"].tolist()[0] > 0
    choose_cell(tab, key, 0, "Records")
    assert records_shown(tab) == figures["Records"].tolist()[0]


def test_the_pair_of_stages_can_be_chosen(mara):
    tab = mara.open("lifecycle")
    tab.at.selectbox(key="lifecycle.contacts.From").set_value("customer")
    tab.run()
    assert "Choose two different stages." in tab.text

    tab.at.selectbox(key="lifecycle.contacts.From").set_value("subscriber")
    tab.run()

    view = view_of(mara)
    found = lifecycle_answers.groups(view, CONTACTS, "hs_analytics_source", ("subscriber", "customer")).rows
    assert tab.at.dataframe[5].value["Reached both"].tolist() == found["arrived"].tolist()


def test_two_chosen_figures_show_both_lists_of_records(mara):
    tab = choose_cell(mara.open("lifecycle"), STEPS, 1, "Reached")

    choose_cell(tab, "lifecycle.contacts.stays", 1, "Now")

    assert len(tab.at.dataframe) == 9


@pytest.mark.parametrize("query", [{"object": "Deals"}, {"mode": "<b>"}, {"object": "", "mode": ""}])
def test_what_an_address_says_wrongly_is_the_default(mara, query):
    tab = mara.open("lifecycle", **query)

    assert headings(tab)[0] == "How far contacts got"
    assert not any(tab.address.values())


@pytest.mark.parametrize("object_type", [CONTACTS, COMPANIES])
def test_with_one_object_type_granted_there_is_no_switch(running, tmp_path, object_type):
    scopes = ("oauth", f"crm.objects.{object_type}.read", "crm.objects.owners.read")
    with dashboard(tmp_path, **running.settings, HUBSPOT_SCOPES=" ".join(scopes)):
        services.store()
        person = Browser()
        hub_id = person.connect(running, scopes=scopes).account.hub_id
        person.open()
        wait_until(lambda: services.services().snapshots.latest(hub_id))
        wait_until(lambda: not services.services().jobs.progress(hub_id).is_running)

        tab = person.open("lifecycle")

        assert headings(tab)[0] == f"How far {object_type} got"
        assert not [each for each in tab.at.get("button_group") if "Companies" in str(each.options)]


def test_a_portal_without_stage_dates_says_so_and_shows_where_records_are(running, tmp_path, monkeypatch):
    monkeypatch.setattr("hubspot.sync.schema.STAGE_DATES", ())
    with dashboard(tmp_path, **running.settings):
        services.store()
        person = Browser()
        hub_id = person.connect(running).account.hub_id
        person.open()
        wait_until(lambda: services.services().snapshots.latest(hub_id))
        wait_until(lambda: not services.services().jobs.progress(hub_id).is_running)

        tab = person.open("lifecycle")

    (said,) = tab.alerts
    assert said == lifecycle.without_dates("contacts")
    assert headings(tab) == ["Where contacts are now"]
    assert len(tab.at.get("plotly_chart")) == 1
    assert not tab.at.dataframe


def test_while_records_arrive_nothing_is_shown_that_would_be_wrong(house, wire, someone):
    down = {"status": 502, "times": 99}
    wire.faults({"route": "list", "after": 6, **down}, {"route": "search", "after": 2, **down})
    hub_id = someone.connect(wire).account.hub_id
    tab = someone.open("lifecycle")
    wait_until(lambda: house.jobs.partial_version(hub_id, "contacts"))

    tab.run()

    assert headings(tab) == ["Where contacts are now"]
    assert "so far" in tab.text
    assert "come with the last records" in tab.text
    assert not tab.at.dataframe
