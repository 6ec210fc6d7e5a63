"""Random filters on a portal full of hostile texts, edits, deletions and merges, against SQL over its truth.

The records go the whole way, from a sandbox over the wire through a load into a joined frame. The SQL shares nothing
with it but the sentence that says what each filter means.
"""

import json
import os
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import duckdb
import httpx
import pytest

from hubspot.analysis import records
from hubspot.analysis.calendar import Calendar
from hubspot.analysis.counts import OTHER, timeline
from hubspot.analysis.filters import (
    Between,
    Contains,
    Days,
    Filters,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Within,
    Words,
    from_json,
    option_counts,
    select,
    to_json,
)
from hubspot.analysis.filters.fields import Fields, divided
from hubspot.analysis.filters.link import from_query, to_query
from hubspot.analysis.metrics import new_this_month, total
from hubspot.analysis.records import NO_VALUE
from hubspot.api.client import HubSpot
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.frames import to_frame
from hubspot.sync.load import load
from tests.browser import hostile
from tests.running import sandbox
from tests.sync.notebook import Notebook, Nowhere

BOTH = (CONTACTS, COMPANIES)
RUNS = 300 if os.environ.get("SOAK") else 30
TODAY = date(2026, 11, 23)
EDITS = {"create": 15, "update": 60, "archive": 10, "merge": 5}
# The search takes letters of double width, common in Japanese texts, for the usual ones.
NARROW = "".join(map(chr, range(0x21, 0x7F)))
WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))
# What the joins add, said in SQL.
TRIMMED = r"nullif(regexp_replace({}, '^[\s\p{{Z}}]+|[\s\p{{Z}}]+$', '', 'g'), '')"
COMPANY_NAME = f"coalesce({TRIMMED.format('name')}, {TRIMMED.format('domain')}, 'Company ' || hs_object_id)"
FULL_NAME = f"""coalesce({TRIMMED.format("concat_ws(' ', r.firstname, r.lastname)")}, {TRIMMED.format("r.email")},
    'Contact ' || r.hs_object_id)"""
LATEST = """(select strftime(max(try_cast(t.{} as timestamptz)) at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')
    from contacts_told t where t.associatedcompanyid = r.hs_object_id) as "contact.{}","""
JOINED = {
    CONTACTS: f"""
        select r.*, c.name_shown as "company.name", c.industry as "company.industry", c.domain as "company.domain",
            c.country as "company.country", c.numberofemployees as "company.numberofemployees",
            c.annualrevenue as "company.annualrevenue",
            concat_ws(chr(10), {FULL_NAME}, r.email, c.name_shown, r.company) as "record.search"
        from contacts_told r left join (select *, {COMPANY_NAME} as name_shown from companies_told) c
        on c.hs_object_id = r.associatedcompanyid""",
    COMPANIES: f"""
        select r.*, concat_ws(chr(10), {COMPANY_NAME}, r.domain) as "record.search",
            (select count(*) from contacts_told t where t.associatedcompanyid = r.hs_object_id)::varchar
            as "contact.count",
            (select count(*) from contacts_told t where t.associatedcompanyid = r.hs_object_id
                and t.lifecyclestage = 'customer')::varchar as "contact.customers",
            {LATEST.format("createdate", "created")}
            {LATEST.format("notes_last_updated", "activity")}
        from companies_told r""",
}


class Evidence:
    """A portal twice: `fields` of each object type as they were loaded, and the truth behind `sql`."""

    def __init__(self, fields, sql):
        self.fields, self.sql = fields, sql
        self.zone = fields[CONTACTS].portal.account.time_zone

    def ids(self, object_type, where):
        found = self.sql.execute(f"select hs_object_id::bigint from {object_type} where {where} order by 1")
        return [row[0] for row in found.fetchall()]

    def count(self, object_type, where):
        return self.sql.execute(f"select count(*) from {object_type} where {where}").fetchone()[0]

    def counts(self, object_type, column, where, *, is_multiple):
        value = f'"{column}"'
        if is_multiple:
            value = f"unnest(coalesce(string_split({value}, ';'), ['']))"
        counted = self.sql.execute(
            f"with v as (select {value} as v from {object_type} where {where}) "
            "select coalesce(v, ''), count(*) from v group by 1"
        )
        return dict(counted.fetchall())


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    log = tmp_path_factory.mktemp("sandbox") / "log"
    portal = hostile.Portal()
    sizes = ("--contacts", 1200, "--companies", 400, "--seed", 11, "--today", TODAY, "--no-limits")
    with (
        sandbox(log, *sizes) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
        hostile.rewriting(server.url, portal) as address,
        duckdb.connect() as sql,
    ):
        for object_type in BOTH:
            http.post("/sandbox/edit", json={**EDITS, "object_type": object_type}).raise_for_status()
        # First, so that which record gets which hostile text does not depend on the order of a load.
        truth = told(http, portal, server.ready["hub_id"])
        fields = loaded(http, address, server.ready["hub_id"])
        for object_type in BOTH:
            tell(sql, object_type, truth[object_type], fields[object_type].frame.columns)
        for object_type in BOTH:
            sql.execute(f"create table {object_type} as {JOINED[object_type]}")
        yield Evidence(fields, sql)


def loaded(http, address, hub_id):
    hubspot = HubSpot(address)
    try:
        client = hubspot.client(hub_id, lambda _rejected: http.post("/sandbox/token", json={}).json()["access_token"])
        found = load(client, BOTH, Notebook(), Nowhere())
    finally:
        hubspot.close()
    contacts, companies = (to_frame(found.tables[object_type]) for object_type in BOTH)
    return {
        CONTACTS: Fields(found.portal, CONTACTS, records.contacts_joined(contacts, companies)),
        COMPANIES: Fields(found.portal, COMPANIES, records.companies_joined(companies, contacts)),
    }


def told(http, portal, hub_id):
    """Return the truth as this HubSpot tells it, hostile texts included."""
    found = {object_type: [] for object_type in BOTH}
    for line in map(json.loads, http.get("/sandbox/truth").text.splitlines()):
        if line["kind"] == "record" and not line["archived"] and line.get("hub_id", hub_id) == hub_id:
            found[line["object_type"]].append(portal._record(line["object_type"], line)["properties"])
    return found


def tell(sql, object_type, properties, columns):
    """Store records as the texts they are on the wire; "" is no value there."""
    names = [column for column in columns if "." not in column]
    defined = ", ".join(f'"{name}" varchar' for name in names)
    sql.execute(f"create table {object_type}_told ({defined})")
    rows = [[record.get(name) or None for name in names] for record in properties]
    sql.executemany(f"insert into {object_type}_told values ({', '.join('?' * len(names))})", rows)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def where(filters, fields):
    """Say filters in SQL."""
    parts = [said(condition, fields) for condition in filters.conditions]
    groups = [" and ".join(f"({said(condition, fields)})" for condition in group) for group in filters.groups]
    if groups:
        parts.append(" or ".join(f"({group})" for group in groups))
    return " and ".join(f"({part})" for part in parts) or "true"


def said(condition, fields):
    column = f'"{condition.column}"'
    match condition:
        case OrUnknown(asked):
            return f"{value_of(asked, fields)} is null or ({said(asked, fields)})"
        case Words(text):
            words = (f"contains({folded(column)}, {folded(quoted(word))})" for word in text.split())
            return " and ".join(words)
        case Known(_, negated):
            return f"{column} is {'' if negated else 'not '}null"
        case OneOf(_, values, negated):
            return chosen(column, values, negated=negated)
        case Holds(_, values, match):
            return ticked(column, values, match)
        case _:
            return turned(*measured(column, condition, fields), negated=condition.negated)


def value_of(asked, fields):
    """Say what a condition asks about; a text that is no number is no value of a number."""
    if isinstance(asked, Between | Days | Contains):
        return measured(f'"{asked.column}"', asked, fields)[1]
    return f'"{asked.column}"'


def folded(said):
    """Say a text as search and conditions take it: letters of double width as the usual ones, without accents."""
    narrow = f"translate({said}, {quoted(WIDE)}, {quoted(NARROW)})"
    plain = f"lower(strip_accents({narrow}))"
    for letter, instead in (("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("þ", "th")):
        plain = f"replace({plain}, '{letter}', '{instead}')"
    odd = "\N{GREEK SMALL LETTER FINAL SIGMA}\N{LATIN SMALL LETTER DOTLESS I}øłđð"
    instead = "\N{GREEK SMALL LETTER SIGMA}ioldd"
    return f"translate({plain}, '{odd}', '{instead}')"


def measured(column, condition, fields):
    """Return a sentence, and the value that must be there for its opposite to be true."""
    match condition:
        case Contains(_, text):
            return f"contains({folded(column)}, {folded(quoted(text))})", column
        case Between(_, low, high):
            number = f"(case when isfinite(try_cast({column} as double)) then try_cast({column} as double) end)"
            return limits(number, low, high), number
        case Days(_, first, last):
            is_date = fields.named(condition.column).kind == "date"
            zone = quoted(fields.portal.account.time_zone)
            day = f"left({column}, 10)::date" if is_date else f"({column}::timestamptz at time zone {zone})::date"
            return limits(day, *(end and f"date '{end:%Y-%m-%d}'" for end in (first, last))), column


def turned(sentence, value, *, negated):
    return f"({value} is not null and not ({sentence}))" if negated else f"coalesce({sentence}, false)"


def limits(value, low, high):
    ends = [f"{value} >= {low}"] if low is not None else []
    return " and ".join(ends + ([f"{value} <= {high}"] if high is not None else []))


def chosen(column, values, *, negated):
    listed = f"coalesce({column} in ({', '.join(map(quoted, values))}), false)"
    if negated:
        return f"{column} is not null and not {listed}"
    return f"{listed} or {column} is null" if NO_VALUE in values else listed


def ticked(column, values, match):
    each = [f"list_contains(string_split({column}, ';'), {quoted(value)})" for value in sorted(values - {NO_VALUE})]
    if match == "none":
        return f"{column} is not null and not ({' or '.join(each) or 'false'})"
    if match == "all":
        return "false" if NO_VALUE in values else f"coalesce({' and '.join(each)}, false)"
    found = f"coalesce({' or '.join(each) or 'false'}, false)"
    return f"{found} or {column} is null" if NO_VALUE in values else found


class Chance:
    """Makes filters of all kinds, mostly of values that records have."""

    def __init__(self, seed, fields):
        self.random, self.fields = random.Random(seed), fields
        self.all = fields.all()

    def filters(self):
        groups = self.random.choice([0, 0, 1, 2, 3])
        return Filters(self._some(0, 2), tuple(self._some(1, 3) for _ in range(groups))).on(TODAY)

    def _some(self, least, most):
        return tuple(self._condition() for _ in range(self.random.randint(least, most)))

    def _condition(self):
        asked = self._asked()
        return OrUnknown(asked) if self.random.random() < 0.15 else asked

    def _asked(self):
        if self.random.random() < 0.1:
            return Words(self._word())
        # Each kind as often as the others: most properties are texts or instants.
        kind = self.random.choice(sorted({each.kind for each in self.all}))
        field = self.random.choice([each for each in self.all if each.kind == kind])
        if self.random.random() < 0.15:
            return Known(field.column, negated=self._flag())
        return getattr(self, f"_{kind}")(field.column)

    def _flag(self):
        return self.random.random() < 0.4

    def _present(self, column):
        return self.fields.frame[column].dropna()

    def _values(self, column, among=()):
        there = [*among, *self._present(column).astype("str").unique()]
        return frozenset(self.random.choices([*there, NO_VALUE, "nobody has this"], k=self.random.randint(1, 4)))

    def _word(self):
        texts = " ".join(self.fields.frame["record.search"].sample(3, random_state=self.random.randrange(99)))
        words = [word for word in texts.split() if word.isascii() and word.isprintable()] or ["x"]
        return self.random.choice(words)[:4]

    def _choice(self, column):
        stored = {"True": "true", "False": "false"}
        values = frozenset(stored.get(value, value) for value in self._values(column))
        return OneOf(column, values, self._flag())

    def _multiple(self, column):
        return Holds(
            column, self._values(column, self.fields.options(column)), self.random.choice(["any", "all", "none"])
        )

    def _text(self, column):
        if self._flag():
            return OneOf(column, self._values(column), self._flag())
        text = self.random.choice([*self._values(column)]) or "a"
        start = self.random.randrange(len(text))
        piece = text[start : start + 3]
        return Contains(column, piece.swapcase() if piece.strip() else "a", self._flag())

    def _ends(self, values):
        low, high = sorted(self.random.choices(values, k=2))
        return self.random.choice([(low, high), (low, None), (None, high)])

    def _number(self, column):
        return Between(column, *self._ends([*map(float, self._present(column).head(200)), 0.0]), self._flag())

    def _date(self, column):
        if self.random.random() < 0.2:
            return Within(column, self.random.choice(["last-90-days", "this-month", "this-year"]), self._flag())
        days = [instant.date() for instant in self._present(column).head(200)]
        return Days(column, *self._ends([*days, TODAY, TODAY - timedelta(days=400)]), self._flag())

    _instant = _date


@pytest.mark.parametrize("object_type", BOTH)
@pytest.mark.parametrize("seed", range(RUNS // 2))
def test_rows_and_counts_of_options_are_those_of_sql(evidence, object_type, seed):
    fields = evidence.fields[object_type]
    chance = Chance(f"{object_type}{seed}", fields)
    filters = chance.filters()

    selection = select(fields.frame, filters, evidence.zone)

    assert sorted(selection.records["hs_object_id"]) == evidence.ids(object_type, where(filters, fields)), filters
    choosable = [each for each in fields.all() if each.kind in {"choice", "multiple", "text"}]
    for field in chance.random.sample(choosable, 4):
        is_multiple = field.kind == "multiple"
        counted = option_counts(fields.frame, field.column, selection.ignoring(field.column), is_multiple=is_multiple)
        others = where(filters.ignoring(field.column), fields)
        assert counted == evidence.counts(object_type, field.column, others, is_multiple=is_multiple), field


@pytest.mark.parametrize("object_type", BOTH)
def test_what_a_link_and_what_is_stored_says_shows_the_same_rows(evidence, object_type):
    fields = evidence.fields[object_type]
    for seed in range(RUNS // 2):
        filters = Chance(f"{object_type}{seed}", fields).filters()
        shared, _ = divided(filters, fields)

        assert from_json(json.loads(json.dumps(to_json(filters)))) == filters
        reading = from_query(to_query(filters, fields), fields)
        known = set(select(fields.frame, reading.filters, evidence.zone).records["hs_object_id"])
        # Values that neither the portal nor a record has are left out of a link, and show nothing anyway.
        if not reading.dropped:
            assert known == set(evidence.ids(object_type, where(shared, fields))), filters


LOCAL = "(createdate::timestamptz at time zone '{}')"
CALENDAR = Calendar(datetime(2026, 11, 23, 15, 30, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize("object_type", BOTH)
@pytest.mark.parametrize("seed", range(RUNS // 2))
def test_numbers_and_charts_of_filtered_records_are_those_of_sql(evidence, object_type, seed):
    fields = evidence.fields[object_type]
    chance = Chance(f"charts {object_type}{seed}", fields)
    filters = chance.filters()
    found, asked = select(fields.frame, filters, evidence.zone).records, where(filters, fields)
    calendar, local = replace(CALENDAR, time_zone=evidence.zone), LOCAL.format(evidence.zone)

    basis = chance.random.choice(["month", "year"])
    everything = total(found, object_type, calendar, basis=basis)
    new = new_this_month(found, calendar, basis=basis)
    month, before = calendar.month_to_date(basis)
    inside = [f"{local} >= '{span.start}' and {local} < '{span.end}'" for span in (month, before)]
    earlier = f"createdate is null or {local} < '{calendar.since(basis)}'"
    counted = [evidence.count(object_type, f"({asked}) and ({more})") for more in ("true", earlier, *inside)]
    assert [everything.value, new.value, new.before] == [counted[0], *counted[2:]], filters
    assert everything.before == (counted[1] if found["createdate"].notna().any() else None), filters

    by = chance.random.choice(["hs_analytics_source", "lifecyclestage", "hubspot_owner_id"])
    periods = calendar.last(13, chance.random.choice(["day", "week", "month", "quarter"]))
    chart = timeline(found, by, fields.portal, object_type=object_type, periods=periods)
    drawn = {(day.date(), kind): count for kind in chart.kinds for day, count in chart.counts[kind].items() if count}
    listed = ", ".join(map(quoted, [*chart.others, "nobody has this"]))
    rows = evidence.sql.execute(
        f"select date_trunc('{periods.grain}', {local})::date, "
        f"case when \"{by}\" in ({listed}) then '{OTHER}' else coalesce(\"{by}\", '') end, count(*) "
        f"from {object_type} where ({asked}) and {local} >= '{periods.starts[0]}' and {local} < '{periods.end}' "
        "group by all"
    ).fetchall()
    assert drawn == {(day, kind): count for day, kind, count in rows}, filters


def test_the_portal_is_as_hostile_as_it_should_be(evidence):
    frame = evidence.fields[CONTACTS].frame

    assert frame["firstname"].str.contains("<script", regex=False).any()
    assert frame["lifecyclestage"].isna().any()
    assert {"number", "date", "instant", "choice", "multiple", "text"} == {
        field.kind for field in evidence.fields[CONTACTS].all()
    }
    assert len(frame) == len(evidence.ids(CONTACTS, "true")) > 1000
