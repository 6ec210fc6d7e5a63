import unicodedata
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.definitions import STAGES as DEFINED_STAGES
from hubspot.sandbox.edits import edit
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.portals import ALDER, NORTHWIND, PORTALS
from hubspot.sandbox.records import encoded
from hubspot.sandbox.tables import Table
from tests.sandbox.conftest import TODAY

STAGES = [stage.value for stage in DEFINED_STAGES]


def portal(facts=NORTHWIND, **changes):
    return Portal(facts, replace(SandboxConfig(contacts=6000, companies=1200, today=TODAY), **changes))


@pytest.fixture(scope="module")
def northwind():
    return portal()


def column(table: Table, name: str):
    (values,) = encoded(table, np.arange(len(table.ids)), [name])
    return [orjson.loads(value) for value in values]


def moments(table, name):
    return [datetime.fromisoformat(text) if text else None for text in column(table, name)]


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_the_same_configuration_makes_the_same_records_in_any_order_of_columns(object_type):
    first, second = portal().tables[object_type], portal().tables[object_type]
    names = list(first.definitions)

    forward = {name: column(first, name) for name in names}
    backward = {name: column(second, name) for name in reversed(names)}

    assert forward == backward


def test_another_seed_makes_other_records(northwind):
    assert column(portal(seed=8).contacts, "email") != column(northwind.contacts, "email")


def test_the_second_portal_is_smaller_and_other(northwind):
    alder = portal(ALDER)

    assert alder.contacts.size == 1500
    assert set(alder.contacts.ids.tolist()).isdisjoint(northwind.contacts.ids.tolist())
    countries = Counter(column(alder.contacts, "country"))
    assert countries["United States"] > countries["Germany"]


@pytest.mark.parametrize("facts", PORTALS, ids=lambda facts: facts.name)
@pytest.mark.parametrize("size", [2, 50, 6000])
def test_somebody_is_new_today_and_yesterday_and_nobody_tomorrow(facts, size):
    table = portal(facts, contacts=size * 4).contacts
    zone = ZoneInfo(facts.time_zone)
    days = Counter(moment.astimezone(zone).date() for moment in moments(table, "createdate"))

    assert days[TODAY] >= 1
    assert days[TODAY - timedelta(days=1)] >= 1
    assert max(days) == TODAY
    assert all(moment.astimezone(zone).date() <= TODAY for moment in moments(table, "lastmodifieddate"))


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_ids_have_ten_to_twelve_digits_and_rise_with_creation(northwind, object_type):
    table = northwind.tables[object_type]
    ids = table.ids.tolist()

    assert all(10 <= len(str(each)) <= 12 for each in ids)
    assert all(first < second for first, second in pairwise(ids))
    assert max(second - first for first, second in pairwise(ids)) > 1000
    assert (np.diff(table.created) >= 0).all()
    assert (table.modified >= table.created).all()


def test_growth_and_weekends_show(northwind):
    created = moments(northwind.contacts, "createdate")
    years = Counter((TODAY - moment.date()).days // 365 for moment in created)
    weekdays = Counter(moment.weekday() for moment in created)

    assert years[0] > years[1] > years[2] > years[3]
    assert weekdays[5] + weekdays[6] < weekdays[1]


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_stage_dates_rise_along_the_path_and_agree_with_the_current_stage(northwind, object_type):
    table = northwind.tables[object_type]
    dates = {stage: moments(table, f"hs_v2_date_entered_{stage}") for stage in STAGES}
    created, modified = moments(table, "createdate"), moments(table, table.modified_name)

    for row, current in enumerate(column(table, "lifecyclestage")):
        path = [(stage, dates[stage][row]) for stage in STAGES if dates[stage][row]]
        assert [moment for _, moment in path] == sorted(moment for _, moment in path)
        assert all(created[row] <= moment <= modified[row] for _, moment in path)
        assert (path[-1][0] if path else None) == current


def test_every_stage_source_and_owner_occurs(northwind):
    contacts = northwind.contacts

    assert set(column(contacts, "lifecyclestage")) == {*STAGES, None}
    assert len(set(column(contacts, "hs_analytics_source"))) >= 11
    assert {str(owner.id) for owner in NORTHWIND.owners} < set(column(contacts, "hubspot_owner_id"))
    assert None in column(contacts, "hubspot_owner_id")
    assert len(set(column(northwind.companies, "industry"))) > 30


def test_referrals_from_ai_are_recent_and_growing(northwind):
    sources = column(northwind.contacts, "hs_analytics_source")
    ages = [
        (TODAY - moment.date()).days
        for moment, source in zip(moments(northwind.contacts, "createdate"), sources, strict=True)
        if source == "AI_REFERRALS"
    ]

    assert max(ages) < 550
    assert sum(age < 270 for age in ages) > sum(age >= 270 for age in ages)


@pytest.mark.parametrize("name", ["lifecyclestage", "hs_lead_status", "hs_analytics_source", "numemployees", "hs_role"])
def test_enumerations_hold_their_options_and_rarely_a_deleted_one(northwind, name):
    known = {choice.value for choice in northwind.contacts.definitions[name].choices} | {None}
    values = column(northwind.contacts, name)

    assert sum(value not in known for value in values) <= len(values) // 200


def test_email_addresses_are_unique_ascii_and_lead_nowhere(northwind):
    emails = [email for email in column(northwind.contacts, "email") if email]

    assert len(emails) == len(set(emails))
    assert all(email.isascii() and email.count("@") == 1 and email.endswith(".example") for email in emails)
    assert None in column(northwind.contacts, "email")


def test_names_come_in_many_scripts(northwind):
    text = "".join(filter(None, column(northwind.contacts, "lastname") + column(northwind.contacts, "firstname")))

    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in text}
    assert scripts >= {"LATIN", "CJK", "HIRAGANA", "GREEK", "HEBREW", "DEVANAGARI", "ARABIC", "CYRILLIC"}
    assert set("éłşåñ") <= set(text)


def test_contacts_work_for_none_one_or_several_companies(northwind):
    links = Counter(len(northwind.companies_of(row)) for row in range(northwind.contacts.size))

    assert set(links) == {0, 1, 2}
    live = set(northwind.companies.rows(archived=False)[0].tolist())
    assert {firm for row in range(northwind.contacts.size) for firm, _ in northwind.companies_of(row)} <= live
    lonely = [row for row in live if not northwind.contacts_of(row)]
    assert len(lonely) > 20


def test_hostile_values_are_there_and_sparse(northwind):
    names = column(northwind.contacts, "firstname")
    hostile = [name for name in names if name and ("<" in name or name[:1] in "=+-@")]

    assert 3 <= len(hostile) < len(names) // 100
    assert any((website or "").startswith("javascript:") for website in column(northwind.contacts, "website"))
    assert "" in column(northwind.contacts, "phone")


def test_a_bulk_import_shares_one_millisecond(northwind):
    shared = Counter(northwind.contacts.modified.tolist()).most_common(1)[0][1]

    assert shared == northwind.contacts.size // 80


def test_some_contacts_and_companies_are_known_duplicates(northwind):
    for table, name in ((northwind.contacts, "lastname"), (northwind.companies, "name")):
        rows = np.flatnonzero(table.is_twin)
        assert 0.005 < len(rows) / table.size < 0.03
        assert (table.twin[rows] < rows).all()
        assert not table.is_twin[table.twin[rows]].any()
        assert column(table, name)


def test_every_definition_has_a_column_and_every_column_a_definition(northwind):
    for table in northwind.tables.values():
        assert set(table.definitions) - {"hs_object_id"} == set(table._builders)


def test_columns_drawn_after_edits_are_what_they_were_before():
    untouched, edited = portal(contacts=600, companies=120), portal(contacts=600, companies=120)
    for object_type in ("companies", "contacts"):
        edit(edited, object_type, {"create": 5, "update": 5, "archive": 9, "merge": 3}, now=1_800_000_000_000)

    for object_type, table in untouched.tables.items():
        changed = edited.tables[object_type]
        for name in table.definitions.keys() - {"hs_object_id"}:
            rows = np.arange(table.size)
            assert changed.column(name).encoded(rows) == table.column(name).encoded(rows), name
