import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from hubspot.sandbox.definitions import STAGES as DEFINED_STAGES
from hubspot.sandbox.edits import Edits, edit
from hubspot.sandbox.portals import ALDER, NORTHWIND, PORTALS
from tests.sandbox.conftest import TODAY
from tests.sandbox.drawn import column, moments, portal

STAGES = [stage.value for stage in DEFINED_STAGES]


@pytest.fixture(scope="module")
def northwind():
    return portal()


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


@pytest.mark.parametrize("facts", PORTALS, ids=lambda facts: facts.name)
@pytest.mark.parametrize(
    "now",
    # The month has begun in Berlin; New Year; a leap day; both clock changes of Berlin, the repeated hour twice.
    [
        *("2026-11-30T23:30", "2026-12-31T23:00:01", "2027-01-01T00:30", "2028-02-28T23:30", "2028-02-29T23:30"),
        *("2027-03-28T00:30", "2027-03-28T01:30", "2026-10-25T00:30", "2026-10-25T01:05"),
    ],
)
def test_the_last_day_is_the_portals_own_and_nothing_of_it_lies_ahead(facts, now):
    started = datetime.fromisoformat(now).replace(tzinfo=UTC)
    table = portal(facts, contacts=400, today=None, started=started).contacts
    created, modified = moments(table, "createdate"), moments(table, "lastmodifieddate")

    assert (
        max(created).astimezone(ZoneInfo(facts.time_zone)).date()
        == started.astimezone(ZoneInfo(facts.time_zone)).date()
    )
    assert max(*created, *modified) <= started + timedelta(minutes=1)


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

    assert set(links) == {0, 1, 2, 3}
    live = set(northwind.companies.rows(archived=False)[0].tolist())
    assert {firm for row in range(northwind.contacts.size) for firm, _ in northwind.companies_of(row)} <= live
    lonely = [row for row in live if not northwind.contacts_of(row)]
    assert len(lonely) > 20


def test_links_are_the_same_seen_from_both_sides(northwind):
    from_contacts = {
        (contact, firm, primary)
        for contact in range(northwind.contacts.size)
        for firm, primary in northwind.companies_of(contact)
    }
    from_companies = {
        (contact, firm, primary)
        for firm in range(northwind.companies.size)
        for contact, primary in northwind.contacts_of(firm)
    }

    assert from_contacts == from_companies
    assert column(northwind.companies, "num_associated_contacts") == [
        str(len(northwind.contacts_of(row))) for row in range(northwind.companies.size)
    ]


def test_some_contacts_have_the_mail_domain_of_a_company_they_are_not_linked_to(northwind):
    rows = {domain: row for row, domain in enumerate(column(northwind.companies, "domain")) if domain}
    mail = zip(
        column(northwind.contacts, "hs_email_domain"), column(northwind.contacts, "associatedcompanyid"), strict=True
    )
    orphans = [domain for domain, company in mail if domain in rows and company is None]

    assert 60 < len(orphans) < 300


def test_companies_have_parents_and_parents_count_their_children(northwind):
    ids = {str(number): row for row, number in enumerate(northwind.companies.ids.tolist())}
    parents = [ids[parent] for parent in column(northwind.companies, "hs_parent_company_id") if parent]
    children = column(northwind.companies, "hs_num_child_companies")

    assert len(parents) > 10
    assert {row: int(children[row]) for row in parents} == dict(Counter(parents))
    assert all(column(northwind.companies, "hs_parent_company_id")[row] is None for row in parents)


def test_deactivated_owners_still_own_records(northwind):
    deactivated = {str(owner.id) for owner in NORTHWIND.owners if owner.archived}

    for table in northwind.tables.values():
        assert deactivated <= set(column(table, "hubspot_owner_id"))


ARABIC, CHINESE = COMMON = ("[\u0621-\u064a]", "[\u4e00-\u9fff]")
HOSTILE = {
    "an element of HTML": r"<script>|<img|<a href",
    "a link of Markdown": r"\[.+\]\(javascript:",
    "a link that runs a script": r"^javascript:",
    "a formula of a spreadsheet": r"^[=+@-]\w",
    "300 characters": r"^.{300,}$",
    "an emoji": "[\U0001f300-\U0001faff]",
    "Arabic": ARABIC,
    "Chinese": CHINESE,
    "the direction turned round": "\u202e",
    "a combining letter": "\u0308",
    "an invisible space": "\u200b",
    "more than one line": "\n",
    "words that mean nothing elsewhere": "^(null|NaN)$",
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_values_that_break_careless_software_are_there_and_sparse(northwind, object_type, pattern):
    table = northwind.tables[object_type]
    names = ("firstname", "lastname", "website", "jobtitle") if object_type == "contacts" else ("name", "website")
    found = [value for name in names for value in column(table, name) if value and re.search(pattern, value)]

    assert found
    assert len(found) < table.size / (5 if pattern in COMMON else 50)


def test_numbers_may_be_longer_than_a_float(northwind):
    scores, revenues = column(northwind.contacts, "nps_score"), column(northwind.companies, "annualrevenue")

    assert any(value and len(value) > 18 and repr(float(value)) != value for value in scores)
    assert any(value and repr(float(value)) != value and "." in value for value in revenues)


def test_empty_values_are_null_or_an_empty_text(northwind):
    assert {None, ""} <= set(column(northwind.contacts, "phone"))
    assert {None, ""} <= set(column(northwind.companies, "annualrevenue"))


def test_options_that_were_deleted_still_have_values(northwind):
    for name in ("hs_lead_status", "hs_analytics_source", "newsletter_topics"):
        known = {choice.value for choice in northwind.contacts.definitions[name].choices}
        words = {word for value in column(northwind.contacts, name) if value for word in value.split(";") if word}
        assert words - known


def test_owner_ids_may_belong_to_nobody(northwind):
    known = {str(owner.id) for owner in NORTHWIND.owners}

    assert set(column(northwind.contacts, "hubspot_owner_id")) - known - {None}


FAULTS = {
    "first names in capitals": ("contacts", "firstname", r"^[A-ZÀ-Ý]{3,}\b"),
    "last names in small letters": ("contacts", "lastname", r"^[a-zß-ÿ]{3,}$"),
    "names with spaces around them": ("contacts", "firstname", r"\s$"),
    "mailboxes of a role": ("contacts", "email", r"^(info|sales|office|support|hello)@"),
    "test records": ("contacts", "firstname", r"^(Test|asdf|Demo)"),
    "phones without a country code": ("contacts", "phone", r"^[0-9]{2,}\b.(?<!^00)"),
    "phones with two zeros": ("contacts", "phone", r"^00\d"),
    "phones with brackets": ("contacts", "phone", r"\("),
    "countries in small letters": ("contacts", "country", r"^[a-z]"),
    "companies in capitals": ("companies", "name", r"^[A-ZÀ-Ý &]{8,}"),
    "companies with spaces behind them": ("companies", "name", r"\s$"),
    "domains of free mail": ("companies", "domain", r"^(gmail|outlook|yahoo|hotmail|icloud|web)\.(com|de)$"),
    "domains with a host": ("companies", "domain", r"^www\."),
}


@pytest.mark.parametrize(("object_type", "name", "pattern"), FAULTS.values(), ids=FAULTS)
def test_formatting_faults_are_there_and_rare(northwind, object_type, name, pattern):
    values = [value for value in column(northwind.tables[object_type], name) if value]

    assert 0 < sum(bool(re.search(pattern, value)) for value in values) < len(values) / 5


def test_a_small_bulk_import_shares_one_millisecond(northwind):
    shared = Counter(northwind.contacts.modified.tolist()).most_common(1)[0][1]

    assert shared == northwind.contacts.size // 80


def test_a_bulk_import_in_a_large_portal_has_more_records_than_a_search_pages_through():
    contacts = portal(contacts=30_000, companies=0).contacts

    assert Counter(contacts.modified.tolist()).most_common(1)[0][1] == 12_000
    assert Counter(contacts.created.tolist()).most_common(1)[0][1] == 12_000


def test_some_records_were_merged_before_history_and_some_are_archived(northwind):
    for table in northwind.tables.values():
        merged = [row for row, old in enumerate(column(table, "hs_merged_object_ids")) if old]
        assert merged
        for row in merged:
            assert {table.row_of(int(old)) for old in column(table, "hs_merged_object_ids")[row].split(";")} == {row}
        assert 5 <= len(table.rows(archived=True)[0]) < table.size / 50


def test_every_definition_has_a_column_and_every_column_a_definition(northwind):
    for table in northwind.tables.values():
        assert set(table.definitions) - {"hs_object_id"} == set(table._builders)


@pytest.mark.parametrize(("contacts", "companies"), [(0, 0), (1, 0), (0, 3), (1, 1), (2, 1), (40, 9)])
def test_the_smallest_portals_have_every_property(contacts, companies):
    tiny = portal(contacts=contacts, companies=companies)

    for table in tiny.tables.values():
        for name in table.definitions:
            assert len(column(table, name)) == table.size
    assert {firm for row in range(contacts) for firm, _ in tiny.companies_of(row)} <= set(range(companies))


def test_a_large_portal_stays_small_in_memory_after_every_property_was_asked_for():
    drawn = portal(contacts=100_000, companies=20_000)
    columns = [table.column(name) for table in drawn.tables.values() for name in table.definitions]

    # 1,000,000 contacts and 200,000 companies must fit into 500 MB beside the 60 MB of the process itself.
    assert sum(array.nbytes for array in distinct(columns)) < 40_000_000


def distinct(columns):
    """The columns, and every array only once: several columns share some."""
    seen = {}
    for each in columns:
        owned = [codes for codes, _ in each.parts] if hasattr(each, "parts") else []
        for array in (*owned, *vars(each).values()):
            if isinstance(array, np.ndarray):
                base = array if array.base is None else array.base
                seen[id(base)] = base
    return seen.values()


def test_columns_drawn_after_edits_are_what_they_were_before():
    untouched, edited = portal(contacts=600, companies=120), portal(contacts=600, companies=120)
    for object_type in ("companies", "contacts"):
        asked = Edits(object_type=object_type, create=5, update=5, archive=9, merge=3, properties=("lifecyclestage",))
        edit(edited, asked, now=1_800_000_000_000)

    for object_type, table in untouched.tables.items():
        changed = edited.tables[object_type]
        for name in table.definitions.keys() - {"hs_object_id"}:
            rows = np.arange(table.size)
            assert changed.column(name).encoded(rows) == table.column(name).encoded(rows), name
