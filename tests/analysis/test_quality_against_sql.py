"""Every number of data health on random portals, against SQL over the sandbox's truth.

What people write badly is put into the portal first, over the control routes; then the records go the whole way, over
the wire through a load into joined frames. The SQL shares nothing with the analysis but the sentences that say what is
counted, and the lists of words.
"""

import json
import os
import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import httpx
import pytest

from hubspot.analysis import records
from hubspot.analysis.counts import OTHER
from hubspot.analysis.filters import select
from hubspot.analysis.quality import activity, words
from hubspot.analysis.quality.answers import ANSWERS, found_by, missing_in, owned_by
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import CHECKS, health
from hubspot.analysis.quality.grid import ALL, COLUMNS, EARLIER, grid
from hubspot.analysis.quality.missing import EXPECTED
from hubspot.analysis.quality.usage import usage
from hubspot.analysis.records import NO_VALUE
from hubspot.analysis.views import BUILT_IN
from hubspot.api.client import HubSpot
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.frames import to_frame
from hubspot.sync.load import load
from tests.running import sandbox
from tests.sync.notebook import Notebook, Nowhere

BOTH = (CONTACTS, COMPANIES)
TODAY = date(2026, 11, 23)
PORTALS = range(50 if os.environ.get("SOAK") else 2)
SIZES = ((300, 90), (200, 200), (0, 0), (1, 1), (500, 40), (1, 0), (0, 3))
ZONES = ("America/Los_Angeles", "Pacific/Auckland", "Europe/Berlin", "Asia/Beirut", "US/Eastern")
DAYS = (30, 90, 365)
NAMES = (
    *("MARIA", "maria", " Ana", "Ana  Lena", "Ana\u00a0 ", "An\u200ba", "\u202eana", "Test", "tester", "asdf 1", "JJ"),
    *("MÜLLER", "Élodie", "Demo", "美咲", "O'Brien", "de la Cruz", "GROẞ", "Ana\tB", "dummy2", "x", None),
)
EMAILS = (
    *("info@acme.example", "Sales+x@acme.example", "test1@acme.example", "ana@example.com", "ana@shop.example"),
    *("ben@gmail.com", "cem@ACME.example", "dora@sub.acme.example", None),
)
PHONES = ("+49 30 1234", "0049 30 1234", "030 1234", "(+1) 555", "tel 12", "none", "00", "1 00 2", None)
DOMAINS = ("acme.example", "www.Acme.example", "gmail.com", "https://web.de/x", "test.com", "shop.example", None)
MORE_DOMAINS = ("shop.example", "old.example;shop.example", "gmail.com", None)
INSTANTS = (*(f"2026-{month:02}-{day:02}T{hour}Z" for month, day, hour in (
    (11, 23, "23:30:00.000"), (11, 22, "23:30:00.000"), (11, 23, "05:00:00.000"), (10, 24, "22:30:00.000"),
    (8, 25, "21:59:00.000"), (8, 25, "22:30:00.000"), (3, 29, "01:00:00.000"), (12, 5, "09:00:00.000"),
)), None)  # fmt: skip
HIDDEN = [n for n in range(0xA0) if unicodedata.category(chr(n)) == "Cc" and not 9 <= n <= 13]
HIDDEN += [0xAD, 0x61C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]


def listed(values):
    return ", ".join("'" + str(value).replace("'", "''") + "'" for value in sorted(values)) or "'nobody'"


def bare(column):
    return f"nullif(regexp_extract(lower(trim({column})), '^([a-z]+://)?(www\\.)?([^/?#:]*)', 3), '')"


def loud_or_quiet(column, least):
    loud = f"upper({column}) = {column} and lower({column}) <> {column}"
    quiet = f"lower({column}) = {column} and upper({column}) <> {column}"
    in_a_row = f"regexp_matches({column}, '\\p{{Lu}}{{{least}}}')"
    return f"({loud} and {in_a_row} or {quiet} and regexp_matches({column}, '\\p{{Ll}}{{2}}'))"


def spaced(column):
    plain = f"translate({column}, chr(160), ' ')"
    return f"{plain} <> array_to_string(list_filter(string_split_regex({plain}, '\\s'), lambda x: x <> ''), ' ')"


def masked(column):
    return f"list_has_any(list_transform(string_split({column}, ''), lambda x: unicode(x)), {HIDDEN})"


def local(column):
    start = f"regexp_extract({column}, '[0-9+].*')"
    return f"regexp_matches({column}, '[0-9]') and {start} not like '+%' and {start} not like '00%'"


def either(test, *columns):
    return " or ".join(f"coalesce({test(column)}, false)" for column in columns)


PARTS = (
    "list_filter(string_split_regex(lower(trim(concat_ws(' ', firstname, lastname))), '[\\s_-]+'), lambda x: x <> '')"
)
BARE_PARTS = f"list_transform({PARTS}, lambda x: rtrim(x, '0123456789'))"
MAILBOX = "rtrim(regexp_extract(lower(email), '^([^@+._-]*)[^@]*@', 1), '0123456789')"
TEST_PERSON = f"""
    len(list_filter({BARE_PARTS}, lambda x: x in ('test', 'testing', 'testuser', 'dummy', 'deleteme')
        or regexp_full_match(x, '(asdf|qwert)[a-z]*'))) > 0
    or len({PARTS}) > 0 and len(list_filter({BARE_PARTS}, lambda x:
        x not in ('test', 'tester', 'demo', 'sample', 'example', 'user', 'contact', '', 'xx', 'xxx'))) = 0
    or coalesce({MAILBOX} in ('test', 'testing', 'tester', 'testuser', 'asdf', 'qwerty', 'dummy'), false)
    or coalesce(regexp_extract(lower(email), '@(.*)$', 1) in
        ('example.com', 'example.org', 'example.net', 'test.com', 'test.org', 'test.net'), false)"""
OWN_DOMAINS = f"""
    select d, min(hs_object_id::bigint) as id from (
        select {bare("domain")} as d, hs_object_id from companies
        union all
        select {bare("unnest(string_split(hs_additional_domains, ';'))")}, hs_object_id from companies
    ) where d is not null and d not in ({listed(words.FREE_MAIL)}) group by d"""
ITS_DOMAIN = bare("substr(email, strpos(email, '@') + 1)")
UNLINKED = f"""select c.hs_object_id::bigint, o.id from contacts c join ({OWN_DOMAINS}) o on o.d = {ITS_DOMAIN}
    where contains(email, '@') and associatedcompanyid is null"""
TEXTS = {CONTACTS: ("firstname", "lastname", "company", "jobtitle", "city"), COMPANIES: ("name", "city")}


def day(column, zone):
    return f"({column}::timestamptz at time zone '{zone}')::date"


def kind(name, zone, days):
    """Say in SQL which records are of a kind."""
    last = f"greatest({day('notes_last_updated', zone)}, {day('notes_last_contacted', zone)})"
    return {
        "owned": "true",
        "new": f"coalesce({day('createdate', zone)} >= date '{TODAY}' - 29, false)",
        "untouched": "notes_last_contacted is null",
        "silent": f"coalesce({last} <= date '{TODAY}' - {days}, false)",
        "unplanned": f"coalesce({day('notes_next_activity_date', zone)} < date '{TODAY}', true)",
    }[name]


def sentences(zone, active):
    """Say in SQL which records each check finds."""
    said = {
        "contacts.no_email": "email is null",
        "contacts.no_name": "firstname is null and lastname is null",
        "contacts.no_lifecyclestage": "lifecyclestage is null",
        "contacts.no_phone": "phone is null and mobilephone is null",
        "companies.no_domain": "domain is null",
        "companies.no_name": "name is null",
        "companies.no_industry": "industry is null",
        "companies.no_country": "country is null",
        "contacts.capitals": either(lambda name: loud_or_quiet(name, 3), "firstname", "lastname"),
        "companies.capitals": either(lambda name: loud_or_quiet(name, 5), "name"),
        "contacts.hidden": either(masked, *TEXTS[CONTACTS], "email", "phone", "mobilephone"),
        "companies.hidden": either(masked, *TEXTS[COMPANIES], "domain", "phone"),
        "contacts.phone_code": either(local, "phone", "mobilephone"),
        "companies.phone_code": either(local, "phone"),
        "contacts.role_mailbox": f"contains(email, '@') and split_part(split_part(lower(email), '@', 1), '+', 1) "
        f"in ({listed(words.ROLES)})",
        "contacts.test": TEST_PERSON,
        "companies.test": "coalesce(regexp_full_match(lower(trim(name)), '(test|demo|asdf|dummy)( ?[0-9]+| company)*')"
        f", false) or coalesce({bare('domain')} in ('test.com', 'example.com'), false)",
        "companies.free_mail": f"coalesce({bare('domain')} in ({listed(words.FREE_MAIL)}), false)",
        "contacts.unlinked": f"hs_object_id::bigint in (select a from ({UNLINKED}) t(a, b))",
        "contacts.owner_mismatch": """exists (select 1 from companies k where k.hs_object_id = associatedcompanyid
            and k.hubspot_owner_id <> contacts.hubspot_owner_id)""",
        "companies.empty": "(select count(*) from contacts where associatedcompanyid = companies.hs_object_id) = 0",
        "companies.single": "(select count(*) from contacts where associatedcompanyid = companies.hs_object_id) = 1",
    }
    for object_type in BOTH:
        said |= {
            f"{object_type}.spaces": either(spaced, *TEXTS[object_type]),
            f"{object_type}.no_owner": "hubspot_owner_id is null",
            f"{object_type}.deactivated_owner": f"hubspot_owner_id not in ({listed(active)})",
            f"{object_type}.silent": kind("silent", zone, 90),
            f"{object_type}.untouched": kind("untouched", zone, 90),
        }
    return said


@dataclass
class Evidence:
    """A portal twice: `survey` as it was loaded, and the truth behind `sql`."""

    survey: Survey
    sql: duckdb.DuckDBPyConnection

    def ids(self, object_type, where):
        found = self.sql.execute(f"select hs_object_id::bigint from {object_type} where {where} order by 1").fetchall()
        return [row[0] for row in found]

    def answer(self, question):
        return ANSWERS[question.name](self.survey.frames, self.survey.portal, question, TODAY)


@pytest.fixture(scope="module", params=PORTALS, ids=str)
def evidence(request, tmp_path_factory):
    number, draw = request.param, random.Random(request.param)
    contacts, companies = SIZES[number % len(SIZES)]
    options = ("--contacts", contacts, "--companies", companies, "--seed", number, "--today", TODAY, "--no-limits")
    with (
        sandbox(tmp_path_factory.mktemp("sandbox") / "log", *options) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=60) as http,
        duckdb.connect() as sql,
    ):
        spoil(http, draw, is_ownerless=number % 10 == 9)
        portal, frames = loaded(http, server.url, server.ready["hub_id"])
        truth = told(http)
        for object_type in BOTH:
            tell(sql, object_type, truth[object_type], frames[object_type].columns)
        zone = ZONES[number % len(ZONES)]
        portal = replace(portal, account=replace(portal.account, time_zone=zone))
        yield Evidence(Survey(frames, portal, TODAY), sql)


def spoil(http, draw, *, is_ownerless):
    """Let people write things badly."""
    for object_type in BOTH:
        told_of = told(http)[object_type]
        ids = [record["hs_object_id"] for record in told_of]
        chosen = draw.sample(told_of, min(len(told_of), 120))
        entries = [{"id": each["hs_object_id"], "properties": bad_values(object_type, each, draw)} for each in chosen]
        if is_ownerless:
            bad = {entry["id"]: entry["properties"] for entry in entries}
            entries = [{"id": each, "properties": {**bad.get(each, {}), "hubspot_owner_id": None}} for each in ids]
        entries = [entry for entry in entries if entry["properties"]]
        http.post("/sandbox/edit", json={"object_type": object_type, "records": entries}).raise_for_status()


def bad_values(object_type, known, draw):
    choices = {"city": NAMES, "phone": PHONES} | dict.fromkeys(
        ("notes_last_updated", "notes_last_contacted", "notes_next_activity_date"), INSTANTS
    )
    if object_type == CONTACTS:
        choices |= {"firstname": NAMES, "lastname": NAMES, "jobtitle": NAMES, "email": EMAILS, "mobilephone": PHONES}
    else:
        choices |= {"name": (*NAMES, "ACME TRADING", "test company"), "domain": DOMAINS}
        choices |= {"hs_additional_domains": MORE_DOMAINS}
    return {name: draw.choice(values) for name, values in choices.items() if name in known and draw.random() < 0.6}


def loaded(http, address, hub_id):
    hubspot = HubSpot(address)
    try:
        client = hubspot.client(hub_id, lambda _rejected: http.post("/sandbox/token", json={}).json()["access_token"])
        found = load(client, BOTH, Notebook(), Nowhere())
    finally:
        hubspot.close()
    contacts, companies = (to_frame(found.tables[object_type]) for object_type in BOTH)
    return found.portal, {
        CONTACTS: records.contacts_joined(contacts, companies),
        COMPANIES: records.companies_joined(companies, contacts),
    }


def told(http):
    found = {object_type: [] for object_type in BOTH}
    for line in map(json.loads, http.get("/sandbox/truth", params={"kinds": "record"}).text.splitlines()):
        if line["kind"] == "record" and not line["archived"] and line["object_type"] in found:
            found[line["object_type"]].append(line["properties"])
    return found


def tell(sql, object_type, properties, columns):
    """Store records as the texts they are on the wire; "" is no value there."""
    names = [column for column in columns if "." not in column]
    sql.execute(
        f"create table {object_type} ({', '.join(f'{name!r} varchar'.replace(chr(39), chr(34)) for name in names)})"
    )
    if properties:
        rows = [[record.get(name) or None for name in names] for record in properties]
        sql.executemany(f"insert into {object_type} values ({', '.join('?' * len(names))})", rows)


def test_each_check_finds_the_same_records(evidence):
    survey = evidence.survey
    active = {owner.id for owner in survey.portal.owners if not owner.archived}
    said = sentences(survey.time_zone, active)
    result = health(survey)
    counts = {each.check: each.count for each in result.findings} | dict.fromkeys(result.clean, 0)

    assert set(said) == set(CHECKS)
    for name, where in said.items():
        expected = evidence.ids(CHECKS[name].object_type, where)
        assert sorted(evidence.answer(found_by(name))["hs_object_id"].tolist()) == expected, name
        assert counts.get(name, 0) == len(expected), name
    empty = {object_type for object_type in BOTH if survey.frames[object_type].empty}
    assert set(result.absent) == {name for name, check in CHECKS.items() if check.object_type in empty}


def test_the_suggested_company_is_the_first_with_the_domain(evidence):
    found = evidence.answer(found_by("contacts.unlinked"))
    suggested = (
        {} if found.empty else dict(zip(found["hs_object_id"], found["suggested.company_id"].astype(int), strict=True))
    )

    assert suggested == dict(evidence.sql.execute(UNLINKED).fetchall())


@pytest.mark.parametrize("by", COLUMNS)
@pytest.mark.parametrize("object_type", BOTH)
def test_the_grid_counts_and_opens_the_same_records(evidence, object_type, by):
    survey = evidence.survey
    frame = survey.frames[object_type]
    found = grid(frame, survey.portal, object_type, by=by, properties=EXPECTED[object_type], today=TODAY)
    if frame.empty:
        assert found is None
        return
    bucket = bucket_of(by, survey.time_zone)
    shown = [value for value in found.stored if value not in {ALL, OTHER}]
    places = {ALL: "true", OTHER: f"{bucket} not in ({listed(shown)})"}
    draw = random.Random(1)

    assert int(found.totals[1:].sum()) == len(frame)
    for column, value in enumerate(found.stored):
        where = places.get(value, f"{bucket} = {listed([value])}")
        lacking = ", ".join(f'count(*) - count("{name}")' for name in found.properties)
        total, *counts = evidence.sql.execute(f"select count(*), {lacking} from {object_type} where {where}").fetchone()
        assert (total, counts) == (found.totals[column], found.missing[:, column].tolist())
        name = draw.choice(found.properties)
        answer = evidence.answer(missing_in(object_type, by=by, name=name, value=value))
        assert sorted(answer["hs_object_id"].tolist()) == evidence.ids(object_type, f'{where} and "{name}" is null')


def bucket_of(by, zone):
    if by != "month":
        return f"coalesce({COLUMNS[by]}, '{NO_VALUE}')"
    local = day("createdate", zone)
    return (
        f"case when createdate is null then '{NO_VALUE}' when {local} < date '2025-12-01' then '{EARLIER}' "
        f"when {local} > date '2026-11-30' then '2026-11' else strftime({local}, '%Y-%m') end"
    )


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("object_type", BOTH)
def test_each_owner_has_the_same_records_of_each_kind(evidence, object_type, days):
    survey = evidence.survey
    found = activity.workload(survey, object_type, days=days)
    kinds = activity.kinds(survey.frames[object_type])
    columns = ", ".join(f"count(*) filter ({kind(name, survey.time_zone, days)})" for name in kinds)
    query = f"select coalesce(hubspot_owner_id, ''), {columns} from {object_type} group by 1"
    counted = {owner: counts for owner, *counts in evidence.sql.execute(query).fetchall()}

    assert {row["value"]: [row[name] for name in kinds] for row in found.rows.to_dict("records")} == counted
    for name in kinds:
        where = kind(name, survey.time_zone, days)
        everybodys = evidence.answer(owned_by(object_type, name, value=ALL, days=days))
        assert sorted(everybodys["hs_object_id"].tolist()) == evidence.ids(object_type, where)
        assert found.totals[name] == len(everybodys)


@pytest.mark.parametrize("object_type", BOTH)
def test_the_silent_of_the_view_are_those_of_data_health(evidence, object_type):
    survey = evidence.survey
    frame = survey.frames[object_type]
    view = BUILT_IN[object_type]["Silent 90 days"].on(survey.today)

    said = select(frame, view, survey.time_zone).mask

    assert said.tolist() == CHECKS[f"{object_type}.silent"].mask(survey).tolist()
    expected = evidence.ids(object_type, kind("silent", survey.time_zone, 90))
    assert sorted(frame["hs_object_id"][said].tolist()) == expected


@pytest.mark.parametrize("object_type", BOTH)
def test_each_property_is_filled_as_often_and_with_as_many_values(evidence, object_type):
    survey = evidence.survey
    rows = usage(survey.frames[object_type], survey.portal, object_type).rows
    columns = ", ".join(f'count("{name}"), count(distinct "{name}")' for name in rows["name"])
    counted = evidence.sql.execute(f"select {columns} from {object_type}").fetchone()

    assert rows["filled"].tolist() == list(counted[::2])
    assert rows["distinct"].tolist() == list(counted[1::2])
