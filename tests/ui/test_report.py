"""The health report: every number that the page shows, readable anywhere, and nobody's record."""

import base64
import hashlib
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from hubspot.analysis.quality import findings
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.records import companies_joined, contacts_joined
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import report, words
from hubspot.ui.numbers import share
from tests.analysis.factories import companies, contacts, portal

TODAY, LOADED = date(2026, 11, 23), datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
HOSTILE = '</style><script>alert("1")</script> & \u202eevil'


def frames(people, firms):
    return {CONTACTS: contacts_joined(people, firms), COMPANIES: companies_joined(firms, people)}


@pytest.fixture
def some():
    people = contacts(
        {"firstname": "MARA", "email": "mara@lindqvist.example", "lifecyclestage": "lead"},
        {"lastname": "Ortiz", "lifecyclestage": "customer", "hs_v2_date_entered_lead": "2026-01-01T10:00:00Z"},
        {"hs_analytics_source": "OFFLINE"},
    )
    return frames(people, companies({"name": "Aster", "domain": "aster.example"}, {"domain": "gmail.com"}))


def made(given, facts=None):
    """Return the report as text and as a tree: every tag in it is closed."""
    text = report.report(given, facts or portal(), loaded_at=LOADED, today=TODAY)
    return text, ET.fromstring(text.removeprefix("<!doctype html>\n"))


def cells(tree):
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in tree.iter("tr")]


def test_it_holds_the_score_and_every_finding_as_the_page_counts_them(some):
    health = findings.health(Survey(some, portal(), TODAY))
    text, tree = made(some)

    assert f'<span class="score">{findings.shown_score(health.score)}</span> of 100' in text
    shown = [
        row[:2] for row in cells(tree) if len(row) == 4 and row[2] in {check.why for check in findings.CHECKS.values()}
    ]
    assert [row[1] for row in shown] == [share(each.share) for each in health.findings]
    assert [int(row[0].split()[0]) for row in shown] == [each.count for each in health.findings]
    assert "as of 2026-11-24 00:30 (Europe/Berlin)" in text


def test_what_could_not_be_checked_is_named_with_the_reason(some):
    health = findings.health(Survey(some, portal(), TODAY))

    reasons = [row[1] for row in cells(made(some)[1]) if len(row) == 2]

    assert reasons == list(health.absent.values()) != []


def test_stages_and_missing_fields_are_charts_and_tables_with_a_description(some):
    _, tree = made(some)

    charts = {each.get("aria-label").partition(".")[0]: each for each in tree.iter("svg")}
    # One of the contacts is in the stage, another was before.
    assert "Lead: 2" in charts["Contacts by lifecycle stage"].get("aria-label")
    assert len(list(charts["Contacts by lifecycle stage"].iter("rect"))) == 3
    assert [row for row in cells(tree) if row and row[0] == "Email"] == [["Email", "67%", "100%", "50%"]]


def test_it_runs_nothing_asks_nobody_and_holds_no_record(some):
    text, tree = made(some, portal(name=HOSTILE))

    assert {each.tag for each in tree.iter()}.isdisjoint({"script", "link", "img", "a", "iframe"})
    assert "://" not in text
    assert "url(" not in text
    assert "\u202e" not in text
    assert not any(value in text for value in ("lindqvist", "MARA", "Ortiz", "aster", "Aster"))


def test_it_forbids_everything_but_its_own_style_wherever_it_is_opened(some):
    text, tree = made(some)
    first, policy, *_ = tree.find("head")
    style = base64.b64encode(hashlib.sha256(tree.find("head/style").text.encode()).digest()).decode()

    assert first.get("charset") == "utf-8"
    assert policy.get("http-equiv") == "Content-Security-Policy"
    assert policy.get("content").split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{style}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert " style=" not in text, "a style beside an element would be refused"


def test_without_records_it_says_so():
    text, tree = made({CONTACTS: contacts_joined(contacts(), None)})

    assert "0 contacts" in text
    assert "Nothing could be checked" in text
    assert not list(tree.iter("svg"))
    assert words.OBJECT_NOUNS[COMPANIES][1] not in text.partition("<h2>")[0]
