"""Data health: the score, its findings with their rows and files, and every tab, on a portal of the sandbox."""

import csv
import io

import pandas as pd
import pytest

from hubspot.analysis.quality.findings import CHECKS, shown_score
from hubspot.ui import health_activity, health_answers, health_missing, health_words, services, state
from tests.ui.tabs import count_line

SANDBOX = ("--contacts", 600, "--companies", 120, "--seed", 5)
TABS = ("Findings", "Missing fields", "Duplicates", "Formatting", "Orphans", "Silent", "Properties", "Owners")


def view_of(someone):
    seen = services.services().sessions.visible(someone.person)
    return state.view(seen, next(iter(seen.grants)))


def file_of(someone, tab):
    answer = someone.fetch(tab.file)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def choose_cell(tab, key, row, column):
    """Choose a cell, as a click does."""
    tab.at.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, column)]}}
    return tab.run()


def labels(tab):
    """The findings that the page lists."""
    return [each.label for each in tab.at.expander if "points" in each.label]


def test_the_page_states_the_score_its_formula_and_the_findings_in_order(mara):
    tab = mara.open("data_health")
    found = health_answers.health(view_of(mara))

    numbers = {each.label: each.value for each in tab.at.metric}
    assert numbers["Score of 100"] == str(shown_score(found.score))
    assert numbers["Findings"] == str(len(found.findings))
    assert health_words.FORMULA in tab.text
    assert [each.label for each in tab.at.tabs] == list(TABS)
    assert len(labels(tab)) == 10
    for label, finding in zip(labels(tab), found.findings, strict=False):
        assert label.startswith(f"**{finding.count:,}** ")
        assert CHECKS[finding.check].says in label
    assert tab.alerts == []


def test_the_report_is_a_file_with_the_score_of_the_page(mara):
    tab = mara.open("data_health")

    answer = mara.fetch(tab.files["Download report"])

    score = next(each.value for each in tab.at.metric if each.label == "Score of 100")
    assert answer.status_code == 200
    assert f'<span class="score">{score}</span> of 100' in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="health-northwind-trading-')
    assert "script" not in answer.text


def test_all_findings_are_there_on_request(mara):
    tab = mara.open("data_health")

    tab.at.toggle(key="health.smaller").set_value(True)
    tab.run()

    assert len(labels(tab)) == len(health_answers.health(view_of(mara)).findings) > 20


def test_a_finding_by_link_is_open_with_reason_rows_and_file(mara, truth):
    ownerless = {record["hs_object_id"] for record in truth["contacts"] if not record["hubspot_owner_id"]}

    tab = mara.open("data_health", finding="contacts.no_owner")

    check = CHECKS["contacts.no_owner"]
    rows = file_of(mara, tab)
    assert check.why in tab.text
    assert check.fix in tab.text
    assert f"**{len(ownerless)} contacts**" in tab.text
    assert len(tab.at.dataframe) == 1
    assert len(tab.at.dataframe[0].value) == len(ownerless)
    assert next(iter(rows[0])) == "Record ID"
    assert {row["Record ID"] for row in rows} == ownerless
    assert set(rows[0]) == {"Record ID", "Contact owner"}


def test_a_finding_that_a_filter_can_say_opens_the_list_under_it(mara, truth):
    tab = mara.open("data_health", finding="contacts.no_owner")

    tab.press("health.all.contacts.no_owner.open")

    assert tab.titles == ["Contacts"]
    assert tab.address["owner"] == "-"


def test_records_of_deactivated_owners_open_in_the_list_too(mara):
    count = next(
        each.count
        for each in health_answers.health(view_of(mara)).findings
        if each.check == "companies.deactivated_owner"
    )
    tab = mara.open("data_health", finding="companies.deactivated_owner")

    tab.press("health.all.companies.deactivated_owner.open")

    assert tab.titles == ["Companies"]
    assert count_line(tab).startswith(f"{count} of ")


def test_a_closed_finding_computes_no_rows(mara):
    assert mara.open("data_health").at.dataframe == []


@pytest.mark.parametrize("finding", ["nonsense", "<script>", "contacts.capitals"])
def test_any_text_as_finding_shows_the_page(mara, finding):
    assert mara.open("data_health", finding=finding).titles == ["Data health"]


CHOICES = {"object": "Missing fields", "by": "Missing fields", "days": "Silent", "properties": "Properties"}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("text", ["", "nonsense"])
def test_any_text_as_a_choice_shows_the_page(mara, name, text):
    opened = mara.open("data_health", **{"tab": CHOICES[name], name: text})

    assert opened.titles == ["Data health"]
    assert len(opened.at.dataframe) == 1


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_by_its_address_and_states_what_it_counts(mara, tab):
    opened = mara.open("data_health", tab=tab)

    said = {
        "Findings": "points",
        "Missing fields": health_missing._NOTE,
        "Duplicates": "pairs",
        "Formatting": "badly written",
        "Orphans": "primary company",
        "Silent": "whichever is later",
        "Properties": "are loaded and counted over",
        "Owners": "in the last 30 days, today included",
    }
    if tab != "Duplicates":
        assert said[tab] in opened.text
    assert list(opened.at.get("error")) == []


def test_only_the_open_tab_is_there(mara):
    opened = mara.open("data_health", tab="Owners")

    assert labels(opened) == []
    assert [next(iter(each.value.columns)) for each in opened.at.dataframe] == ["Owner"]


@pytest.mark.parametrize("kind", ["Contacts", "Companies"])
def test_a_missing_cell_opens_its_records_and_their_file(mara, truth, kind):
    object_type = kind.lower()
    tab = mara.open("data_health", tab="Missing fields", object=kind, by="Stage")
    shown = tab.at.dataframe[0].value
    column = "Lead"
    place = list(shown["Property"]).index("Phone Number")
    expected = {
        record["hs_object_id"]
        for record in truth[object_type]
        if not record["phone"] and record["lifecyclestage"] == "lead"
    }

    choose_cell(tab, f"health.grid.{object_type}.stage", place, column)

    assert f"**{len(expected)} {object_type}**" in tab.text
    assert "Without Phone Number · Lead" in tab.text
    assert {row["Record ID"] for row in file_of(mara, tab)} == expected
    assert shown[column][place] == pytest.approx(
        len(expected) / sum(record["lifecyclestage"] == "lead" for record in truth[object_type])
    )


@pytest.mark.parametrize(("tab_name", "place"), [("Silent", "silent"), ("Owners", "owners")])
def test_each_number_of_an_owner_opens_its_records(mara, truth, tab_name, place):
    tab = mara.open("data_health", tab=tab_name, days=60)
    shown = tab.at.dataframe[0].value

    choose_cell(tab, f"health.{place}.contacts", 1, "No logged contact")

    expected = {
        each["hs_object_id"]
        for each in truth["contacts"]
        if not each["hubspot_owner_id"] and not each["notes_last_contacted"]
    }
    assert shown["Owner"][0] == "Everybody"
    assert shown["Owner"][1] == "No owner"
    assert shown["Owned"][0] == len(truth["contacts"])
    assert shown["No logged contact"][1] == len(expected)
    assert {row["Record ID"] for row in file_of(mara, tab)} == expected
    assert "was 60 or more days ago" in tab.text


def test_a_property_leads_to_the_records_with_and_without_a_value(mara, truth):
    tab = mara.open("data_health", tab="Properties", properties="Custom")
    shown = tab.at.dataframe[0].value
    name = shown["Internal name"][0]
    filled = sum(bool(record[name]) for record in truth["contacts"])

    choose_cell(tab, "health.properties.contacts.Custom", 0, "Filled")

    assert shown["Filled"][0] == filled
    tab.press("health.properties.with a value")
    assert tab.titles == ["Contacts"]
    assert f"{filled} of {len(truth['contacts'])} contacts" in tab.text.replace("**", "").replace(":gray[", "")


def test_a_choice_of_no_property_says_what_to_do(mara):
    tab = mara.open("data_health", tab="Missing fields")

    tab.at.multiselect(key="health.missing.contacts").set_value([])
    tab.run()

    assert "Choose at least one property." in tab.text


@pytest.mark.parametrize(("tab", "finding"), [("Findings", "companies.deactivated_owner"), ("Owners", "")])
def test_presentation_mode_shows_the_same_numbers_and_nobodys_name(mara, tab, finding):
    opened = mara.open("data_health", tab=tab, finding=finding)
    score, before = opened.at.metric[0].value, opened.at.dataframe[0].value
    assert "Chiara Conti" in before.to_string()

    opened.at.session_state[state.MASKED] = True
    opened.run()

    after = opened.at.dataframe[0].value
    assert opened.at.metric[0].value == score
    assert len(after) == len(before)
    assert "Chiara Conti" not in opened.text + after.to_string()
    assert "(deactivated)" in after.to_string()


def test_a_single_typed_value_is_hidden_in_presentation_mode():
    rows = pd.DataFrame({"only": ["Ana", "Yes", None], "type": ["string", "bool", "string"]})

    assert health_answers._without_texts(rows)["only"].fillna("").tolist() == ["•••", "Yes", ""]


def test_the_overview_names_the_five_costliest_findings_with_links(mara):
    tab = mara.open()
    found = health_answers.health(view_of(mara)).findings[:5]

    links = [each for each in tab.at.get("page_link") if "finding=" in each.proto.query_string]
    assert "Needs attention" in tab.text
    assert [f"**{each.count:,}** " in link.proto.label for each, link in zip(found, links, strict=True)] == [True] * 5
    assert all(each.check in link.proto.query_string for each, link in zip(found, links, strict=True))


def test_headers_of_a_grid_are_unique_and_no_cell_is_none():
    assert health_missing.unique(["All", "Ana", "Ana", "", "Property"]) == (
        "All",
        "Ana",
        "Ana (2)",
        "\N{EN DASH}",
        "Property (2)",
    )
    assert health_missing.cell_text(0.125, 1204) == "12% · 1,204"
    assert health_missing.cell_text(0.0, 0) == "\N{EN DASH}"
    assert health_missing.tint(0) == ""
    assert health_missing.cell(None, (), []) is None
    assert health_activity.cell(None, (), []) is None


def test_another_link_opens_another_finding(mara):
    tab = mara.open("data_health", finding="contacts.no_owner")
    tab.turn_to("overview")
    tab.at.query_params["finding"] = "companies.no_owner"
    tab.at.switch_page("pages/data_health.py")

    tab.run()

    assert CHECKS["companies.no_owner"].why in tab.text
    assert len(tab.at.dataframe) == 1
