"""The figures that depend on the present, at the days and hours where a calendar is odd, against SQL over the truth."""

import json
from datetime import UTC, datetime

import duckdb
import httpx
import pytest

from hubspot.analysis import behind
from hubspot.analysis.calendar import Calendar
from hubspot.analysis.filters import select
from hubspot.analysis.lifecycle import cohorts, journeys, stages, stays
from hubspot.analysis.lifecycle.stays import BUCKETS
from hubspot.analysis.metrics import new_this_month
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import CHECKS
from hubspot.portal import CONTACTS
from tests.analysis.test_quality_against_sql import loaded
from tests.running import sandbox

BERLIN = "Europe/Berlin"
# The present in UTC, and by hand: this month, the days it is compared with, and where those of last month end.
PRESENTS = {
    "2026-03-31T12:00": ("2026-03-01", "2026-03-31", "2026-01-29", "2026-02-28 14:00"),
    "2028-02-29T22:30": ("2028-02-01", "2028-02-29", "2028-01-01", "2028-01-29 23:30"),
    "2027-03-28T01:30": ("2027-03-01", "2027-03-28", "2027-02-01", "2027-02-28 03:30"),
    "2026-10-25T01:05": ("2026-10-01", "2026-10-25", "2026-09-01", "2026-09-25 03:05"),
    "2026-12-31T23:30": ("2027-01-01", "2027-01-01", "2026-12-01", "2026-12-01 00:30"),
}


@pytest.fixture(scope="module", params=PRESENTS)
def evidence(request, tmp_path_factory):
    now = datetime.fromisoformat(request.param).replace(tzinfo=UTC)
    calendar = Calendar(now, BERLIN)
    options = ("--contacts", 500, "--companies", 60, "--today", calendar.today, "--no-limits")
    with (
        sandbox(tmp_path_factory.mktemp("sandbox") / "log", *options) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
        duckdb.connect() as sql,
    ):
        portal, frames = loaded(http, server.url, server.ready["hub_id"])
        lines = http.get("/sandbox/truth", params={"kinds": "record"}).text.splitlines()
        told = [each for each in map(json.loads, lines) if each["object_type"] == CONTACTS and not each["archived"]]
        sql.execute("create table told (id bigint, properties json)")
        rows = [(int(each["properties"]["hs_object_id"]), json.dumps(each["properties"])) for each in told]
        sql.executemany("insert into told values (?, ?)", rows)
        yield calendar, Survey(frames, portal, calendar.today), sql, PRESENTS[request.param]


def local(name):
    return f"(nullif(properties->>'{name}', '')::timestamptz at time zone '{BERLIN}')"


def counted(sql, where):
    return sql.execute(f"select count(*) from told where {where}").fetchone()[0]


def test_new_contacts_and_the_days_they_are_compared_with(evidence):
    calendar, survey, sql, (first, today, before, until) = evidence
    frame, created = survey.frames[CONTACTS], local("createdate")

    kpi = new_this_month(frame, calendar)

    assert kpi.value == counted(sql, f"{created}::date between '{first}' and '{today}'") > 0
    assert kpi.before == counted(sql, f"{created} >= '{before}' and {created} < '{until}'")
    _, filters = behind.kpi(kpi.name, frame, calendar.today)
    assert select(frame, filters, BERLIN).mask.sum() == kpi.value


def test_those_created_in_the_month_and_in_no_stage(evidence):
    calendar, survey, sql, (first, *_) = evidence
    way = journeys(survey.frames[CONTACTS], survey.portal, CONTACTS)

    assert cohorts(way, calendar.today).sizes[-1] == counted(
        sql, f"date_trunc('month', {local('createdate')}) = date '{first}'"
    )
    nowhere = stays(way, calendar.today).rows.iloc[-1]
    expected = counted(sql, "nullif(properties->>'lifecyclestage', '') is null")
    assert (nowhere["records"], nowhere["undated"], nowhere[list(BUCKETS)].sum()) == (expected, expected, 0)


def test_those_that_are_in_each_stage_or_were(evidence):
    _, survey, sql, _ = evidence
    for value, count in stages(survey.frames[CONTACTS], survey.portal, CONTACTS).rows[["value", "reached"]].values:
        dates = " or ".join(
            f"nullif(properties->>'{name}', '') is not null"
            for name in (f"hs_v2_date_entered_{value}", f"hs_lifecyclestage_{value}_date")
        )
        assert count == counted(sql, f"properties->>'lifecyclestage' = '{value}' or {dates}"), value


def test_those_without_a_number_silent_or_without_a_logged_contact(evidence):
    calendar, survey, sql, _ = evidence
    last = f"greatest({local('notes_last_updated')}, {local('notes_last_contacted')})::date"
    said = {
        "contacts.no_phone": "coalesce(properties->>'phone', '') || coalesce(properties->>'mobilephone', '') = ''",
        "contacts.silent": f"coalesce({last} <= date '{calendar.today}' - 90, false)",
        "contacts.untouched": "nullif(properties->>'notes_last_contacted', '') is null",
    }
    for name, where in said.items():
        assert CHECKS[name].mask(survey).sum() == counted(sql, where) > 0, name
